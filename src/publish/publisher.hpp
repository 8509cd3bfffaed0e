// The only bridge from facts to visitors: rows and blobs in, one immutable Snapshot out.
// Owns the publisher thread and the boot log ({data}/boot.log), from which the last Snapshot is served after a restart
// before the database is opened. Any thread may call publish_project; calls that arrive together share one publication.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "blob/blob_store.hpp"
#include "meta/meta_store.hpp"
#include "model/manifest.hpp"
#include "serve/data_plane.hpp"

namespace sitepod::publish {

struct PublisherOptions {
  std::string data_dir;
  std::string base_domain;  // lower-case, no port
  // For so long fingerprinted files of images that were live in an environment are answered there; zero: never.
  std::chrono::milliseconds recent{};
  std::function<Instant()> clock = now;
  std::shared_ptr<const net::TlsCertificates> certificates = nullptr;  // of the boot snapshot; null: none
};

class Publisher {
 public:
  // `blobs` outlives the publisher.
  Publisher(PublisherOptions options, const blob::BlobStore& blobs);
  ~Publisher();

  // The Snapshot of the boot log: what was live when the last run ended. Needs no database. A damaged log yields what
  // it still proves. Requires: called before start().
  std::shared_ptr<const serve::Snapshot> boot_snapshot();

  // From here on facts come from `meta` and Snapshots go to `data_plane`: publishes every project once, then what is
  // asked and what the change feed says. A project that cannot be published keeps the view of the boot snapshot and a
  // line in the log. May be called again after a failure, not after success. Requires: `data_plane` was started with
  // boot_snapshot(). Both outlive the publisher.
  Result<void> start(meta::MetaStore& meta, serve::DataPlane& data_plane);

  // Makes the committed facts of this project visible; returns when every worker has adopted them. On failure (a blob
  // of the image is missing or damaged) visitors keep the old view. "unavailable" before start().
  Result<void> publish_project(std::string_view project_id);

  // Makes visible what another process has changed in the database, as far as the change feed names it, and takes away
  // recent images whose time is over, as every publication does.
  Result<void> publish_changes();

  // Builds the image's SiteIndex ahead of its release, so that the release is a pointer move; also after its encodings
  // changed.
  Result<void> compile_image(std::string_view image_id);
  // The same for an image whose commit has just found all of its blobs in the store. `manifest` is the image's, where
  // the caller has it still; else null.
  Result<void> compile_committed_image(std::string_view image_id, const model::Manifest* manifest = nullptr);

  // The image's encodings have reached another stage, and nothing that its index says has changed.
  Result<void> carry_index_over(const std::string& image_id);

  // Makes these the certificates of every handshake that begins from now on. Also before start(): then on the thread
  // that will call it. `data_plane` as for start().
  Result<void> publish_certificates(std::shared_ptr<const net::TlsCertificates> certificates,
                                    serve::DataPlane& data_plane);

  // Makes hosts answer these, and no others any more; empty: none. As publish_certificates.
  Result<void> publish_challenges(serve::Challenges challenges, serve::DataPlane& data_plane);

  // Waits until visitors see every committed fact of now, and yields the ids of the images that are live then: those of
  // projects that could not be published are among them, recent ones are not. Some ids come more than once.
  Result<std::vector<std::string>> settle();

  // The image is gone, or what its index was made of has changed: the next publication makes it anew.
  void forget_image(const std::string& image_id);
  // Its site has new media: whoever releases the image again gets them. What visitors get of it as a recent image lacks
  // nothing.
  void outdate_image(const std::string& image_id);

  // Looks at every project again and makes visible what is not.
  Result<void> publish_everything();

  // Ends the publisher thread: nothing is handed to the data plane any more when it returned, and callers that wait get
  // "unavailable". Called once before the data plane ends; the destructor does it otherwise.
  void stop();

  // Whether visitors of this host get a site: one look into the table, whatever its size. Lower-case, no port. Any
  // thread.
  bool shows_host(const std::string& host) const;

  // The hosts that visitors reach sites under, but for those of previews. Any thread; as many as there are.
  std::vector<std::string> shown_hosts() const;

  std::uint64_t generation() const;
  // Those that are shown; null: none. Any thread.
  std::shared_ptr<const net::TlsCertificates> certificates() const;
  // `known`, the projects by the number of the meter that counts what leaves to their visitors, gets those that have
  // come since.
  void append_metered_projects(std::vector<std::string>& known) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::publish
