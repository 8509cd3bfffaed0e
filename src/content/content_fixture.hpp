// The content side on a real database and a real store in a temporary folder, with a publisher that can be told to
// fail. For tests.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/random.hpp"
#include "content/content.hpp"
#include "meta/records.hpp"

namespace sitepod::content {

template <typename T>
T must(Result<T> result) {
  EXPECT_TRUE(result.ok()) << (result.ok() ? std::string() : result.error().message + " " + result.error().context);
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

// Looks again and again, for as long as something in the background may take.
inline bool wait_until(const std::function<bool()>& is_so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class ContentFixture : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("content_test_" + random_base36(12));
    std::filesystem::create_directories(folder_ / "tmp");
    meta_ = must(meta::MetaStore::open_sqlite((folder_ / "meta.db").string()));
    blobs_ = must(blob::BlobStore::open_on_disk((folder_ / "data").string()));
    encoder_ = std::make_unique<deploy::Encoder>(*meta_, *blobs_);
    deploy::DeploySettings settings;
    settings.run_id = "run_1";
    deployer_ = std::make_unique<deploy::Deployer>(*meta_, *blobs_, *encoder_, settings);
    settings_.media_folder = (folder_ / "tmp").string();
    caller_.account_id = "usr_owner";
    caller_.email = "owner@example.com";
    caller_.token_id = "tok_owner";
    must(meta_->write([&](meta::Session& session) {
      return meta::insert_account(session, {caller_.account_id, caller_.email, "", false, "human", now()});
    }));
    open();
    project_ = must(content_->sites.resolve(caller_, "", now()));
  }
  void TearDown() override {
    content_.reset();
    deployer_.reset();
    encoder_.reset();
    blobs_.reset();
    meta_.reset();
    std::filesystem::remove_all(folder_);
  }

  // As after a restart of the server.
  void open() {
    content_.reset();
    ContentHooks hooks;
    hooks.compile_image = [this](std::string_view id) -> Result<void> {
      ++compiled_;
      return on_compile_ ? on_compile_(id) : Result<void>();
    };
    hooks.compile_built_image = [compile = hooks.compile_image](std::string_view id, const model::Manifest&) {
      return compile(id);
    };
    hooks.forget_image = [](std::string_view) {};
    hooks.open_blob = [this](const Digest& blob) { return blobs_->open_blob(blob); };
    hooks.publish_project = [this](std::string_view) -> Result<void> {
      ++published_;
      if (publish_fails_) return unavailable("the publisher is told to fail");
      return {};
    };
    hooks.hash_password = [this](std::string_view password) -> Result<std::string> {
      ++hashed_;
      return "hash of " + std::string(password);
    };
    content_ = std::make_unique<Content>(*meta_, *deployer_, std::move(hooks), settings_);
  }

  static model::PageChange page(std::string title) {
    model::PageChange change;
    change.title = std::move(title);
    return change;
  }
  SaveOutcome save(model::PageChange change, Instant at = now()) {
    SaveRequest request;
    request.pages.push_back(std::move(change));
    return must(content_->pages.save(project_, std::move(request), at));
  }
  // Saved before its date, which has come meanwhile.
  void save_due_page() {
    const Instant at = now();
    model::PageChange change = page("Due");
    change.published_at = to_rfc3339({at.unix_ms - 10'000});
    save(std::move(change), {at.unix_ms - 20'000});
  }
  meta::Build newest_build() { return must(content_->builds.find_newest(project_)).value_or(meta::Build()); }
  bool wait_for_build(std::string_view status) {
    return wait_until([&] { return newest_build().status == status; });
  }
  void execute(std::string_view sql) {
    must(meta_->write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(session.execute(sql));
      return {};
    }));
  }

  std::filesystem::path folder_;
  std::unique_ptr<meta::MetaStore> meta_;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::unique_ptr<deploy::Encoder> encoder_;
  std::unique_ptr<deploy::Deployer> deployer_;
  ContentSettings settings_;
  std::unique_ptr<Content> content_;
  identity::Caller caller_;
  meta::Project project_;

  std::function<Result<void>(std::string_view image_id)> on_compile_;
  std::atomic<int> compiled_{0};
  std::atomic<int> published_{0};
  std::atomic<int> hashed_{0};
  std::atomic<bool> publish_fails_{false};
};

}  // namespace sitepod::content
