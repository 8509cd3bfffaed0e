#include <atomic>
#include <thread>

#include "meta/store_fixture.hpp"

namespace sitepod::meta {
namespace {

class Store : public StoreContract {
 protected:
  std::int64_t count_settings() {
    return must_read([](Session& s) -> Result<std::int64_t> {
      std::int64_t count = 0;
      SITEPOD_TRY(s.query("SELECT count(*) FROM settings", {}, [&](const Row& row) {
        count = row.integer(0);
        return true;
      }));
      return count;
    });
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, Store, ::testing::ValuesIn(kEngines), engine_name);

TEST_P(Store, KeepsWhatWasWrittenAcrossReopening) {
  must_write([](Session& s) { return put_setting(s, "a", "1"); });
  reopen();
  EXPECT_EQ(must_read([](Session& s) { return find_setting(s, "a"); }), "1");
  EXPECT_TRUE(store_->healthy());
  EXPECT_TRUE(store_->check_integrity().ok());
}

TEST_P(Store, FailedWriteLeavesNothingBehind) {
  auto failed = store_->write([](Session& s) -> Result<void> {
    SITEPOD_TRY(put_setting(s, "a", "1"));
    return conflict("changed my mind");
  });
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message, "changed my mind");
  EXPECT_FALSE(must_read([](Session& s) { return find_setting(s, "a"); }));
}

TEST_P(Store, ManyWritersAreEachAnsweredForTheirOwnWrite) {
  constexpr int kThreads = 32;
  constexpr int kWrites = 60;
  std::atomic<int> unexpected = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kWrites; ++i) {
        std::string key = std::to_string(t) + "-" + std::to_string(i);
        bool must_fail = i % 3 == 0;
        auto written = store_->write([&](Session& s) -> Result<void> {
          SITEPOD_TRY(put_setting(s, key, "x"));
          // Every third breaks a key of its own making, in the middle of other callers' work.
          if (must_fail) SITEPOD_TRY(s.execute("INSERT INTO settings (key, value) VALUES (:key, 'y')", {{"key", key}}));
          return {};
        });
        if (written.ok() == must_fail) ++unexpected;
        if (!written.ok() && written.error().kind != ErrorKind::Conflict) ++unexpected;
        // What was answered can be read at once.
        auto read = store_->read([&](Session& s) { return find_setting(s, key); });
        if (!read.ok() || read->has_value() == must_fail) ++unexpected;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(unexpected, 0);
  EXPECT_EQ(count_settings(), kThreads * kWrites * 2 / 3);
  reopen();
  EXPECT_EQ(count_settings(), kThreads * kWrites * 2 / 3);
}

TEST_P(Store, ReadSeesOnePictureWhileOthersWrite) {
  must_write([](Session& s) { return put_setting(s, "a", "old"); });
  must_read([&](Session& s) -> Result<void> {
    EXPECT_EQ(*SITEPOD_TRY(find_setting(s, "a")), "old");
    must_write([](Session& w) { return put_setting(w, "a", "new"); });
    EXPECT_EQ(*SITEPOD_TRY(find_setting(s, "a")), "old");
    return {};
  });
  EXPECT_EQ(must_read([](Session& s) { return find_setting(s, "a"); }), "new");
}

TEST_P(Store, ReadCannotWrite) {
  EXPECT_FALSE(store_->read([](Session& s) { return put_setting(s, "a", "1"); }).ok());
  EXPECT_FALSE(must_read([](Session& s) { return find_setting(s, "a"); }));
}

TEST_P(Store, ErrorInsideAQueryLeavesTheConnectionUsable) {
  add_account("usr_a");
  must_write([](Session& s) -> Result<void> {
    EXPECT_FALSE(insert_account(s, {"usr_a", "other@example.com", "", false, "human", {}}).ok());
    EXPECT_FALSE(insert_account(s, {"usr_b", "b@example.com", "", false, "nonsense", {}}).ok());
    return put_setting(s, "a", "1");
  });
  must_write([](Session& s) { return put_setting(s, "a", "2"); });
  EXPECT_EQ(must_read([](Session& s) { return find_setting(s, "a"); }), "2");
}

TEST_P(Store, TextWithNulIsRefusedAndBytesWithNulAreKept) {
  std::string text("a\0b", 3);
  auto refused = store_->write([&](Session& s) { return put_setting(s, "a", text); });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Invalid);
}

TEST_P(Store, EmptyTextIsNotNull) {
  must_write([](Session& s) { return put_setting(s, "", std::string_view()); });
  EXPECT_EQ(must_read([](Session& s) { return find_setting(s, ""); }), "");
}

TEST_P(Store, QueryMayAskAgainWhileItRuns) {
  for (auto key : {"a", "b", "c"}) must_write([&](Session& s) { return put_setting(s, key, key); });
  int pairs = 0;
  must_read([&](Session& s) {
    constexpr std::string_view kSame = "SELECT key FROM settings";
    return s.query(kSame, {}, [&](const Row&) {
      EXPECT_TRUE(s.query(kSame, {}, [&](const Row&) { return ++pairs, true; }).ok());
      return true;
    });
  });
  EXPECT_EQ(pairs, 9);
}

TEST_P(Store, ParameterThatTheStatementLacksIsAnError) {
  EXPECT_FALSE(store_->read([](Session& s) {
                       return s.query("SELECT :a", {{"b", 1}}, [](const Row&) { return true; });
                     })
                   .ok());
  EXPECT_FALSE(store_->read([](Session& s) { return s.query("SELECT :a", {}, [](const Row&) { return true; }); }).ok());
}

TEST_P(Store, IntegersKeepAllTheirBits) {
  must_read([](Session& s) {
    return s.query("SELECT :low, :high", {{"low", std::int64_t{INT64_MIN}}, {"high", std::int64_t{INT64_MAX}}},
                   [](const Row& row) {
                     EXPECT_EQ(row.integer(0), INT64_MIN);
                     EXPECT_EQ(row.integer(1), INT64_MAX);
                     return true;
                   });
  });
}

}  // namespace
}  // namespace sitepod::meta
