// For tests of the room: fresh stores, one per engine, and rows with what does not matter filled in.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include "meta/meta_store.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sitepod-meta-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  ~TemporaryFolder() {
    std::error_code ignored;  // a leftover in the system's temporary folder harms no test
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// Opens the same database again and again.
class Engine {
 public:
  virtual ~Engine() = default;
  virtual Result<std::unique_ptr<MetaStore>> open() = 0;
};

class SqliteEngine final : public Engine {
 public:
  Result<std::unique_ptr<MetaStore>> open() override { return MetaStore::open_sqlite(folder_.file("sitepod.db")); }

 private:
  TemporaryFolder folder_;
};

struct EngineMaker {
  const char* name;
  std::unique_ptr<Engine> (*make)();
};

// A test of the contract runs once per engine.
class StoreContract : public ::testing::TestWithParam<EngineMaker> {
 protected:
  void SetUp() override {
    engine_ = GetParam().make();
    reopen();
  }
  void reopen() {
    store_.reset();
    auto opened = engine_->open();
    ASSERT_TRUE(opened.ok()) << opened.error().context;
    store_ = *std::move(opened);
  }
  // What must not fail.
  template <typename Work>
  auto must_write(Work work) {
    auto outcome = store_->write(work);
    EXPECT_TRUE(outcome.ok()) << (outcome.ok() ? "" : outcome.error().context);
    if constexpr (!std::is_same_v<decltype(outcome), Result<void>>) return *std::move(outcome);
  }
  template <typename Work>
  auto must_read(Work work) {
    auto outcome = store_->read(work);
    EXPECT_TRUE(outcome.ok()) << (outcome.ok() ? "" : outcome.error().context);
    if constexpr (!std::is_same_v<decltype(outcome), Result<void>>) return *std::move(outcome);
  }
  void add_account(const std::string& id) {
    must_write([&](Session& s) {
      return insert_account(s, {id, id + "@example.com", "hash", false, "human", {1000}});
    });
  }
  void add_project(const std::string& id, const std::string& owner, Instant updated_at = {1000}) {
    must_write([&](Session& s) { return insert_project(s, {id, id + "-Name", id, owner, {1000}, updated_at}); });
  }
  Image add_image(const std::string& id, const std::string& project, const std::string& plan = "",
                  const std::string& state = "pending") {
    Image image{id,   0,      0,    project, sha256(id), 2, 30, "message", {"c0ffee", "main", "git message"},
                plan, {2000}, state};
    return must_write([&](Session& s) { return insert_image(s, image); });
  }
  std::int64_t add_release(const std::string& project, const std::string& environment, const std::string& image,
                           const std::string& kind = "deploy") {
    Release release{0, project, environment, image, "", kind, "usr_a", "a@example.com", "127.0.0.1", "ci", {3000}};
    return must_write([&](Session& s) { return insert_release(s, release); });
  }
  Blob add_blob(const std::string& content, const std::string& staged_by = "") {
    Blob blob{sha256(content), sha256("blake3 of " + content), content.size(), staged_by};
    must_write([&](Session& s) { return upsert_blob(s, blob, {1000}); });
    return blob;
  }

  std::unique_ptr<Engine> engine_;
  std::unique_ptr<MetaStore> store_;
};

inline std::unique_ptr<Engine> make_sqlite() { return std::make_unique<SqliteEngine>(); }
inline const EngineMaker kEngines[] = {{"Sqlite", make_sqlite}};
inline std::string engine_name(const ::testing::TestParamInfo<EngineMaker>& info) { return info.param.name; }

}  // namespace sitepod::meta
