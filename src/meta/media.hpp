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
  // A film that is served as it came: when it is to be made MP4, and how often that was tried.
  std::optional<Instant> process_at = {};
  std::int64_t tries = 0;
};
// The same path again takes the place of the first. One more change of the project's media.
Result<void> upsert_media(Session&, std::string_view project_id, const Media&);
Result<std::optional<Media>> find_media(Session&, std::string_view project_id, std::string_view path);
// By path.
Result<std::vector<Media>> list_media(Session&, std::string_view project_id);
// Projects that have the blob among their media or social images.
Result<std::vector<std::string>> list_projects_with_media(Session&, const Digest& blob);
// The film whose turn it is, and its project.
struct MediaToProcess {
  std::string project_id;
  Media media;
};
Result<std::optional<MediaToProcess>> find_media_to_process(Session&, Instant now);
// It is tried again then; nothing: it stays as it is.
Result<void> put_off_media(Session&, std::string_view project_id, std::string_view path,
                           std::optional<Instant> process_at);

// What visitors get of a project's media: those of up to the change `shown`.
struct MediaChanges {
  std::int64_t newest = 0;
  std::int64_t shown = 0;
};
Result<MediaChanges> find_media_changes(Session&, std::string_view project_id);
// What visitors should get has changed once more.
Result<void> note_media_changed(Session&, std::string_view project_id);
Result<void> note_media_shown(Session&, std::string_view project_id, std::int64_t change);
Result<std::vector<std::string>> list_projects_with_unshown_media(Session&);

// For garbage collection: every blob that a media file or a social image is; some more than once.
Result<void> each_media_blob(Session&, const std::function<void(const Digest& blob)>& each);

}  // namespace sitepod::meta
