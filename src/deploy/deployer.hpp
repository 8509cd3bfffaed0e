// Moves a project from one image to another: plan, upload, commit, release, rollback, and the questions about them
// (deploy API §4–§8). Any thread; everything may block. Callers are already authenticated; who may touch which project,
// plan or image is decided here. Nothing here makes facts visible to visitors: the caller tells the publisher (see
// Released, Committed).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "blob/blob_store.hpp"
#include "deploy/encoder.hpp"
#include "deploy/plan_entries.hpp"
#include "deploy/site_urls.hpp"
#include "identity/caller.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"
#include "model/manifest.hpp"

namespace sitepod::deploy {

// What the operator allows (deploy API §12); beyond it: "quota_exceeded".
struct Quotas {
  std::size_t max_files_per_deploy = 10'000;
  std::uint64_t max_file_bytes = 104'857'600;
  std::uint64_t max_deploy_bytes = 524'288'000;
  std::int64_t max_projects_per_user = 100;
};

struct DeploySettings {
  Quotas quotas;
  // Identifies this run of the server: blobs staged by another run are hashed again before they count.
  std::string run_id;
  SiteUrls urls{"localhost:8080", false};
  std::chrono::hours plan_lifetime{24};
  std::size_t open_plans_bytes = 64u << 20;           // memory for plans being uploaded to
  std::size_t uploads_per_plan = 10;                  // at once; more wait …
  std::chrono::milliseconds upload_patience{60'000};  // … so long, then RateLimited
  std::chrono::seconds preview_lifetime{24 * 3600};   // where a request does not say
  std::chrono::seconds max_preview_lifetime{30 * 24 * 3600};
  std::int64_t max_previews = 100;  // of a project; one more drives out the one that expires first
};

// A request's body: fills some of `out`, 0 at its end; an error when the connection broke.
using ReadBody = std::function<Result<std::size_t>(std::span<std::byte> out)>;

// How a request names a project: by name, or by id (the console does). One of them is not empty.
struct ProjectRef {
  std::string name;
  std::string id;
};

struct PlanRequest {
  std::string project;
  PlanEntries entries;
  meta::GitInfo git;
  std::string message;
  bool may_stage = false;  // the answer may send the client to a bucket
};

struct Planned {
  std::string plan_id;
  std::string content_hash;
  std::shared_ptr<const PlanEntries> entries;
  std::vector<std::uint32_t> missing;  // positions, each name once, in the order of the request
  std::size_t reusable = 0;            // entries whose bytes are here
  Instant expires_at;
  // Where the bytes of one of these positions may be put past this server; unset: nowhere.
  std::function<std::string(std::uint32_t position)> presign = {};
  Instant presigned_until = {};
  std::string
      new_project_id;  // the project that this plan made: its host now says that nothing is released; else empty
};

struct StoredUpload {
  Digest name;
  std::uint64_t size = 0;
};

struct StoredPack {
  std::size_t stored = 0;       // members stored by this request
  std::vector<Digest> missing;  // names that the plan still lacks
};

struct ReleaseRequest {
  ProjectRef project;
  std::string environment;                       // parsed
  std::string image_id;                          // empty: newest image (release) or the one live before (rollback)
  std::optional<std::string> expected_image_id;  // guard: what must be live now; empty text: nothing
  std::optional<std::int64_t> source_seq;        // guard: must not be smaller than the highest released so far
  bool expects_any_image = false;                // guard: something must be live now
};

// Where an archive goes, and what is said about it.
struct ArchiveRequest {
  // What becomes of the image, which itself is not named: before anything is read, and again before anything is made,
  // the caller must be allowed to do it and its guards must hold.
  ReleaseRequest release;
  meta::GitInfo git;
  std::string message;
  bool may_strip = true;  // a single top folder that holds the site's index.html
};

// A file of a site that the server made itself.
struct MadeFile {
  std::string path;
  std::shared_ptr<const std::string> bytes;  // null: the project's owner has the blob already, or an upload took it
  Digest blob = {};                          // SHA-256
  std::uint64_t size = 0;
  std::string media_type = {};  // empty: by extension
  // What the build made it could make again; the path of the owner's media stays when their bytes were purged.
  enum class Origin : std::uint8_t { Build, Media } origin = Origin::Build;
};
// Error of commit_build(): the store has lost a file of an earlier build, which is to be made again.
inline constexpr ErrorCode kBuiltFileLost = "built_file_lost";
class BuildUpload;

// Bytes of an account that belong to no plan.
struct StoredFile {
  Digest blob;
  std::uint64_t size = 0;
};
struct StoredFiles {
  std::vector<StoredFile> files;  // in the order of the request
  std::shared_ptr<void> kept;     // while it lives nothing of them is collected: until their rows are written
};

struct BuildCommit {
  meta::Project project;
  std::string environment;  // where the image will be released to
  std::vector<MadeFile> files;
  std::string message;
  std::shared_ptr<BuildUpload> upload = {};  // what took the bytes; null: the files have them
};

struct BuildCommitted {
  meta::Image image;
  bool is_live = false;      // the environment shows exactly these files already; no image was made
  model::Manifest manifest;  // of the image
};

// Either an image, or the names that are missing.
struct Committed {
  meta::Image image;
  meta::Project project;
  std::vector<Digest> missing;
  std::uint64_t adopted_files = 0;  // that the client had put into the bucket
  std::uint64_t adopted_bytes = 0;
};

struct ArchiveCommitted {
  Planned planned;
  Committed committed;
  std::vector<std::string> skipped;  // hidden files
  std::string stripped;              // the top folder that was taken off, with its slash; empty: none
};

struct Released {
  meta::Project project;
  std::string environment;
  std::string url;
  std::string image_id;
  std::string previous_image_id;           // empty when there was none
  std::vector<std::string> warnings = {};  // of a rollback: sentences about what it brought back
};

struct CurrentDeployment {
  meta::Project project;
  meta::Environment environment;
  meta::Image image;
  std::string url;
};

struct ListedImage {
  meta::Image image;
  std::vector<std::string> deployed_to;
};
struct ImagePage {
  meta::Project project;
  std::vector<ListedImage> images;
  std::int64_t total = 0;
};
struct ListedProject {
  meta::Project project;
  std::string owner_email;
};
struct PreviewRequest {
  ProjectRef project;
  std::string image_id;              // empty: the newest
  std::string slug;                  // empty: a random one
  std::chrono::seconds lifetime{0};  // zero or less: the default
  std::string password_hash;         // empty: everybody may look
};
struct ListedPreview {
  meta::Project project;
  meta::Preview preview;
  std::string url;       // on a host of its own
  std::string path_url;  // under /__preview__/ of the production host
};
struct EventPage {
  struct Item {
    meta::Event event;
    std::string project;  // name; empty: about none, or about one that is gone
  };
  std::vector<Item> events;
  std::int64_t total = 0;
};
struct ImageDetail {
  meta::Project project;
  ListedImage listed;
  model::Manifest manifest;
};

class OpenPlan;

class Deployer {
 public:
  // All outlive the Deployer.
  Deployer(meta::MetaStore& meta, blob::BlobStore& blobs, Encoder& encoder, DeploySettings settings);
  ~Deployer();

  const DeploySettings& settings() const;

  // Creates the project when nobody has the name.
  Result<Planned> plan(const identity::Caller& caller, PlanRequest request, Instant now);

  // `name`: 64 hex digits from the URL. `length`: Content-Length when known. Waits for one of the plan's upload slots.
  Result<StoredUpload> upload(const identity::Caller& caller, std::string_view plan_id, std::string_view name,
                              std::optional<std::uint64_t> length, const ReadBody& read, Instant now);
  // A tar (plain, gzip or zstd) with any of the plan's files, named by hash or path.
  Result<StoredPack> upload_pack(const identity::Caller& caller, std::string_view plan_id, const ReadBody& read,
                                 Instant now);

  // Durable when it returns an image; a repeated commit yields the same image. The caller then has the publisher
  // compile it.
  Result<Committed> commit(const identity::Caller& caller, std::string_view plan_id, std::string_view message,
                           Instant now);

  // A zip or tar (plain, gzip or zstd) becomes an image in one step: plan, upload and commit under their own rules. An
  // archive that is refused, whatever for, leaves nothing behind.
  Result<ArchiveCommitted> commit_archive(const identity::Caller& caller, const ArchiveRequest& request,
                                          const ReadBody& read, Instant now);

  // Files of a local disk become durable blobs of the account.
  Result<StoredFiles> store_files(std::string_view account_id, std::span<const std::string> paths, Instant now);

  // The maker of encodings holds back while this lives.
  Encoder::Pause pause_encodings();
  // Takes files as they are made, for commit_build().
  Result<std::shared_ptr<BuildUpload>> open_build(const meta::Project& project);
  // An image of files that the server made: no plan, and the quotas of deploys do not count. Only bytes that are new
  // are written. Durable when it returns. Errors: kBuiltFileLost (Unavailable).
  Result<BuildCommitted> commit_build(const identity::Caller& caller, const BuildCommit& build, Instant now);

  // Durable when they return; visible once the caller had the publisher publish the project.
  Result<Released> release(const identity::Caller& caller, const ReleaseRequest& request, Instant now);
  Result<Released> rollback(const identity::Caller& caller, const ReleaseRequest& request, Instant now);

  // The caller's projects, an admin's: all. Newest update first.
  Result<std::vector<ListedProject>> list_projects(const identity::Caller& caller, std::int64_t limit,
                                                   std::int64_t offset);
  Result<ListedProject> load_project(const identity::Caller& caller, const ProjectRef& project);
  Result<CurrentDeployment> load_current(const identity::Caller& caller, const ProjectRef& project,
                                         std::string_view environment);
  // Newest commit first; with an environment: images ever live there, latest release first.
  Result<ImagePage> list_images(const identity::Caller& caller, const ProjectRef& project, std::string_view environment,
                                std::int64_t limit, std::int64_t offset);
  Result<ImageDetail> load_image(const identity::Caller& caller, std::string_view image_id);
  // The audit log, newest first: the project's, or without one the account's.
  Result<EventPage> list_events(const identity::Caller& caller, const std::optional<ProjectRef>& project,
                                std::int64_t limit, std::int64_t offset);

  // A pointer to an image that ends by itself. What has the slug already is replaced. Durable when it returns; visible
  // once the caller had the publisher publish the project.
  Result<ListedPreview> make_preview(const identity::Caller& caller, const PreviewRequest& request, Instant now);
  // Those that have not expired; the one that expires first comes first.
  Result<std::vector<ListedPreview>> list_previews(const identity::Caller& caller, const ProjectRef& project,
                                                   Instant now);
  // NotFound also where the project is somebody else's. Yields the project, for the publisher.
  Result<meta::Project> delete_preview(const identity::Caller& caller, const ProjectRef& project, std::string_view slug,
                                       Instant now);

  // With everything that is its; its name is free when this returned. Yields what it was, for the publisher.
  Result<meta::Project> delete_project(const identity::Caller& caller, const ProjectRef& project, Instant now);
  // The projects are gone: nobody uploads to their plans any more.
  void forget_projects(std::span<const std::string> project_ids);

  bool storage_degraded() const;

  // Shared by the parts of this class; defined in deployer_state.hpp.
  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::deploy
