#include "publish/index_compiler.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <map>
#include <random>

#include "base/file.hpp"
#include "blob/disk_store.hpp"
#include "meta/collection.hpp"
#include "meta/media.hpp"
#include "model/manifest.hpp"

namespace sitepod::publish {
namespace {

// A site whose files, media and encodings change from one image to the next.
class IndexCompilerOf : public testing::Test {
 protected:
  struct File {
    Digest blob;
    std::uint64_t size = 0;
    std::string media_type;
  };

  IndexCompilerOf() {
    char pattern[] = "/tmp/sitepod-compiler-XXXXXX";
    folder_ = ::mkdtemp(pattern);
    blobs_ = blob::DiskStore::open(folder_).value();
    meta_ = meta::MetaStore::open_sqlite(folder_ + "/sitepod.db").value();
    write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::insert_account(session, {"usr_a", "a@b.test", "", false, "human", {1}}));
      SITEPOD_TRY(meta::insert_project(session, {"prj_a", "a", "a", "usr_a", {1}, {1}}));
      return {};
    });
    image_.id = "img_a";
    image_.project_id = "prj_a";
    image_.source = "build";
  }
  ~IndexCompilerOf() override { std::filesystem::remove_all(folder_); }

  void write(const std::function<Result<void>(meta::Session&)>& change) { ASSERT_TRUE(meta_->write(change).ok()); }
  Digest put(const std::string& bytes) { return blobs_->put(std::as_bytes(std::span(bytes))).value().sha256; }
  int any(int below) { return std::uniform_int_distribution<>(0, below - 1)(random_); }

  void change_file(const std::string& path) {
    const std::string text = "text " + std::to_string(any(50));
    files_[path] = {put(text), text.size(), any_type()};
  }
  std::string any_type() {
    const char* types[] = {"", "", "", "text/plain", "image/svg+xml"};
    return types[any(5)];
  }
  std::string any_path() {
    const char* forms[] = {"docs/{}/index.html", "docs/{}.md",       "assets/a-0123456789ab.{}.css",
                           "media/{}.svg",       "pictures/{}.webp", "{}/404.html",
                           "films/{}.mp4"};
    std::string path = forms[any(7)];
    return path.replace(path.find("{}"), 2, std::to_string(any(60)));
  }
  void encode(const File& file) {
    const char* encodings[] = {"gzip", "zstd", "br"};
    const int first = any(3);
    write([&](meta::Session& session) -> Result<void> {
      SITEPOD_TRY(meta::upsert_blob(session, {file.blob, file.blob, file.size, ""}, {1}));
      for (int i = first == 2 ? 0 : first; i < 3; ++i) {
        const std::string bytes = std::string(encodings[i]) + file.blob.hex();
        SITEPOD_TRY(meta::insert_variant(session, {file.blob, encodings[i], put(bytes), bytes.size()}));
      }
      return {};
    });
  }
  void change_some() {
    for (int i = 0; i < 12; ++i) change_file(any_path());
    for (int i = 0; i < 6; ++i)
      std::next(files_.begin(), any(static_cast<int>(files_.size())))->second.media_type = any_type();
    for (int i = 0; i < 6; ++i) files_.erase(std::next(files_.begin(), any(static_cast<int>(files_.size()))));
    for (int i = 0; i < 40; ++i) encode(std::next(files_.begin(), any(static_cast<int>(files_.size())))->second);
    const std::string text = "<svg>" + std::to_string(any(9));
    const meta::Media media{
        "media/" + std::to_string(any(60)) + ".svg", put(text), text.size(), "image/svg+xml", 1, 1, "", {1}};
    write([&](meta::Session& session) { return meta::upsert_media(session, "prj_a", media); });
    if (any(3) == 0) image_.source = any(2) == 0 ? "build" : "upload";
    image_.created_at = {image_.created_at.unix_ms + any(3) * 700};
  }
  void purge(const Digest& blob) {
    write([&](meta::Session& session) {
      return meta::insert_purged_blob(session, {blob, {}, "law", "operator", {1}});
    });
  }
  // A file, and for others only an encoding, whose bytes somebody may have uploaded as a file too.
  void purge_some() {
    purge(files_.begin()->second.blob);
    for (const auto& [path, file] : files_)
      if (any(4) == 0) purge(sha256("br" + file.blob.hex()));
  }

  std::string compile(Blobs checked, const serve::SiteIndex* before) {
    model::Manifest manifest;
    for (const auto& [path, file] : files_) manifest.add({path, file.blob, file.size, file.media_type});
    EXPECT_TRUE(manifest.seal().ok());
    image_.manifest = put(manifest.to_bytes());
    const std::string path = folder_ + "/compiled";
    const UniqueFd fd = open_file(path, O_RDWR | O_CREAT | O_TRUNC).value();
    const Result<void> compiled = compile_index(*meta_, *blobs_, image_, fd, checked, before);
    EXPECT_TRUE(compiled.ok());
    return read_file(path).value();
  }

  std::mt19937 random_{20};
  std::string folder_;
  std::unique_ptr<blob::DiskStore> blobs_;
  std::unique_ptr<meta::MetaStore> meta_;
  meta::Image image_;
  std::map<std::string, File> files_;
};

TEST_F(IndexCompilerOf, WhatIsTakenFromTheIndexOfBeforeIsByteForByteWhatWouldBeMadeAnew) {
  for (int i = 0; i < 200; ++i) change_file(any_path());
  std::shared_ptr<const serve::SiteIndex> before;
  for (int round = 0; round < 30; ++round) {
    if (round == 20) purge_some();
    const std::string anew = compile(Blobs::WereChecked, nullptr);
    ASSERT_EQ(compile(Blobs::WereChecked, before.get()), anew) << "round " << round;
    before = serve::SiteIndex::from_bytes(anew).value();
    change_some();
  }
}

TEST_F(IndexCompilerOf, AFileThatTheSiteHadIsTheImagesOwnOnceTheImageHasIt) {
  const std::string bytes = "a picture", path = "media/1.webp";
  const meta::Media media{path, put(bytes), bytes.size(), "image/webp", 1, 1, "", {1}};
  write([&](meta::Session& session) { return meta::upsert_media(session, "prj_a", media); });
  const auto before = serve::SiteIndex::from_bytes(compile(Blobs::WereChecked, nullptr)).value();
  EXPECT_TRUE(before->find(path)->of_site());
  files_[path] = {media.blob, media.size, media.media_type};
  const auto after = serve::SiteIndex::from_bytes(compile(Blobs::WereChecked, before.get())).value();
  EXPECT_FALSE(after->find(path)->of_site());
}

}  // namespace
}  // namespace sitepod::publish
