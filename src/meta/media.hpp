// Media files of sites as rows; their bytes are blobs. Every function runs inside the transaction of the Session it is
// given.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

struct Media {
  std::string path;  // "media/ab/abcd….webp", no leading slash
  Digest blob;       // SHA-256
  std::uint64_t size = 0;
  std::string media_type;
  std::uint64_t width = 0;  // 0: no picture
  std::uint64_t height = 0;
  std::string variant_of;  // path of the picture that this is a smaller form of; empty: it is none
  Instant created_at;
};
// The same path again takes the place of the first.
Result<void> upsert_media(Session&, std::string_view project_id, const Media&);
Result<std::optional<Media>> find_media(Session&, std::string_view project_id, std::string_view path);
// By path.
Result<std::vector<Media>> list_media(Session&, std::string_view project_id);
// Projects that have the blob among their media.
Result<std::vector<std::string>> list_projects_with_media(Session&, const Digest& blob);
// For garbage collection: every blob that a media file is; some more than once.
Result<void> each_media_blob(Session&, const std::function<void(const Digest& blob)>& each);

}  // namespace sitepod::meta
