// A data folder with its stores, and a server over it that can be ended and started again, for the tests of this room.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "blob/disk_store.hpp"
#include "meta/records.hpp"
#include "model/manifest.hpp"
#include "publish/publisher.hpp"
#include "serve/data_plane_test_support.hpp"

namespace sitepod::publish {

using serve::Files;
using serve::get;

template <typename T>
T must(Result<T> result) {
  EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().message + " " + result.error().context);
  return std::move(result).value();
}
inline void must(Result<void> result) { EXPECT_TRUE(result.ok()) << (result.ok() ? "" : result.error().context); }

class Installation : public testing::Test {
 protected:
  Installation() {
    char pattern[] = "/tmp/sitepod-publish-XXXXXX";
    folder = ::mkdtemp(pattern);
    blobs = must(blob::DiskStore::open(folder));
    meta = must(meta::MetaStore::open_sqlite(folder + "/sitepod.db"));
    must(meta->write([](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::put_setting(session, meta::kPageSecretSetting, sha256("secret").hex()));
      return meta::insert_account(session, {"usr_1", "a@b.test", "", false, "human", {1}});
    }));
  }
  ~Installation() override {
    end();
    std::filesystem::remove_all(folder);
  }

  // Serves the boot snapshot; start() opens the rest.
  void boot() {
    end();
    PublisherOptions publishing{folder, "sites.test"};
    publishing.recent = recent;
    publishing.clock = [this] { return clock_ms == 0 ? now() : Instant{clock_ms}; };
    publisher.emplace(std::move(publishing), *blobs);
    blob_pool.emplace("blobs", 1, 2);
    api_pool.emplace("api", 1, 2);
    serve::DataPlaneOptions options;
    options.listen_port = 0;
    serve::Openings openings{[this](const Digest& blob) { return blobs->open_blob(blob); }, [](const Digest&) {},
                             [](http::ApiRequest&) { return http::ApiResponse(); }};
    plane.emplace(options, std::move(openings), *blob_pool, *api_pool);
    must(plane->start(publisher->boot_snapshot()));
  }
  void start() { must(publisher->start(*meta, *plane)); }
  void end() {
    if (publisher) publisher->stop();
    plane.reset();
    api_pool.reset();
    blob_pool.reset();
    publisher.reset();
  }

  void add_project(const std::string& id, const std::string& subdomain) {
    must(meta->write([&](meta::Session& session) {
      return meta::insert_project(session, {id, subdomain, subdomain, "usr_1", {1}, {1}});
    }));
  }
  void add_image(const std::string& id, const std::string& project, const Files& files,
                 const std::string& source = "deploy") {
    model::Manifest manifest;
    for (const auto& [path, bytes] : files) {
      auto stored = must(blobs->put(std::as_bytes(std::span(bytes))));
      manifest.add({path, stored.sha256, bytes.size(), ""});
    }
    must(manifest.seal());
    std::string bytes = manifest.to_bytes();
    auto stored = must(blobs->put(std::as_bytes(std::span(bytes))));
    meta::Image image;
    image.id = id;
    image.project_id = project;
    image.manifest = stored.sha256;
    image.file_count = files.size();
    image.total_size = manifest.total_size();
    image.created_at = {1'700'000'000'000};
    image.encoding_state = "pending";
    image.source = source;
    must(meta->write([&](meta::Session& session) { return meta::insert_image(session, image); }));
  }
  void release(const std::string& project, const std::string& environment, const std::string& image) {
    must(meta->write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::upsert_environment(session, {project, environment, image, "", 0, 0, {2}}));
      SITEPOD_TRY(meta::insert_change(session, project));
      return {};
    }));
  }

  void preview(const std::string& project, const std::string& slug, const std::string& image, Instant expires_at,
               const std::string& lock = "") {
    must(meta->write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::upsert_preview(session, {project, slug, image, lock, {1}, expires_at}));
      SITEPOD_TRY(meta::insert_change(session, project));
      return {};
    }));
  }

  serve::Response fetch(const std::string& host, const std::string& path = "/x.txt") {
    return serve::Client(plane->port()).exchange(get(path, host));
  }
  std::vector<std::string> index_files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder + "/index"))
      names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string blob_path(const std::string& content) const {
    std::string hex = sha256(content).hex();
    return folder + "/blobs/" + hex.substr(0, 2) + "/" + hex;
  }

  std::string folder;
  std::chrono::milliseconds recent{};     // read by boot()
  std::atomic<std::int64_t> clock_ms{0};  // 0: the real one
  std::unique_ptr<blob::DiskStore> blobs;
  std::unique_ptr<meta::MetaStore> meta;
  std::optional<Publisher> publisher;
  std::optional<ThreadPool> blob_pool;
  std::optional<ThreadPool> api_pool;
  std::optional<serve::DataPlane> plane;
};

}  // namespace sitepod::publish
