// One file of POST /plan as its fields were sent, and what becomes of them. Pure but for the callback; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "api/plan_request.hpp"
#include "base/result.hpp"

namespace sitepod::api {

inline constexpr std::size_t kMaxPlanTextBytes = 64 * 1024;  // a commit message is the longest thing that belongs here

// The fields of one item of the array form; empty stands for "not given" but in the path. Views into the body.
struct PlanItem {
  std::optional<std::string_view> path;
  std::string_view blake3, sha256, content_type;
  std::optional<std::uint64_t> size;
};

// Checks what was sent and hands it on.
class PlanFileSink {
 public:
  explicit PlanFileSink(std::function<Result<void>(const PlanFile&)> each) : each_(std::move(each)) {}

  // Errors: "invalid_request", "invalid_path", "invalid_hash", and those of the callback.
  Result<void> take_item(const PlanItem& item);
  // One member of the map form.
  Result<void> take_member(std::string_view path, std::string_view hash);
  bool has_any() const { return has_any_; }

 private:
  Result<void> hand_on(PlanFile& file, std::string_view sent_path);
  bool is_media_type(std::string_view text);

  std::function<Result<void>(const PlanFile&)> each_;
  bool has_any_ = false;
  std::string known_media_type_;  // the last one that was found valid: neighbours tend to have the same
};

// For a message: in quotation marks, long texts cut.
std::string quoted_for_message(std::string_view text);

}  // namespace sitepod::api
