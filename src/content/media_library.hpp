// Media of sites: files that were received become published files with a final address (content API §4, §7). Any
// thread; blocks for as long as processing takes. What must not keep a sender waiting, or has failed, stands in rows
// and is done by a thread of low priority (media_work.hpp).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/fd.hpp"
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

// The type of a film that is served as it came until it is MP4. Images leave it out: its row says what is served.
inline constexpr std::string_view kWaitingFilmType = "video/quicktime";

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
    std::function<Result<UniqueFd>(const Digest& blob)> open_blob;
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
  // Visitors get the site's media from here on, whatever was released; nothing is done when they do already. The media
  // are saved also when it fails; then it is tried again in the background, but for what this token may not release.
  Result<void> show(const identity::Caller& caller, const meta::Project& project, Instant now);

  // For the background. Shows what was saved and is not shown; with the rights of the owners.
  Result<void> show_what_is_left(Instant now);
  // Makes MP4 of the film whose turn it is; false: there is none.
  Result<bool> process_next_film(Instant now);
  // Whatever is being processed ends at once, and nothing begins any more.
  void stop_processing();

 private:
  Result<void> prepare_file(const meta::Project& project, const media::ReceivedFile& file, const std::string& folder,
                            Instant now, PreparedMedia& out);
  Result<void> release_first_image(const identity::Caller& caller, const meta::Project& project,
                                   const std::string& environment, Instant now);
  Result<void> show_on_images(const meta::Project& project);
  Result<meta::Media> make_mp4(const meta::Project& project, const meta::Media& film, Instant now,
                               std::shared_ptr<void>& kept);

  meta::MetaStore& meta_;
  deploy::Deployer& deployer_;
  const Hooks hooks_;
  const MediaSettings settings_;
  media::Processor processor_;
  std::atomic<bool> stopping_{false};
  // One site's media are shown by one thread at a time: whoever waited finds them shown. A few locks for all sites.
  std::array<std::mutex, 16> turns_;
};

}  // namespace sitepod::content
