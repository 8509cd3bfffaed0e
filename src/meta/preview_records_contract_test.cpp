// Previews, invites, the audit log and what goes with an account or a project, on every engine.
#include <gtest/gtest.h>

#include "meta/store_fixture.hpp"

namespace sitepod::meta {
namespace {

class MoreRecords : public StoreContract {
 protected:
  void add_preview(const std::string& project, const std::string& slug, const std::string& image, Instant expires_at) {
    must_write([&](Session& s) {
      return upsert_preview(s, {project, slug, image, "hash of " + slug, {1}, expires_at});
    });
  }
  std::int64_t add_event(const std::string& project, const std::string& account, const std::string& action) {
    Event event;
    event.project_id = project;
    event.account_id = account;
    event.action = action;
    event.subject = "what";
    event.actor_email = "a@example.com";
    event.created_at = {5};
    return must_write([&](Session& s) { return insert_event(s, event); });
  }
  std::int64_t rows_of(const std::string& table) {
    std::int64_t rows = -1;
    must_read([&](Session& s) {
      return s.query("SELECT count(*) FROM " + table, {}, [&](const Row& row) {
        rows = row.integer(0);
        return true;
      });
    });
    return rows;
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, MoreRecords, ::testing::ValuesIn(kEngines), engine_name);

TEST_P(MoreRecords, PreviewIsReplacedUnderItsSlug) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_image("img_1", "prj_a");
  add_image("img_2", "prj_a");
  add_preview("prj_a", "pr-7", "img_1", {9000});
  add_preview("prj_a", "pr-7", "img_2", {8000});
  auto preview = must_read([](Session& s) { return find_preview(s, "prj_a", "pr-7"); });
  ASSERT_TRUE(preview);
  EXPECT_EQ(preview->image_id, "img_2");
  EXPECT_EQ(preview->expires_at, Instant{8000});
  EXPECT_EQ(preview->password_hash, "hash of pr-7");
  EXPECT_EQ(must_read([](Session& s) { return count_previews(s, "prj_a"); }), 1);
}

TEST_P(MoreRecords, PreviewThatExpiresFirstIsListedFirst) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_image("img_1", "prj_a");
  add_preview("prj_a", "late", "img_1", {9000});
  add_preview("prj_a", "soon", "img_1", {2000});
  auto listed = must_read([](Session& s) { return list_previews(s, "prj_a"); });
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].slug, "soon");
  auto expired = must_read([](Session& s) { return list_expired_previews(s, {2000}, 10); });
  ASSERT_EQ(expired.size(), 1u);
  EXPECT_EQ(expired[0].slug, "soon");
  EXPECT_TRUE(must_read([](Session& s) { return has_live_preview(s, "img_1", {8999}); }));
  EXPECT_FALSE(must_read([](Session& s) { return has_live_preview(s, "img_1", {9000}); }));
  EXPECT_TRUE(must_write([](Session& s) { return delete_preview(s, "prj_a", "late"); }));
  EXPECT_FALSE(must_write([](Session& s) { return delete_preview(s, "prj_a", "late"); }));
}

TEST_P(MoreRecords, EventsAreListedNewestFirstByProjectAndByAccount) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  std::int64_t first = add_event("prj_a", "usr_a", "deploy");
  std::int64_t second = add_event("", "usr_a", "token_created");
  EXPECT_LT(first, second);
  auto of_project = must_read([](Session& s) { return list_events_of_project(s, "prj_a", 10, 0); });
  ASSERT_EQ(of_project.size(), 1u);
  EXPECT_EQ(of_project[0].action, "deploy");
  EXPECT_EQ(of_project[0].project_id, "prj_a");
  EXPECT_EQ(of_project[0].subject, "what");
  auto of_account = must_read([](Session& s) { return list_events_of_account(s, "usr_a", 10, 0); });
  ASSERT_EQ(of_account.size(), 2u);
  EXPECT_EQ(of_account[0].action, "token_created");
  EXPECT_EQ(of_account[0].project_id, "");
}

TEST_P(MoreRecords, WhoLeavesIsForgottenInTheLogsOfOthers) {
  add_account("usr_a");
  add_account("usr_b");
  add_project("prj_b", "usr_b");
  add_image("img_1", "prj_b");
  add_release("prj_b", "prod", "img_1");  // by usr_a
  Event event;
  event.project_id = "prj_b";
  event.account_id = "usr_b";
  event.action = "deploy";
  event.actor_id = "usr_a";
  event.actor_email = "a@example.com";
  event.actor_address = "127.0.0.1";
  must_write([&](Session& s) { return insert_event(s, event); });
  must_write([](Session& s) { return forget_actor(s, "usr_a"); });
  auto events = must_read([](Session& s) { return list_events_of_project(s, "prj_b", 10, 0); });
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].actor_email, "");
  EXPECT_EQ(events[0].actor_id, "usr_a");
  auto releases = must_read([](Session& s) { return list_releases(s, "prj_b", 10, 0); });
  ASSERT_EQ(releases.size(), 1u);
  EXPECT_EQ(releases[0].actor_email, "");
}

TEST_P(MoreRecords, InviteIsUsedOnce) {
  add_account("usr_a");
  Invite invite{"inv_1", sha256("code"), "", "usr_a", {1}, {100}, "", std::nullopt};
  must_write([&](Session& s) { return insert_invite(s, invite); });
  must_write([](Session& s) { return mark_invite_used(s, "inv_1", "usr_b", {7}); });
  auto found = must_read([](Session& s) { return find_invite_by_digest(s, sha256("code")); });
  ASSERT_TRUE(found);
  EXPECT_EQ(found->used_by, "usr_b");
  EXPECT_EQ(found->used_at, Instant{7});
  EXPECT_EQ(must_read([](Session& s) { return list_invites(s, 10, 0); }).size(), 1u);
  EXPECT_TRUE(must_write([](Session& s) { return delete_invite(s, "inv_1"); }));
}

TEST_P(MoreRecords, TokensOfAnAccountAreListedWithoutItsLogins) {
  add_account("usr_a");
  must_write([&](Session& s) -> Result<void> {
    SITEPOD_TRY(insert_token(s, {"tok_1", sha256("1"), "usr_a", "ci", "api", "deploy", "", "", {1}, {}, {}}));
    SITEPOD_TRY(insert_token(s, {"tok_2", sha256("2"), "usr_a", "login", "login", "", "", "", {2}, {}, {}}));
    return insert_token(s, {"tok_3", sha256("3"), "usr_a", "login", "login", "", "", "", {3}, {}, {}});
  });
  auto listed = must_read([](Session& s) { return list_tokens(s, "usr_a", "api"); });
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].id, "tok_1");
  must_write([](Session& s) { return rename_token(s, "tok_1", "other"); });
  EXPECT_EQ(must_read([](Session& s) { return find_token(s, "tok_1"); })->name, "other");
  must_write([](Session& s) { return delete_other_logins(s, "usr_a", "tok_3"); });
  EXPECT_FALSE(must_read([](Session& s) { return find_token(s, "tok_2"); }));
  EXPECT_TRUE(must_read([](Session& s) { return find_token(s, "tok_1"); }));
  EXPECT_TRUE(must_read([](Session& s) { return find_token(s, "tok_3"); }));
}

TEST_P(MoreRecords, DeletedProjectTakesItsPreviewsAndEventsAlong) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_image("img_1", "prj_a");
  must_write([](Session& s) { return upsert_environment(s, {"prj_a", "prod", "img_1", "", 0, 0, {1}}); });
  add_preview("prj_a", "pr-7", "img_1", {9000});
  add_event("prj_a", "usr_a", "deploy");
  add_event("", "usr_a", "token_created");
  EXPECT_TRUE(must_write([](Session& s) { return delete_project(s, "prj_a"); }));
  EXPECT_FALSE(must_write([](Session& s) { return delete_project(s, "prj_a"); }));
  EXPECT_EQ(rows_of("previews"), 0);
  EXPECT_EQ(rows_of("images"), 0);
  EXPECT_EQ(rows_of("events"), 1);
}

TEST_P(MoreRecords, DeletedAccountTakesInvitesAndPreviewsAlong) {
  add_account("usr_a");
  add_project("prj_a", "usr_a");
  add_project("prj_b", "usr_a");
  add_image("img_1", "prj_a");
  add_preview("prj_a", "pr-7", "img_1", {9000});
  add_event("prj_a", "usr_a", "deploy");
  add_event("", "usr_a", "token_created");
  must_write([&](Session& s) { return insert_invite(s, {"inv_1", sha256("c"), "", "usr_a", {1}, {2}, "", {}}); });
  EXPECT_EQ(must_read([](Session& s) { return list_project_ids_of(s, "usr_a"); }).size(), 2u);
  must_write([](Session& s) -> Result<void> {
    SITEPOD_TRY(delete_events_of_account(s, "usr_a"));
    SITEPOD_TRY(delete_account(s, "usr_a"));
    return {};
  });
  for (std::string table : {"accounts", "projects", "images", "previews", "invites", "events"})
    EXPECT_EQ(rows_of(table), 0) << table;
}

}  // namespace
}  // namespace sitepod::meta
