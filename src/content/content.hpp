// The content side of the house: what the endpoints of the content API call. Owns its parts; any thread; blocks.
#pragma once

#include <cstdint>

#include "content/builds.hpp"
#include "content/media_library.hpp"
#include "content/media_work.hpp"
#include "content/pages.hpp"
#include "content/sites.hpp"
#include "content/social_images.hpp"

namespace sitepod::content {

// What the operator allows (content API, "How this fits").
struct ContentSettings {
  std::uint64_t storage_bytes = std::uint64_t{10} << 30;  // texts and media of one account
  BuildSettings builds;
  std::string media_folder;  // an existing one, for uploads on their way
  std::uint64_t max_media_bytes = std::uint64_t{10} << 30;
};

// What other rooms do for this one.
struct ContentHooks {
  std::function<Result<void>(std::string_view image_id)> compile_image;
  Builds::CompileImage compile_built_image;  // one that was just committed
  std::function<void(std::string_view image_id)> forget_image;
  std::function<Result<UniqueFd>(const Digest& blob)> open_blob;
  Sites::Publish publish_project;
  Pages::HashPassword hash_password;
};

struct Content {
  // `meta` and `deployer` outlive it.
  Content(meta::MetaStore& meta, deploy::Deployer& deployer, ContentHooks hooks, const ContentSettings& settings)
      : sites(meta, deployer, hooks.publish_project),
        pages(meta, hooks.hash_password, settings.storage_bytes),
        media(meta, deployer, {hooks.compile_image, hooks.forget_image, hooks.publish_project, hooks.open_blob},
              {settings.media_folder, settings.max_media_bytes, settings.storage_bytes}),
        media_work(media),
        social_images(meta, deployer, media, settings.media_folder),
        builds(meta, deployer,
               {hooks.compile_built_image, hooks.publish_project,
                [this](const meta::Project& project, const std::vector<builder::SocialImage>& images) {
                  return social_images.want(project, images, now());
                }},
               settings.builds) {}

  // Takes up what an earlier run left. Requires: called once.
  Result<void> start() {
    SITEPOD_TRY(builds.start());
    media_work.start();
    social_images.start();
    return {};
  }
  // Nothing runs in the background any more when it returned.
  void stop() {
    social_images.stop();
    media_work.stop();
    builds.stop();
  }

  Sites sites;
  Pages pages;
  MediaLibrary media;
  MediaWork media_work;
  SocialImages social_images;
  Builds builds;  // the last: it uses the others
};

}  // namespace sitepod::content
