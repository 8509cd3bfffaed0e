#include "publish/image_indexes.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <thread>

#include "meta/media.hpp"
#include "model/manifest.hpp"

namespace sitepod::publish {
namespace {

// An image with so many files that compiling its index takes long enough to be overtaken.
class ImageIndexesOf : public testing::Test {
 protected:
  static constexpr int kFiles = 20'000;

  ImageIndexesOf() {
    char pattern[] = "/tmp/sitepod-indexes-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    blobs_ = blob::DiskStore::open(folder_).value();
    meta_ = meta::MetaStore::open_sqlite(folder_ + "/sitepod.db").value();
    indexes_.emplace(folder_ + "/index", *blobs_);
    EXPECT_TRUE(indexes_->create_folder().ok());
    const Digest page = put("page");
    model::Manifest manifest;
    for (int i = 0; i < kFiles; ++i) manifest.add({"file-" + std::to_string(i), page, 4, ""});
    EXPECT_TRUE(manifest.seal().ok());
    meta::Image image;
    image.id = "img_a";
    image.project_id = "prj_a";
    image.manifest = put(manifest.to_bytes());
    image.encoding_state = "done";
    write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::insert_account(session, {"usr_a", "a@b.test", "", false, "human", {1}}));
      SITEPOD_TRY(meta::insert_project(session, {"prj_a", "a", "a", "usr_a", {1}, {1}}));
      SITEPOD_TRY(meta::insert_image(session, image));
      return {};
    });
  }
  ~ImageIndexesOf() override {
    indexes_.reset();
    std::filesystem::remove_all(folder_);
  }

  Digest put(const std::string& content) { return blobs_->put(std::as_bytes(std::span(content))).value().sha256; }
  void write(const std::function<Result<void>(meta::Session&)>& change) { EXPECT_TRUE(meta_->write(change).ok()); }
  // A fact that an index of before does not have.
  void add_media(const std::string& path) {
    const Digest picture = put("picture");
    write([&](meta::Session& session) {
      return meta::upsert_media(session, "prj_a", {path, picture, 7, "image/webp", 1, 1, "", {1}});
    });
  }
  bool is_compiling() const {
    for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/index"))
      if (entry.path().filename().string().find(".tmp-") != std::string::npos && entry.file_size() > 0) return true;
    return false;
  }
  // Until a compilation has read its facts: it writes only then.
  std::thread begin_compiling() {
    std::thread compiling([this] { EXPECT_TRUE(indexes_->compile(*meta_, "img_a").ok()); });
    while (!is_compiling()) std::this_thread::yield();
    return compiling;
  }
  bool shows(const std::string& path) {
    return indexes_->load(*meta_, "img_a", "done").value().index->find(path).has_value();
  }
  // As after a restart: from the disk.
  bool shows_from_disk(const std::string& path) {
    indexes_.emplace(folder_ + "/index", *blobs_);
    return shows(path);
  }

  std::string folder_;
  std::unique_ptr<blob::DiskStore> blobs_;
  std::unique_ptr<meta::MetaStore> meta_;
  std::optional<ImageIndexes> indexes_;
};

TEST_F(ImageIndexesOf, AnImageThatIsForgottenDuringACompilationKeepsNothingOfIt) {
  std::thread compiling = begin_compiling();
  add_media("media/new.webp");
  indexes_->forget("img_a");
  compiling.join();
  EXPECT_TRUE(shows("media/new.webp"));
  EXPECT_TRUE(shows_from_disk("media/new.webp"));
}

TEST_F(ImageIndexesOf, ACompilationThatBeganLaterIsNotReplacedByOneThatEndsLater) {
  for (int round = 0; round < 3; ++round) {
    const std::string path = "media/" + std::to_string(round) + ".webp";
    std::thread compiling = begin_compiling();
    add_media(path);
    const NamedIndex later = indexes_->compile(*meta_, "img_a").value();
    EXPECT_TRUE(later.index->find(path));
    compiling.join();
    EXPECT_TRUE(shows(path));
    EXPECT_TRUE(shows_from_disk(path));
  }
}

TEST_F(ImageIndexesOf, AnotherStageWithoutNewEncodingsTakesTheIndexOfTheOneBefore) {
  const auto set_stage = [&](std::string_view stage) {
    write([&](meta::Session& session) { return meta::set_encoding_state(session, "img_a", stage); });
  };
  set_stage("gzip");
  const NamedIndex before = indexes_->compile(*meta_, "img_a").value();
  set_stage("done");
  indexes_->carry_over("img_a", "done");
  const NamedIndex after = indexes_->load(*meta_, "img_a", "done").value();
  EXPECT_EQ(after.index, before.index);
  EXPECT_NE(after.file, before.file);
  indexes_->remove_other_stages("img_a", after.file);
  EXPECT_TRUE(shows_from_disk("file-1"));
  // Not what somebody is just about to replace.
  set_stage("gzip");
  indexes_->forget("img_a");
  ASSERT_TRUE(indexes_->compile(*meta_, "img_a").ok());
  std::thread compiling = begin_compiling();
  add_media("media/new.webp");
  set_stage("done");
  indexes_->carry_over("img_a", "done");
  compiling.join();
  EXPECT_TRUE(shows("media/new.webp"));
}

}  // namespace
}  // namespace sitepod::publish
