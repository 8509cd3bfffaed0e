// The only bridge from facts to visitors: rows and blobs in, one immutable Snapshot out.
// Owns the publisher thread and the boot log ({data}/boot.log), from which the last Snapshot is served after a restart before
// the database is opened. Any thread may call publish_project; calls that arrive together share one publication.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "blob/disk_store.hpp"
#include "meta/meta_store.hpp"
#include "serve/data_plane.hpp"

namespace sitepod::publish {

struct PublisherOptions {
  std::string data_dir;
  std::string base_domain;  // lower-case, no port
};

class Publisher {
 public:
  Publisher(PublisherOptions options, blob::DiskStore& blobs);
  ~Publisher();

  // The Snapshot of the boot log: what was live when the last run ended. Needs no database. A damaged log yields what it still proves.
  std::shared_ptr<const serve::Snapshot> boot_snapshot();

  // From here on facts come from `meta` and Snapshots go to `data_plane`: publishes every project once, then follows.
  // Both outlive the publisher.
  Result<void> start(meta::MetaStore& meta, serve::DataPlane& data_plane);

  // Makes the committed facts of this project visible; returns when every worker has adopted them and the boot log has them.
  Result<void> publish_project(std::string_view project_id);

  // Builds the image's SiteIndex ahead of its release, so that the release is a pointer move; also after its encodings changed.
  Result<void> compile_image(std::string_view image_id);

  std::uint64_t generation() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::publish
