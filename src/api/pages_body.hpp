// The body of POST /api/v1/public/pages: JSON, or a form with the JSON and the attached files, read from the disk while
// it is sent. A resource of one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/content_client.hpp"
#include "base/fd.hpp"

namespace sitepod::api {

class PagesBody {
 public:
  // `question` outlives it.
  PagesBody(const PagesQuestion& question, std::string_view site_id);

  const std::string& content_type() const { return content_type_; }
  std::uint64_t size() const { return size_; }
  // 0 at the end. Errors: "unreadable", and "changed" when a file has another size than the question says.
  Result<std::size_t> read(std::span<std::byte> out);
  void rewind();

 private:
  Result<std::size_t> read_file_piece(std::span<std::byte> out);
  std::string head_of(const AttachedFile& file) const;

  const PagesQuestion& question_;
  std::string json_;  // with the form's frame when there is one
  std::string boundary_;
  std::string content_type_;
  std::string end_;
  std::uint64_t size_ = 0;

  std::string text_;  // what is being sent, besides files
  std::size_t text_at_ = 0;
  std::size_t next_file_ = 0;
  UniqueFd open_file_;
  std::uint64_t left_in_file_ = 0;
  bool is_ended_ = false;
};

}  // namespace sitepod::api
