#include "blob/blob_leases.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

namespace sitepod::blob {
namespace {

Digest name_of(int number) { return sha256(std::to_string(number)); }
std::vector<BlobLeases::Candidate> candidates_of(std::initializer_list<int> numbers) {
  std::vector<BlobLeases::Candidate> candidates;
  for (const int number : numbers) candidates.push_back({name_of(number), std::nullopt, {}});
  return candidates;
}

TEST(BlobLeases, WhatIsLeasedIsNotHeldForRemoval) {
  BlobLeases leases;
  const std::vector<Digest> names = {name_of(1)};
  std::optional<BlobLeases::Lease> lease = leases.take(names);
  auto candidates = candidates_of({1, 2});
  {
    const auto removal = leases.hold_unused(candidates);
    ASSERT_EQ(candidates.size(), 1u);
    EXPECT_EQ(candidates[0].sha256, name_of(2));
  }
  lease.reset();
  candidates = candidates_of({1, 2});
  const auto removal = leases.hold_unused(candidates);
  EXPECT_EQ(candidates.size(), 2u);
}

TEST(BlobLeases, ALeaseByBlake3OrOfTheFileThatIsEncodedProtectsToo) {
  BlobLeases leases;
  const std::vector<Digest> names = {name_of(1), name_of(2)};
  const auto lease = leases.take(names);
  std::vector<BlobLeases::Candidate> candidates = {{name_of(10), name_of(1), {}},
                                                   {name_of(11), std::nullopt, {name_of(2)}}};
  const auto removal = leases.hold_unused(candidates);
  EXPECT_TRUE(candidates.empty());
}

TEST(BlobLeases, AWatchRemembersLeasesThatHaveEnded) {
  BlobLeases leases;
  {
    auto before = leases.begin();
    before.add(name_of(1));
    const BlobLeases::Watch watch(leases);
    before.end();
    leases.begin().add(name_of(2));
    auto candidates = candidates_of({1, 2, 3});
    const auto removal = leases.hold_unused(candidates);
    ASSERT_EQ(candidates.size(), 1u);
    EXPECT_EQ(candidates[0].sha256, name_of(3));
  }
  auto candidates = candidates_of({1, 2, 3});
  const auto removal = leases.hold_unused(candidates);
  EXPECT_EQ(candidates.size(), 3u);
}

TEST(BlobLeases, AnUploadWaitsForTheRemovalOfItsBytes) {
  BlobLeases leases;
  auto candidates = candidates_of({1});
  std::optional<BlobLeases::Removal> removal(leases.hold_unused(candidates));
  std::atomic<bool> removed{false};
  std::thread upload([&] {
    const std::vector<Digest> names = {name_of(1)};
    const auto lease = leases.take(names);
    EXPECT_TRUE(removed.load());
  });
  removed = true;
  removal.reset();
  upload.join();
}

TEST(BlobLeases, HoldingWaitsForLeasesAndGivesUpWithItsPatience) {
  BlobLeases leases;
  const std::vector<Digest> names = {name_of(1)};
  std::optional<BlobLeases::Lease> lease = leases.take(names);
  EXPECT_FALSE(leases.hold_when_free(names, std::chrono::milliseconds(1)));
  std::thread ends([&] { lease.reset(); });
  EXPECT_TRUE(leases.hold_when_free(names, std::chrono::minutes(1)));
  ends.join();
}

TEST(BlobLeases, ManyThreadsNeverUseWhatIsBeingRemoved) {
  BlobLeases leases;
  std::atomic<int> users{0};
  std::atomic<bool> stop{false};
  const std::vector<Digest> names = {name_of(1)};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (!stop) {
        {
          const auto lease = leases.take(names);
          ++users;
          std::this_thread::yield();
          --users;
        }
        std::this_thread::yield();  // on a busy machine all four would else be found with a lease for ever
      }
    });
  int removals = 0;
  for (int i = 0; i < 20'000 || removals == 0; ++i) {
    auto candidates = candidates_of({1});
    const auto removal = leases.hold_unused(candidates);
    if (candidates.empty()) continue;
    ++removals;
    ASSERT_EQ(users.load(), 0);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace sitepod::blob
