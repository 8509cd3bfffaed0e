// A Deployer on a real database and a real store in a temporary folder, and short words for the steps of a deploy. For
// tests.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/blake3.hpp"
#include "base/random.hpp"
#include "blob/disk_store.hpp"
#include "deploy/deployer.hpp"

namespace sitepod::deploy {

inline constexpr Instant kStart{1'700'000'000'000};

// A body that ends well, or breaks after `text`.
inline ReadBody body_of(std::string text, bool breaks = false) {
  auto rest = std::make_shared<std::string>(std::move(text));
  return [rest, breaks](std::span<std::byte> out) -> Result<std::size_t> {
    const std::size_t count = std::min(out.size(), rest->size());
    if (count == 0 && breaks) return invalid_request("The connection broke.");
    if (count != 0) std::memcpy(out.data(), rest->data(), count);
    rest->erase(0, count);
    return count;
  };
}

class Deploys : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("deploy_test_" + random_base36(12));
    std::filesystem::create_directories(folder_);
    meta_ = meta::MetaStore::open_sqlite((folder_ / "meta.db").string()).value();
    open("run_1");
    for (const char* name : {"owner", "other"}) {
      const meta::Account account{
          std::string("usr_") + name, std::string(name) + "@example.com", "", false, "human", kStart};
      ASSERT_TRUE(meta_->write([&](meta::Session& session) { return meta::insert_account(session, account); }).ok());
    }
    owner_ = caller("owner");
    other_ = caller("other");
  }
  void TearDown() override {
    close();
    meta_.reset();
    std::filesystem::remove_all(folder_);
  }

  // As after a restart of the server.
  void open(std::string run_id) {
    close();
    blobs_ = blob::DiskStore::open((folder_ / "data").string()).value();
    encoder_ = std::make_unique<Encoder>(*meta_, *blobs_);
    settings_.run_id = std::move(run_id);
    deployer_ = std::make_unique<Deployer>(*meta_, *blobs_, *encoder_, settings_);
  }
  void close() {
    deployer_.reset();
    encoder_.reset();
    blobs_.reset();
  }

  static identity::Caller caller(const std::string& name) {
    identity::Caller made;
    made.account_id = "usr_" + name;
    made.email = name + "@example.com";
    made.token_id = "tok_" + name;
    return made;
  }

  using Files = std::map<std::string, std::string>;  // path → content

  static PlanRequest request(const std::string& project, const Files& files, NameKind kind = NameKind::Either) {
    PlanEntries::Builder builder;
    for (const auto& [path, content] : files) {
      PlanEntry entry;
      entry.path = path;
      entry.name_kind = kind;
      entry.name = kind == NameKind::Blake3 ? blake3(content) : sha256(content);
      if (kind == NameKind::Blake3) entry.size = content.size();
      builder.add(entry);
    }
    return {project, std::move(builder).build().value(), {}, "a message"};
  }
  Result<Planned> plan(const std::string& project, const Files& files, NameKind kind = NameKind::Either) {
    return deployer_->plan(owner_, request(project, files, kind), kStart);
  }
  Result<StoredUpload> upload(const std::string& plan_id, const std::string& content,
                              NameKind kind = NameKind::Either) {
    const Digest name = kind == NameKind::Blake3 ? blake3(content) : sha256(content);
    return deployer_->upload(owner_, plan_id, name.hex(), content.size(), body_of(content), kStart);
  }
  Result<Committed> commit(const std::string& plan_id) { return deployer_->commit(owner_, plan_id, "", kStart); }
  // Plan, upload of everything missing, commit.
  std::string deploy(const std::string& project, const Files& files) {
    const Planned planned = plan(project, files).value();
    for (const auto& [path, content] : files) EXPECT_TRUE(upload(planned.plan_id, content).ok()) << path;
    return commit(planned.plan_id)->image.id;
  }
  Result<Released> release(const std::string& project, const std::string& image_id = "",
                           const std::string& environment = "prod") {
    return deployer_->release(owner_, {{project, ""}, environment, image_id, {}, {}}, kStart);
  }
  Result<Released> roll_back(const std::string& project, const std::string& image_id = "",
                             const std::string& environment = "prod") {
    return deployer_->rollback(owner_, {{project, ""}, environment, image_id, {}, {}}, kStart);
  }

  std::filesystem::path folder_;
  DeploySettings settings_;
  std::unique_ptr<meta::MetaStore> meta_;
  std::unique_ptr<blob::DiskStore> blobs_;
  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<Deployer> deployer_;
  identity::Caller owner_, other_;
};

template <typename T>
std::string code_of(const Result<T>& result) {
  return result.ok() ? "" : std::string(result.error().code);
}

}  // namespace sitepod::deploy
