#include "content/builds.hpp"

#include "content/content_fixture.hpp"
#include "meta/builds.hpp"

namespace sitepod::content {
namespace {

class BuildsOfASite : public ContentFixture {
 protected:
  BuildsOfASite() {
    settings_.builds.cooldown = std::chrono::seconds(0);
    settings_.builds.first_retry = std::chrono::milliseconds(1);
    settings_.builds.longest_retry = std::chrono::milliseconds(4);
  }
  meta::SiteDates dates() {
    return must(meta_->read([&](meta::Session& session) { return meta::find_site_dates(session, project_.id); }));
  }
  std::int64_t count_builds() {
    std::int64_t count = 0;
    must(meta_->read([&](meta::Session& session) {
      return session.query("SELECT count(*) FROM builds", {}, [&](const meta::Row& row) {
        count = row.integer(0);
        return false;
      });
    }));
    return count;
  }
};

TEST_F(BuildsOfASite, AScheduledPageIsTriedAgainUntilItsBuildSucceeds) {
  std::atomic<int> failures{0};
  on_compile_ = [&](std::string_view) -> Result<void> {
    if (failures.fetch_add(1) < 3) return unavailable("no room for an index");
    return {};
  };
  save_due_page();
  must(content_->builds.start());
  EXPECT_TRUE(wait_for_build("success"));
  EXPECT_EQ(count_builds(), 4);
  EXPECT_EQ(newest_build().triggered_by, "schedule");
  EXPECT_EQ(dates().failures, 0);
  EXPECT_EQ(dates().retry_at, std::nullopt);
}

TEST_F(BuildsOfASite, TriesOfAScheduledPageSurviveARestartAndALaterEdit) {
  on_compile_ = [](std::string_view) -> Result<void> { return unavailable("no room for an index"); };
  save_due_page();
  must(content_->builds.start());
  EXPECT_TRUE(wait_until([&] { return dates().failures >= 2; }));
  content_->builds.stop();
  model::PageChange edit = page("Due");
  edit.content = "Edited after its date.";
  save(edit);
  on_compile_ = nullptr;
  open();
  must(content_->builds.start());
  EXPECT_TRUE(wait_for_build("success"));
}

TEST_F(BuildsOfASite, TriesComeLessAndLessOften) {
  settings_.builds.first_retry = std::chrono::minutes(1);
  settings_.builds.longest_retry = std::chrono::minutes(3);
  open();
  on_compile_ = [](std::string_view) -> Result<void> { return unavailable("no room for an index"); };
  save_due_page();
  must(content_->builds.start());
  for (const int minutes : {1, 2, 3, 3}) {
    const std::int64_t before = dates().failures;
    if (before > 0) must(content_->builds.request(project_, caller_, now()));
    ASSERT_TRUE(wait_until([&] { return dates().failures > before; }));
    EXPECT_EQ(dates().retry_at->unix_ms - newest_build().completed_at->unix_ms, minutes * 60'000);
  }
}

TEST_F(BuildsOfASite, AFailedBuildWithoutADateIsNotTriedAgain) {
  on_compile_ = [](std::string_view) -> Result<void> { return unavailable("no room for an index"); };
  save(page("Now"));
  must(content_->builds.start());
  must(content_->builds.request(project_, caller_, now()));
  EXPECT_TRUE(wait_for_build("failed"));
  EXPECT_EQ(dates().retry_at, std::nullopt);
}

TEST_F(BuildsOfASite, ABuildThatTakesTooLongFailsAndLeavesTheSiteAsItWas) {
  settings_.builds.patience = std::chrono::milliseconds(0);
  open();
  save(page("Now"));
  must(content_->builds.start());
  must(content_->builds.request(project_, caller_, now()));
  EXPECT_TRUE(wait_for_build("failed"));
  EXPECT_EQ(newest_build().error, "The build took longer than it may and was ended.");
  EXPECT_EQ(compiled_, 0);
}

TEST_F(BuildsOfASite, ABuildWhoseEndCannotBeWrittenDoesNotBlockTheSite) {
  execute(
      "CREATE TRIGGER broken BEFORE UPDATE ON builds WHEN new.status = 'success' BEGIN SELECT RAISE(FAIL, 'x'); END");
  save(page("Now"));
  const int before = published_;
  must(content_->builds.start());
  must(content_->builds.request(project_, caller_, now()));
  EXPECT_TRUE(wait_until([&] { return published_ > before; }));
  must(content_->builds.request(project_, caller_, now()));
  execute("DROP TRIGGER broken");
  EXPECT_TRUE(wait_for_build("success"));
  EXPECT_EQ(count_builds(), 2);
}

TEST_F(BuildsOfASite, OnlyTheNewestRowsAreKeptAndThoseThatQuotasCount) {
  const std::int64_t today = now().unix_ms;
  must(meta_->write([&](meta::Session& session) -> Result<void> {
    for (int i = 0; i < 150; ++i) {
      meta::Build build;
      build.id = "build-" + std::to_string(i);
      build.project_id = project_.id;
      build.account_id = caller_.account_id;
      build.status = i % 2 ? "success" : "failed";
      build.triggered_by = i == 5 ? "api" : "schedule";
      build.created_at = {today};
      build.requested_at = {today - 60'000};
      SITEPOD_TRY(meta::insert_build(session, build));
    }
    return {};
  }));
  must(content_->builds.start());
  must(content_->builds.request(project_, caller_, now()));
  EXPECT_TRUE(wait_until([&] { return newest_build().triggered_by == "api" && newest_build().status == "success"; }));
  EXPECT_EQ(count_builds(), 101);
}

TEST_F(BuildsOfASite, TheSearchForDuePagesReadsTheIndexOnly) {
  std::string plan;
  must(meta_->read([&](meta::Session& session) {
    return session.query(
        "EXPLAIN QUERY PLAN SELECT p.project_id FROM pages p LEFT JOIN site_builds s ON s.project_id = p.project_id"
        " WHERE p.draft = 0 AND p.published_at > p.updated_at AND p.published_at <= 5"
        " AND p.published_at > coalesce(s.looked_at, 0)",
        {}, [&](const meta::Row& row) {
          plan += row.string(3) + "\n";
          return true;
        });
  }));
  EXPECT_NE(plan.find("INDEX pages_scheduled (published_at<?)"), std::string::npos) << plan;
}

// A warm build takes it that files of before are there; the store is asked about those that the newest image lacks.
TEST_F(BuildsOfASite, MakesAFileAgainThatTheStoreHasLost) {
  const auto build = [&](std::string text) {
    model::PageChange two = page("Two");
    two.content = std::move(text);
    save(two);
    must(content_->builds.request(project_, caller_, now()));
    EXPECT_TRUE(wait_for_build("success"));
    return must(deployer_->load_image(caller_, newest_build().image_id)).manifest;
  };
  save(page("One"));
  must(content_->builds.start());
  const model::Manifest first = build("Of two.");
  const auto lost = first.find("blog/one.html");
  ASSERT_TRUE(lost);
  const std::string other = "Something else altogether.";
  const auto bytes = std::make_shared<const std::string>(other);
  must(deployer_->commit_build(caller_, {project_, "other", {{"x.txt", bytes, sha256(other), other.size()}}, ""},
                               now()));
  must(blobs_->erase(lost->blob));
  const model::Manifest second = build("Of two, at greater length.");
  EXPECT_EQ(second.find("blog/one.html")->blob, lost->blob);
  EXPECT_NE(second.find("blog/two.html")->blob, first.find("blog/two.html")->blob);
  EXPECT_EQ(*blobs_->find_size(lost->blob), lost->size);
}

}  // namespace
}  // namespace sitepod::content
