// Social images of sites as rows: what they show, and once they are made, the blob that they are. Every function runs
// inside the transaction of the Session it is given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "meta/media.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

struct SocialImage {
  std::string path;  // "assets/social-….png", no leading slash; names its card
  std::string card;  // what it shows
};
struct KnownSocialImage {
  std::string path;
  std::optional<Instant> unused_since;  // nothing: the newest build names it
};
// By path.
Result<std::vector<KnownSocialImage>> list_social_images(Session&, std::string_view project_id);
// As those that are not made yet. What is there already is used again.
Result<void> insert_social_image(Session&, std::string_view project_id, const SocialImage&);
Result<void> retire_social_image(Session&, std::string_view project_id, std::string_view path, Instant unused_since);
Result<void> delete_social_image(Session&, std::string_view project_id, std::string_view path);

struct SocialImagesToMake {
  std::string project_id;
  std::vector<SocialImage> images;
};
// Those of one project: of the next by id after the one given that has some, else of the first. Many of which none was
// tried before, or else a single one. Nothing: all are made, or given up.
Result<std::optional<SocialImagesToMake>> find_social_images_to_make(Session&, std::string_view after_project,
                                                                     std::int64_t limit);
// One that is made; note_media_changed() is the caller's.
Result<void> finish_social_image(Session&, std::string_view project_id, std::string_view path, const Digest& blob,
                                 std::uint64_t size);
Result<void> note_social_image_failed(Session&, std::string_view project_id, std::string_view path);

// Those that are made, as files that are served like media.
Result<std::vector<Media>> list_made_social_images(Session&, std::string_view project_id);

}  // namespace sitepod::meta
