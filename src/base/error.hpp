// What went wrong, in words that decide what the caller does next.
// A value; any thread. The closed list of kinds answers "what should the caller do?"; the code is the stable word of
// the API contract ("hash_mismatch"); the message is a sentence for a person; the context is for the log only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sitepod {

enum class ErrorKind : std::uint8_t {
  Invalid,          // fix the input
  Unauthenticated,  // say who you are
  Forbidden,        // not yours
  NotFound,         // look elsewhere
  Conflict,         // re-read and retry
  Gone,             // was here, never again
  TooLarge,         // send less
  Unsupported,      // send it in another form
  RateLimited,      // wait
  Unavailable,      // try later
  StorageFull,      // the operator must make room
  Internal,         // call us
};

// A stable snake_case word of the contract. Made of a literal only, at compile time: an error outlives what made it, so
// a view of a string that may go is refused by the compiler.
class ErrorCode {
 public:
  constexpr ErrorCode() = default;
  consteval ErrorCode(const char* literal) : word_(literal) {}
  constexpr operator std::string_view() const { return word_; }
  constexpr std::string_view view() const { return word_; }
  constexpr bool empty() const { return word_.empty(); }
  friend constexpr bool operator==(ErrorCode code, std::string_view word) { return code.word_ == word; }

 private:
  std::string_view word_;
};

struct Error {
  ErrorKind kind = ErrorKind::Internal;
  ErrorCode code;
  std::string message;  // a sentence; safe to show to the caller
  std::string context;  // for the log: paths, system errors; never shown
  std::vector<std::pair<std::string, std::string>>
      details;  // extra members of the answer, e.g. {"current_image_id", "img_…"}

  // Adds what was being done, outermost first: "committing image img_1: writing manifest: no space left".
  Error&& with(std::string_view what) && {
    context = context.empty() ? std::string(what) : std::string(what) + ": " + context;
    return std::move(*this);
  }
  Error&& detail(std::string name, std::string value) && {
    details.emplace_back(std::move(name), std::move(value));
    return std::move(*this);
  }
};

inline Error invalid(ErrorCode code, std::string message) {
  return {ErrorKind::Invalid, code, std::move(message), {}, {}};
}
inline Error invalid_request(std::string message) { return invalid("invalid_request", std::move(message)); }
inline Error not_found(ErrorCode code, std::string message) {
  return {ErrorKind::NotFound, code, std::move(message), {}, {}};
}
inline Error forbidden(std::string message) { return {ErrorKind::Forbidden, "forbidden", std::move(message), {}, {}}; }
inline Error conflict(std::string message) { return {ErrorKind::Conflict, "conflict", std::move(message), {}, {}}; }
inline Error unavailable(std::string message) {
  return {ErrorKind::Unavailable, "unavailable", std::move(message), {}, {}};
}
// The message is fixed: what happened inside goes to the log, never to the caller.
inline Error internal(std::string context) {
  return {ErrorKind::Internal,
          "internal",
          "Something went wrong on the server; the operator finds the cause in its log.",
          std::move(context),
          {}};
}
// ENOSPC and EDQUOT become StorageFull (507), EROFS Unavailable (503), all else Internal. `what` names the operation
// and the file.
Error from_errno(int error_number, std::string_view what);

}  // namespace sitepod
