// Media of sites: files that were received become published files with a final address (content API §4, §7). Any
// thread; blocks for as long as processing takes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "content/pages.hpp"
#include "deploy/deployer.hpp"
#include "identity/caller.hpp"
#include "media/intake.hpp"
#include "media/media.hpp"
#include "meta/media.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::content {

struct MediaSettings {
  std::string folder;  // an existing one, for files on their way
  std::uint64_t max_file_bytes = std::uint64_t{10} << 30;
  std::uint64_t storage_bytes = std::uint64_t{10} << 30;  // texts and media of one account
};

struct PublishedFile {
  std::string filename;  // as sent
  std::string url;       // "/media/…"
};

// Bytes that are stored and whose rows are still to be written.
struct PreparedMedia {
  std::vector<PublishedFile> files;  // in the order in which they were sent
  std::vector<meta::Media> rows;     // those that the site did not have
  std::shared_ptr<void> kept;        // while it lives nothing of it is collected
  // The address for each name that "file:" may mention.
  std::unordered_map<std::string, std::string> urls() const;
};

class MediaLibrary {
 public:
  struct Hooks {
    std::function<Result<void>(std::string_view image_id)> compile_image;
    std::function<void(std::string_view image_id)> forget_image;
    std::function<Result<void>(std::string_view project_id)> publish_project;
  };
  // `meta` and `deployer` outlive it.
  MediaLibrary(meta::MetaStore& meta, deploy::Deployer& deployer, Hooks hooks, MediaSettings settings);

  const MediaSettings& settings() const { return settings_; }
  // What a request of this account may send.
  Result<media::IntakeLimits> limits_for(std::string_view account_id);

  // Processes and stores what the site does not have yet. `folder`: that of the form. Errors: those of the processor.
  Result<PreparedMedia> prepare(const meta::Project& project, const media::ReceivedForm& form,
                                const std::string& folder, Instant now);
  // Writes the rows of media that come without pages. Errors: "storage_quota_exceeded".
  Result<void> record(const meta::Project& project, const PreparedMedia& prepared);
  // By path, without the smaller forms of pictures.
  Result<std::vector<meta::Media>> list(const meta::Project& project);
  // Visitors get the site's media from here on, whatever was released.
  Result<void> show(const identity::Caller& caller, const meta::Project& project, Instant now);

 private:
  Result<void> prepare_file(const meta::Project& project, const media::ReceivedFile& file, const std::string& folder,
                            Instant now, PreparedMedia& out);

  meta::MetaStore& meta_;
  deploy::Deployer& deployer_;
  const Hooks hooks_;
  const MediaSettings settings_;
  media::Processor processor_;
};

}  // namespace sitepod::content
