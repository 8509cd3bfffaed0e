#include "serve/path_mounts.hpp"

#include <algorithm>

#include "base/check.hpp"
#include "http/target.hpp"

namespace sitepod::serve {
namespace {

std::size_t segments_of(std::string_view slug) {
  return slug == "/" ? 0 : static_cast<std::size_t>(std::count(slug.begin(), slug.end(), '/'));
}

// How much of the path, as sent, its first `decoded` decoded bytes take. Requires: the path decodes.
std::size_t encoded_length(std::string_view path, std::size_t decoded) {
  std::size_t at = 0;
  for (; decoded > 0; --decoded) at += path[at] == '%' ? 3 : 1;
  return at;
}

// A cookie's Path ends at a semicolon (RFC 6265 §4.1.1), so one inside a slug stays encoded.
std::string cookie_path_of(std::string_view slug) {
  std::string path = http::encode_path(slug);
  for (std::size_t at = path.find(';'); at != std::string::npos; at = path.find(';', at)) path.replace(at, 1, "%3B");
  return path;
}

bool covers(std::string_view slug, std::string_view other) {
  return slug != other && (slug == "/" || (other.starts_with(slug) && other[slug.size()] == '/'));
}

}  // namespace

PathMounts::PathMounts(std::vector<Mount> mounts) : mounts_(std::move(mounts)) {
  for (std::size_t i = 0; i < mounts_.size(); ++i) {
    Mount& mount = mounts_[i];
    SITEPOD_CHECK(mount.slug.starts_with('/') && (mount.slug == "/" || !mount.slug.ends_with('/')));
    mount.cookie_path = cookie_path_of(mount.slug);
    mount.covers_others =
        std::any_of(mounts_.begin(), mounts_.end(), [&](const Mount& other) { return covers(mount.slug, other.slug); });
    deepest_ = std::max(deepest_, segments_of(mount.slug));
    SITEPOD_CHECK(by_slug_.emplace(mount.slug, i).second);
  }
}

const Mount* PathMounts::find_slug(std::string_view slug) const {
  auto found = by_slug_.find(slug);
  return found == by_slug_.end() ? nullptr : &mounts_[found->second];
}

PathMounts::Match PathMounts::find(std::string_view encoded_path) const {
  // Not initialised: only what was written is read.
  std::array<char, http::kMaxTargetBytes> buffer;
  const auto decoded = http::decode_path(encoded_path, buffer);
  // What does not decode is refused by whichever site answers; without one there is nothing at the address.
  if (!decoded) return {find_slug("/"), {}};
  std::size_t end = 0;
  for (std::size_t level = 0; level < deepest_ && end < decoded->size(); ++level)
    end = std::min(decoded->find('/', end + 1), decoded->size());
  for (; end > 0; end = decoded->rfind('/', end - 1))
    if (const Mount* mount = find_slug(decoded->substr(0, end)); mount && mount->slug != "/")
      return {mount, encoded_path.substr(0, encoded_length(encoded_path, end))};
  return {find_slug("/"), {}};
}

}  // namespace sitepod::serve
