#include "serve/preview_locks.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

namespace sitepod::serve {
namespace {

using Answer = PreviewLocks::Answer;

class PreviewLocksTest : public ::testing::Test {
 protected:
  struct Check {
    Digest key;
    std::string lock;
    std::string password;
  };
  ConnectionId visitor(std::uint32_t index) { return ConnectionId{index, 0}; }

  std::vector<Check> started_;
  std::vector<std::uint32_t> resumed_;
  PreviewLocks locks_{[this](const Digest& key, const std::string& lock, std::string_view password) {
                        started_.push_back({key, lock, std::string(password)});
                      },
                      [this](ConnectionId who) { resumed_.push_back(who.index); }};
};

TEST_F(PreviewLocksTest, OnePasswordIsCheckedOnceForAllWhoWait) {
  EXPECT_EQ(locks_.ask("hash", "right", visitor(1)), Answer::Checking);
  EXPECT_EQ(locks_.ask("hash", "right", visitor(2)), Answer::Checking);
  ASSERT_EQ(started_.size(), 1u);
  EXPECT_EQ(started_[0].lock, "hash");
  EXPECT_EQ(started_[0].password, "right");
  locks_.checked(started_[0].key, Answer::Open);
  EXPECT_EQ(resumed_, (std::vector<std::uint32_t>{1, 2}));
  EXPECT_EQ(locks_.ask("hash", "right", visitor(3)), Answer::Open);
  EXPECT_EQ(started_.size(), 1u);
}

TEST_F(PreviewLocksTest, WrongPasswordStaysWrongAndOpensNothingElse) {
  locks_.ask("hash", "right", visitor(1));
  locks_.checked(started_[0].key, Answer::Open);
  EXPECT_EQ(locks_.ask("hash", "wrong", visitor(1)), Answer::Checking);
  locks_.checked(started_[1].key, Answer::Shut);
  EXPECT_EQ(locks_.ask("hash", "wrong", visitor(1)), Answer::Shut);
  EXPECT_EQ(locks_.ask("other hash", "right", visitor(1)), Answer::Checking);
  // The separator keeps the border between lock and password.
  EXPECT_EQ(locks_.ask("has", "hright", visitor(1)), Answer::Checking);
}

TEST_F(PreviewLocksTest, FailedCheckIsMadeAgain) {
  locks_.ask("hash", "right", visitor(1));
  locks_.checked(started_[0].key, Answer::Busy);
  EXPECT_EQ(resumed_.size(), 1u);
  EXPECT_EQ(locks_.ask("hash", "right", visitor(1)), Answer::Checking);
  EXPECT_EQ(started_.size(), 2u);
}

TEST_F(PreviewLocksTest, OnlyAFewChecksRunAtOnce) {
  for (int i = 0; i < 8; ++i) EXPECT_EQ(locks_.ask("hash", std::to_string(i), visitor(1)), Answer::Checking);
  EXPECT_EQ(locks_.ask("hash", "ninth", visitor(1)), Answer::Busy);
  locks_.checked(started_[0].key, Answer::Shut);
  EXPECT_EQ(locks_.ask("hash", "ninth", visitor(1)), Answer::Checking);
}

TEST_F(PreviewLocksTest, GuessingNeitherGrowsForEverNorDrivesOutTheRightPassword) {
  locks_.ask("hash", "right", visitor(1));
  locks_.checked(started_[0].key, Answer::Open);
  for (int i = 0; i < 5000; ++i) {
    ASSERT_EQ(locks_.ask("hash", "guess " + std::to_string(i), visitor(1)), Answer::Checking);
    locks_.checked(started_.back().key, Answer::Shut);
  }
  EXPECT_EQ(locks_.ask("hash", "right", visitor(1)), Answer::Open);
  const std::size_t before = started_.size();
  EXPECT_EQ(locks_.ask("hash", "guess 0", visitor(1)), Answer::Checking);  // was forgotten
  EXPECT_EQ(started_.size(), before + 1);
}

}  // namespace
}  // namespace sitepod::serve
