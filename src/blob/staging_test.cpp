#include "blob/staging.hpp"

#include <gtest/gtest.h>

#include "base/blake3.hpp"
#include "blob/bucket.hpp"
#include "blob/fault_proxy.hpp"
#include "blob/store_fixture.hpp"
#include "http/client.hpp"

namespace sitepod::blob {
namespace {

constexpr std::uint64_t kLarge = 1u << 20;

// Clients that put bytes into a real S3 server by addresses that were signed here.
class StagingTest : public StoreFixture {
 protected:
  StagingTest() {
    bucket_ = make_test_bucket();
    open_with_bucket();
  }
  Staging& staging() { return *store_->staging(); }
  std::string address_of(std::string_view content, std::optional<std::uint64_t> size = {}, Instant at = now()) {
    return staging().signer_for("usr_1", at).address_of(sha256(content), size.value_or(content.size()));
  }
  static int put_to(const std::string& url, std::string_view content) {
    http::ClientRequest request{.method = "PUT", .url = url, .body = std::string(content)};
    request.fields = {{"Content-Type", "application/octet-stream"}};
    const auto answer = http::Client({}).send(request);
    EXPECT_TRUE(answer.ok()) << (answer.ok() ? "" : answer.error().message);
    return answer.ok() ? answer->status : 0;
  }
  StagedObject stage(std::string_view content) {
    EXPECT_EQ(put_to(address_of(content), content), 200);
    return {sha256(content), content.size(), now()};
  }
  std::vector<std::string> keys(const std::string& prefix) {
    std::vector<std::string> found;
    Bucket bucket(bucket_);
    EXPECT_TRUE(bucket
                    .list(prefix,
                          [&](const S3Object& object) {
                            found.push_back(object.key);
                            return true;
                          })
                    .ok());
    return found;
  }
};

TEST_F(StagingTest, WhatAClientPutsThereIsReadBackWithBothDigests) {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{70'000}, std::size_t{kLarge + 1}}) {
    const std::string content = pattern(size);
    const StagedObject object = stage(content);
    auto received = staging().receive("usr_1", object);
    ASSERT_TRUE(received.ok()) << received.error().context;
    EXPECT_EQ(received->stored.sha256, sha256(content));
    EXPECT_EQ(received->stored.blake3, blake3(content));
    EXPECT_EQ(received->stored.size, size);
    EXPECT_FALSE(is_local(object.sha256)) << "nobody has said that it may stay";
    ASSERT_TRUE(received->incoming.keep().ok());
    make_durable(object.sha256);
    lose(object.sha256);
    EXPECT_EQ(content_of(object.sha256), content) << "the bucket has it under its own key";
  }
  EXPECT_TRUE(keys("frozen/").empty());
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(StagingTest, AnAddressIsGoodForThatManyBytesOfOneFileAndNotForEver) {
  const std::string content = "content";
  EXPECT_EQ(put_to(address_of(content), "longer than content"), 403);
  EXPECT_EQ(put_to(address_of(content) + "0", content), 403);
  std::string other = address_of(content);
  other.replace(other.find(sha256(content).hex()), 64, sha256("other").hex());
  EXPECT_EQ(put_to(other, content), 403);
  const Instant long_ago{now().unix_ms - std::chrono::milliseconds(bucket_.upload_lifetime).count() - 60'000};
  EXPECT_EQ(put_to(address_of(content, {}, long_ago), content), 403);
  EXPECT_TRUE(keys("staging/").empty());
  EXPECT_EQ(address_of(content).find(bucket_.secret_key), std::string::npos);
}

TEST_F(StagingTest, ListNamesWhatOneOwnerHas) {
  stage("one");
  stage("two");
  EXPECT_EQ(staging().list("usr_1")->size(), 2u);
  EXPECT_TRUE(staging().list("usr_10")->empty());
  EXPECT_TRUE(staging().list("usr_")->empty());
  ASSERT_TRUE(staging().remove("usr_1", sha256("one")).ok());
  const auto left = staging().list("usr_1");
  ASSERT_EQ(left->size(), 1u);
  EXPECT_EQ(left->front().sha256, sha256("two"));
  EXPECT_EQ(left->front().size, 3u);
  EXPECT_EQ(staging().receive("usr_1", {sha256("one"), 3, now()}).error().kind, ErrorKind::NotFound);
}

// This server does not compare bytes with the SHA-256 in the address, as many do not.
TEST_F(StagingTest, OtherBytesThanTheNameSaysAreSeenAndLeaveNothing) {
  for (const std::size_t size : {std::size_t{100}, std::size_t{kLarge}}) {
    const std::string content = pattern(size);
    const std::string other = pattern(size, 7);
    ASSERT_EQ(put_to(address_of(content), other), 200);
    const auto received = staging().receive("usr_1", {sha256(content), size, now()});
    ASSERT_TRUE(received.ok());
    EXPECT_EQ(received->stored.sha256, sha256(other)) << "for the caller to compare";
    EXPECT_TRUE(keys("frozen/").empty());
    EXPECT_TRUE(keys("blobs/").empty());
  }
}

TEST_F(StagingTest, ExchangingAFileWhileItIsLookedAtChangesNothing) {
  const std::string content = pattern(kLarge);
  const StagedObject object = stage(content);
  auto received = staging().receive("usr_1", object);
  ASSERT_TRUE(received.ok());
  EXPECT_EQ(put_to(address_of(content), pattern(kLarge, 9)), 200);
  ASSERT_TRUE(received->incoming.keep().ok());
  make_durable(object.sha256);
  lose(object.sha256);
  EXPECT_EQ(content_of(object.sha256), content);
}

TEST_F(StagingTest, LongerOneThanWasListedIsNotReadToItsEnd) {
  const std::string content = pattern(200'000);
  stage(content);
  const auto received = staging().receive("usr_1", {sha256(content), 1'000, now()});
  ASSERT_FALSE(received.ok());
  EXPECT_EQ(received.error().code, std::string_view("size_mismatch"));
  EXPECT_EQ(temporary_files(), 0u);
}

TEST_F(StagingTest, LostCopyIsSentAgain) {
  const std::string content = pattern(kLarge);
  const StagedObject object = stage(content);
  auto received = staging().receive("usr_1", object);
  ASSERT_TRUE(received.ok() && received->incoming.keep().ok());
  ASSERT_EQ(keys("frozen/").size(), 1u);
  ASSERT_TRUE(staging().sweep([](auto, const auto&) { return Result<bool>(false); }, {now().unix_ms + 60'000}).ok());
  EXPECT_TRUE(keys("frozen/").empty());
  make_durable(object.sha256);
  lose(object.sha256);
  EXPECT_EQ(content_of(object.sha256), content);
}

TEST_F(StagingTest, SweepTakesWhatItIsToldTo) {
  stage("one");
  stage("two");
  const auto swept = staging().sweep(
      [](std::string_view owner, const StagedObject& object) {
        EXPECT_EQ(owner, "usr_1");
        return Result<bool>(object.sha256 == sha256("one"));
      },
      {0});
  EXPECT_EQ(*swept, 1);
  EXPECT_EQ(staging().list("usr_1")->size(), 1u);
  const auto failed = staging().sweep(
      [](std::string_view, const StagedObject&) -> Result<bool> { return unavailable("The server is stopping."); },
      {0});
  EXPECT_FALSE(failed.ok());
}

TEST_F(StagingTest, ClientsMayReachTheBucketByAnotherAddress) {
  FaultProxy proxy(bucket_.endpoint);
  bucket_.public_endpoint = proxy.url();
  open_with_bucket();
  const std::string address = address_of("content");
  EXPECT_EQ(address.find(proxy.url() + "/" + bucket_.name + "/staging/usr_1/"), 0u) << address;
  EXPECT_EQ(put_to(address, "content"), 200);
  EXPECT_EQ(proxy.requests(), 1);
}

TEST_F(StagingTest, OutageIsNoAbsence) {
  bucket_.endpoint = "http://127.0.0.1:1";
  bucket_.read_patience = bucket_.write_patience = std::chrono::seconds(1);
  open_with_bucket();
  EXPECT_EQ(staging().list("usr_1").error().kind, ErrorKind::Unavailable);
  EXPECT_EQ(staging().receive("usr_1", {sha256("one"), 3, now()}).error().kind, ErrorKind::Unavailable);
}

}  // namespace
}  // namespace sitepod::blob
