#include "publish/image_indexes.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <thread>

#include "blob/disk_store.hpp"
#include "meta/collection.hpp"
#include "meta/media.hpp"
#include "model/manifest.hpp"

namespace sitepod::publish {
namespace {

// An image with so many files that compiling its index takes long enough to be overtaken.
class ImageIndexesOf : public testing::Test {
 protected:
  static constexpr int kFiles = 20'000;
  static constexpr int kRounds = 100;

  ImageIndexesOf() {
    char pattern[] = "/tmp/sitepod-indexes-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    blobs_ = blob::DiskStore::open(folder_).value();
    meta_ = meta::MetaStore::open_sqlite(folder_ + "/sitepod.db").value();
    indexes_.emplace(folder_ + "/index", *blobs_);
    EXPECT_TRUE(indexes_->create_folder().ok());
    picture_ = put("picture");
    large_ = put_manifest(kFiles);
    small_ = put_manifest(2);
    write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::insert_account(session, {"usr_a", "a@b.test", "", false, "human", {1}}));
      SITEPOD_TRY(meta::insert_project(session, {"prj_a", "a", "a", "usr_a", {1}, {1}}));
      SITEPOD_TRY(meta::insert_image(session, image_of(large_)));
      return {};
    });
  }
  ~ImageIndexesOf() override {
    indexes_.reset();
    std::filesystem::remove_all(folder_);
  }

  Digest put(const std::string& content) { return blobs_->put(std::as_bytes(std::span(content))).value().sha256; }
  void write(const std::function<Result<void>(meta::Session&)>& change) { EXPECT_TRUE(meta_->write(change).ok()); }
  Digest put_manifest(int files) {
    const Digest page = put("page");
    model::Manifest manifest;
    for (int i = 0; i < files; ++i) manifest.add({"file-" + std::to_string(i), page, 4, ""});
    EXPECT_TRUE(manifest.seal().ok());
    return put(manifest.to_bytes());
  }
  static meta::Image image_of(const Digest& manifest) {
    meta::Image image;
    image.id = "img_a";
    image.project_id = "prj_a";
    image.manifest = manifest;
    image.encoding_state = "done";
    return image;
  }
  // No image changes so; here it makes one compilation quicker than another.
  void set_manifest(const Digest& manifest) {
    write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::delete_image(session, "img_a"));
      SITEPOD_TRY(meta::insert_image(session, image_of(manifest)));
      return {};
    });
  }
  // A fact that an index of before does not have.
  void add_media(const std::string& path) {
    write([&](meta::Session& session) {
      return meta::upsert_media(session, "prj_a", {path, picture_, 7, "image/webp", 1, 1, "", {1}});
    });
  }
  bool is_compiling() const {
    std::error_code gone;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/index")) {
      if (entry.path().filename().string().find(".tmp-") == std::string::npos) continue;
      const std::uintmax_t size = entry.file_size(gone);
      if (!gone && size > 0) return true;
    }
    return false;
  }
  // `meanwhile` begins when a compilation has read its facts: it writes only then. False: the compilation was over
  // before `meanwhile` was, so that what comes of it proves nothing.
  bool overtake_compilation(const std::function<void()>& meanwhile) {
    std::atomic<bool> is_over = false;
    std::thread compiling([&] {
      EXPECT_TRUE(indexes_->compile(*meta_, "img_a").ok());
      is_over = true;
    });
    while (!is_compiling() && !is_over) std::this_thread::yield();
    meanwhile();
    const bool overtook = is_compiling();
    compiling.join();
    return overtook;
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
  Digest picture_, large_, small_;
  std::unique_ptr<blob::DiskStore> blobs_;
  std::unique_ptr<meta::MetaStore> meta_;
  std::optional<ImageIndexes> indexes_;
};

TEST_F(ImageIndexesOf, AnImageThatWasCompiledIsNotReadAgainWhenItIsAskedFor) {
  const serve::SiteIndex* compiled = indexes_->compile(*meta_, "img_a").value().index.get();
  const NamedIndex loaded = indexes_->load(*meta_, "img_a", "done").value();
  EXPECT_EQ(loaded.index.get(), compiled);
  indexes_->forget("img_a");
  EXPECT_NE(indexes_->load(*meta_, "img_a", "done").value().index, loaded.index);
}

TEST_F(ImageIndexesOf, ANewImageOffersTheVariantsOfBeforeAndThoseThatWereMadeSince) {
  model::Manifest manifest;
  std::map<std::string, Digest> pages;
  for (const std::string name : {"a", "b", "c", "d", "e"}) {
    pages[name] = put("<p>" + name);
    manifest.add({name + ".html", pages[name], 4, ""});
  }
  ASSERT_TRUE(manifest.seal().ok());
  set_manifest(put(manifest.to_bytes()));
  const auto add_variant = [&](const std::string& page, const std::string& encoding, const Digest& blob) {
    write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::upsert_blob(session, {pages[page], pages[page], 4, ""}, {1}));
      return meta::insert_variant(session, {pages[page], encoding, blob, 7});
    });
  };
  add_variant("a", "gzip", put("smaller"));
  for (const char* encoding : {"gzip", "zstd", "br"}) add_variant("b", encoding, put("encoded"));
  const NamedIndex before = indexes_->compile(*meta_, "img_a").value();
  add_variant("c", "gzip", picture_);
  add_variant("d", "gzip", sha256("lost"));
  for (const Blobs checked : {Blobs::AreChecked, Blobs::WereChecked}) {
    const NamedIndex now = indexes_->compile(*meta_, "img_a", checked).value();
    const auto offers = [&](const char* path, serve::Encoding encoding) {
      return now.index->find(path)->has(encoding);
    };
    EXPECT_TRUE(offers("a.html", serve::Encoding::Gzip));
    EXPECT_FALSE(offers("a.html", serve::Encoding::Brotli));
    for (const auto encoding : {serve::Encoding::Gzip, serve::Encoding::Zstd, serve::Encoding::Brotli})
      EXPECT_EQ(now.index->find("b.html")->variant(encoding).blob, sha256("encoded"));
    EXPECT_TRUE(offers("c.html", serve::Encoding::Gzip));
    EXPECT_FALSE(offers("d.html", serve::Encoding::Gzip));
    EXPECT_FALSE(now.index->find("e.html")->has_encoded_variants());
  }
}

TEST_F(ImageIndexesOf, AnotherTextAtAPathIsOfferedInNoEncodingOfTheTextOfBefore) {
  const auto show = [&](const std::string& text) {
    model::Manifest manifest;
    manifest.add({"a.html", put(text), text.size(), ""});
    EXPECT_TRUE(manifest.seal().ok());
    set_manifest(put(manifest.to_bytes()));
  };
  show("<p>old");
  write([&](meta::Session& session) -> Result<void> {
    const Digest page = sha256("<p>old");
    SITEPOD_TRY(meta::upsert_blob(session, {page, page, 6, ""}, {1}));
    for (const char* encoding : {"gzip", "zstd", "br"})
      SITEPOD_TRY(meta::insert_variant(session, {page, encoding, picture_, 7}));
    return {};
  });
  const NamedIndex before = indexes_->compile(*meta_, "img_a").value();
  EXPECT_TRUE(before.index->find("a.html")->has(serve::Encoding::Brotli));
  show("<p>new");
  const NamedIndex now = indexes_->compile(*meta_, "img_a", Blobs::WereChecked).value();
  EXPECT_FALSE(now.index->find("a.html")->has_encoded_variants());
}

TEST_F(ImageIndexesOf, AnImageThatIsForgottenDuringACompilationKeepsNothingOfIt) {
  bool overtook = false;
  for (int round = 0; round < kRounds && !overtook; ++round) {
    const std::string path = "media/" + std::to_string(round) + ".webp";
    overtook = overtake_compilation([&] {
      add_media(path);
      indexes_->forget("img_a");
    });
    EXPECT_TRUE(shows(path));
    EXPECT_TRUE(shows_from_disk(path));
  }
  EXPECT_TRUE(overtook);
}

TEST_F(ImageIndexesOf, ACompilationThatBeganLaterIsNotReplacedByOneThatEndsLater) {
  bool overtook = false;
  for (int round = 0; round < kRounds && !overtook; ++round) {
    const std::string path = "media/" + std::to_string(round) + ".webp";
    set_manifest(large_);
    overtook = overtake_compilation([&] {
      set_manifest(small_);
      add_media(path);
      EXPECT_TRUE(indexes_->compile(*meta_, "img_a").value().index->find(path));
    });
    EXPECT_TRUE(shows(path));
    EXPECT_TRUE(shows_from_disk(path));
  }
  EXPECT_TRUE(overtook);
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
}

TEST_F(ImageIndexesOf, AnotherStageTakesNoIndexThatSomebodyIsAboutToReplace) {
  const auto set_stage = [&](std::string_view stage) {
    write([&](meta::Session& session) { return meta::set_encoding_state(session, "img_a", stage); });
  };
  bool overtook = false;
  for (int round = 0; round < kRounds && !overtook; ++round) {
    const std::string path = "media/" + std::to_string(round) + ".webp";
    set_stage("gzip");
    indexes_->forget("img_a");
    ASSERT_TRUE(indexes_->compile(*meta_, "img_a").ok());
    overtook = overtake_compilation([&] {
      add_media(path);
      set_stage("done");
      indexes_->carry_over("img_a", "done");
    });
    EXPECT_TRUE(!overtook || shows(path));
  }
  EXPECT_TRUE(overtook);
}

}  // namespace
}  // namespace sitepod::publish
