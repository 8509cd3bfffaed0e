// What a site has at a path: the rules of deploy API §11.2–4 and features.md wishes 1, 2 and 21, in order.
// Pure; worker threads; allocates nothing. Paths are only ever keys of a map, so that ".." reaches no file system.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "http/limits.hpp"
#include "serve/snapshot.hpp"

namespace sitepod::serve {

// A request's path, decoded once, without its leading slash, and room to try it with endings.
class LookupPath {
 public:
  // `encoded` begins with "/". False for what does not decode to UTF-8; the request is then a bad one.
  bool decode(std::string_view encoded);
  std::string_view view() const { return path_; }
  // The path's first `length` bytes with an ending. Valid until the next call; requires length ≤ the one of the call
  // before. What the path has behind them may be lost.
  std::string_view with_ending(std::size_t length, std::string_view ending);

 private:
  static constexpr std::size_t kLongestEnding = 16;
  std::string_view path_;
  std::size_t in_buffer_ = 0;
  // Not initialised: only what was written is read.
  std::array<char, http::kMaxTargetBytes + kLongestEnding> buffer_;
};

enum class IsNavigation : bool { No, Yes };

struct Found {
  enum class Kind : std::uint8_t {
    File,       // `entry`, as it is
    Fallback,   // `entry` is the shell of a single-page application
    Redirect,   // to the path with a slash behind it
    ToPage,     // to the path without its slash
    ErrorPage,  // 404 with `entry` as its body
    Nothing,    // 404
  };
  Kind kind = Kind::Nothing;
  std::optional<IndexEntry> entry;
  const SiteIndex* index = nullptr;  // where `entry` comes from
};

// What stands at the path: File, Redirect, ToPage or Nothing. Requires: view.index is set.
Found find_page(const SiteView& view, LookupPath& path);

// What is shown where nothing stands: a file of a recent image, the Fallback, an ErrorPage or Nothing.
// Requires: find_page found nothing.
Found find_substitute(const SiteView& view, LookupPath& path, IsNavigation is_navigation);

}  // namespace sitepod::serve
