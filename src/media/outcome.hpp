// The three ways in which processing a file fails, with their stable codes. Pure; any thread.
#pragma once

#include <string>
#include <utility>

#include "base/error.hpp"

namespace sitepod::media {

inline constexpr ErrorCode kUnreadable = "media_unreadable";
inline constexpr ErrorCode kTooLarge = "media_too_large";
inline constexpr ErrorCode kUnavailable = "media_unavailable";

inline Error unreadable(std::string message) { return invalid(kUnreadable, std::move(message)); }
inline Error too_large(std::string message) { return invalid(kTooLarge, std::move(message)); }
inline Error cannot_now(std::string message) {
  return {ErrorKind::Unavailable, kUnavailable, std::move(message), {}, {}};
}

}  // namespace sitepod::media
