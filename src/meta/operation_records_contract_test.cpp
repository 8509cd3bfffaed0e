// Kept answers, suspensions, totals and the copy of the database, on every engine.
#include <gtest/gtest.h>

#include "meta/database_copy.hpp"
#include "meta/kept_answers.hpp"
#include "meta/store_fixture.hpp"
#include "meta/suspensions.hpp"
#include "meta/totals.hpp"

namespace sitepod::meta {
namespace {

class OperationRecords : public StoreContract {};
INSTANTIATE_TEST_SUITE_P(Engines, OperationRecords, ::testing::ValuesIn(kEngines), engine_name);

TEST_P(OperationRecords, AKeptAnswerIsReplacedUnderItsKeyAndGoesWithItsAccount) {
  add_account("usr_a");
  const Digest key = sha256("key");
  for (const std::string answer : {"first", "second"})
    must_write([&](Session& s) { return keep_answer(s, {"usr_a", key, sha256(answer), answer, {1000}}); });
  auto kept = must_read([&](Session& s) { return find_kept_answer(s, "usr_a", key); });
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->sealed, "second");
  EXPECT_EQ(kept->request, sha256("second"));
  EXPECT_FALSE(must_read([&](Session& s) { return find_kept_answer(s, "usr_b", key); }).has_value());
  must_write([&](Session& s) { return delete_account(s, "usr_a"); });
  EXPECT_FALSE(must_read([&](Session& s) { return find_kept_answer(s, "usr_a", key); }).has_value());
}

TEST_P(OperationRecords, OldAnswersAreDeletedAndYoungOnesStay) {
  add_account("usr_a");
  for (const std::int64_t at : {1000, 2000})
    must_write([&](Session& s) {
      return keep_answer(s, {"usr_a", sha256(std::to_string(at)), sha256("request"), "answer", {at}});
    });
  must_write([&](Session& s) { return delete_kept_answers(s, {2000}); });
  EXPECT_FALSE(must_read([&](Session& s) { return find_kept_answer(s, "usr_a", sha256("1000")); }).has_value());
  EXPECT_TRUE(must_read([&](Session& s) { return find_kept_answer(s, "usr_a", sha256("2000")); }).has_value());
}

TEST_P(OperationRecords, ASuspensionKeepsItsFirstReasonAndGoesWithItsProject) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  for (const std::string reason : {"first", "second"})
    must_write([&](Session& s) { return insert_suspension(s, {"prj_a", reason, "a@example.com", {1000}}); });
  EXPECT_EQ(must_read([&](Session& s) { return find_suspension(s, "prj_a"); })->reason, "first");
  EXPECT_TRUE(must_write([&](Session& s) { return delete_suspension(s, "prj_a"); }));
  EXPECT_FALSE(must_write([&](Session& s) { return delete_suspension(s, "prj_a"); }));
  must_write([&](Session& s) { return insert_suspension(s, {"prj_a", "again", "a@example.com", {1000}}); });
  must_write([&](Session& s) { return delete_project(s, "prj_a"); });
  EXPECT_FALSE(must_read([&](Session& s) { return find_suspension(s, "prj_a"); }).has_value());
}

TEST_P(OperationRecords, TotalsCountPeopleProjectsAndBytes) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_blob("12345");
  add_blob("123");
  const Totals totals = must_read([](Session& s) { return count_totals(s); });
  EXPECT_EQ(totals.users, 1u);
  EXPECT_EQ(totals.projects, 1u);
  EXPECT_EQ(totals.blobs, 2u);
  EXPECT_EQ(totals.blob_bytes, 8u);
}

TEST_P(OperationRecords, OnlyWhatACommitMadeDurableIsNeeded) {
  add_blob("durable");
  add_blob("staged", "run_1");
  std::vector<Digest> needed;
  must_read([&](Session& s) {
    return each_needed_blob(s, [&](const Digest& blob, std::uint64_t, bool) {
      needed.push_back(blob);
      return true;
    });
  });
  EXPECT_EQ(needed, std::vector<Digest>{sha256("durable")});
}

TEST(DatabaseCopy, HoldsOneMomentOfAStoreThatIsOpenAndOpensByItself) {
  TemporaryFolder folder;
  auto store = MetaStore::open_sqlite(folder.file("sitepod.db"));
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE((*store)->write([](Session& s) { return put_setting(s, "moment", "then"); }).ok());
  ASSERT_TRUE(copy_database(folder.file("sitepod.db"), folder.file("copy.db")).ok());
  ASSERT_TRUE((*store)->write([](Session& s) { return put_setting(s, "moment", "later"); }).ok());
  auto copy = MetaStore::open_sqlite(folder.file("copy.db"));
  ASSERT_TRUE(copy.ok()) << copy.error().context;
  auto moment = (*copy)->read([](Session& s) { return find_setting(s, "moment"); });
  ASSERT_TRUE(moment.ok());
  EXPECT_EQ(**moment, "then");
  EXPECT_FALSE(copy_database(folder.file("sitepod.db"), folder.file("copy.db")).ok());
}

}  // namespace
}  // namespace sitepod::meta
