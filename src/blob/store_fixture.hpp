// For tests of the room: a store in a folder of its own, on the disk alone or with a bucket of its own behind it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "base/file.hpp"
#include "blob/bucket_store.hpp"
#include "blob/disk_store.hpp"
#include "blob/fault_points.hpp"
#include "blob/s3_server.hpp"

namespace sitepod::blob {

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// Bytes that differ from position to position.
inline std::string pattern(std::size_t size, std::uint32_t state = 1) {
  std::string out(size, '\0');
  for (char& c : out) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  return out;
}

class StoreFixture : public ::testing::Test {
 protected:
  StoreFixture() {
    std::string name = (std::filesystem::temp_directory_path() / "sitepod-blob-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    root_ = folder_ + "/store";
    sync_calls.reset();
  }
  ~StoreFixture() override {
    store_.reset();
    std::filesystem::remove_all(folder_);
  }

  void open_on_disk() {
    store_.reset();
    store_ = must(DiskStore::open(root_));
  }
  void open_with_bucket(BucketStore::Folder folder = BucketStore::Folder::OfThisBucket) {
    store_.reset();
    store_ = must(BucketStore::open(root_, bucket_, folder));
  }
  BucketStore& bucket_store() { return static_cast<BucketStore&>(*store_); }

  template <typename Store>
  static std::unique_ptr<Store> must(Result<std::unique_ptr<Store>> opened) {
    EXPECT_TRUE(opened.ok()) << (opened.ok() ? "" : opened.error().context);
    return std::move(opened).value();
  }
  Digest put(std::string_view content) {
    auto stored = store_->put(bytes_of(content));
    EXPECT_TRUE(stored.ok()) << (stored.ok() ? "" : stored.error().context);
    return stored.ok() ? stored->sha256 : Digest{};
  }
  Digest put_durable(std::string_view content) {
    const Digest blob = put(content);
    make_durable(blob);
    return blob;
  }
  void make_durable(const Digest& blob) {
    const auto done = store_->make_durable(std::span(&blob, 1));
    EXPECT_TRUE(done.ok()) << (done.ok() ? "" : done.error().context);
  }
  std::string path_of(const Digest& blob) const {
    return root_ + "/blobs/" + blob.hex().substr(0, 2) + "/" + blob.hex();
  }
  bool is_local(const Digest& blob) const { return std::filesystem::exists(path_of(blob)); }
  // As if the machine had lost it.
  void lose(const Digest& blob) const { std::filesystem::remove(path_of(blob)); }
  void overwrite(const Digest& blob, const std::string& content) const {
    std::ofstream(path_of(blob), std::ios::binary | std::ios::trunc) << content;
  }
  std::size_t temporary_files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(root_ + "/tmp"), std::filesystem::directory_iterator()));
  }
  std::string content_of(const Digest& blob) const {
    auto content = store_->read_verified(blob, 1 << 30);
    return content.ok() ? *content : "error: " + content.error().context;
  }

  std::string folder_;
  std::string root_;
  BucketSettings bucket_;
  std::unique_ptr<BlobStore> store_;
};

}  // namespace sitepod::blob
