// What only a SQLite file can suffer: damage, foreign and newer files, other processes that hold it, a full disk.
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <future>

#include "base/file.hpp"
#include "meta/migrations.hpp"
#include "meta/sqlite_connection.hpp"
#include "meta/store_fixture.hpp"

namespace sitepod::meta {
namespace {

class SqliteFile : public ::testing::Test {
 protected:
  Result<std::unique_ptr<MetaStore>> open() { return MetaStore::open_sqlite(path_); }
  std::string refusal() {
    auto opened = open();
    return opened.ok() ? "opened" : std::string(opened.error().code);
  }
  // Runs a statement as another program would.
  void tamper(const std::string& sql) {
    auto connection = SqliteConnection::open(path_);
    ASSERT_TRUE(connection.ok());
    auto executed = (*connection)->execute(sql);
    ASSERT_TRUE(executed.ok()) << executed.error().context;
  }

  TemporaryFolder folder_;
  std::string path_ = folder_.file("sitepod.db");
};

TEST_F(SqliteFile, IsCreatedForItsOwnerOnly) {
  ASSERT_TRUE(open().ok());
  struct stat info {};
  ASSERT_EQ(::stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_FALSE(std::filesystem::exists(path_ + "-wal")) << "a clean end moves the log into the file";
}

TEST_F(SqliteFile, IsSyncedInFullBeforeAnAnswer) {
  auto store = open();
  ASSERT_TRUE(store.ok());
  std::string settings;
  auto written = (*store)->write([&](Session& s) {
    return s.query("SELECT p.synchronous, j.journal_mode FROM pragma_synchronous p, pragma_journal_mode j", {},
                   [&](const Row& row) {
                     settings = row.string(0) + " " + row.string(1);
                     return true;
                   });
  });
  ASSERT_TRUE(written.ok());
#ifdef SITEPOD_MUTANT_SYNCHRONOUS_NORMAL
  EXPECT_EQ(settings, "1 wal");
#else
  EXPECT_EQ(settings, "2 wal");
#endif
}

TEST_F(SqliteFile, AMissingParentIsALostRaceOrTold) {
  ASSERT_TRUE(open().ok());
  auto connection = SqliteConnection::open(path_);
  ASSERT_TRUE(connection.ok());
  for (const char* sql : {"CREATE TABLE parent (id INTEGER PRIMARY KEY)",
                          "CREATE TABLE child (id INTEGER REFERENCES parent(id))", "INSERT INTO parent VALUES (1)"})
    ASSERT_TRUE((*connection)->execute(sql).ok()) << sql;
  const auto told = [&] {
    ::testing::internal::CaptureStderr();
    EXPECT_EQ((*connection)->execute("INSERT INTO child VALUES (2)").error().kind, ErrorKind::NotFound);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_NE(told().find("INSERT INTO child"), std::string::npos);
  ASSERT_TRUE((*connection)->execute("DELETE FROM parent WHERE id = 3").ok());
  EXPECT_NE(told(), "") << "nothing was deleted";
  ASSERT_TRUE((*connection)->execute("DELETE FROM parent").ok());
  EXPECT_EQ(told(), "");
}

TEST_F(SqliteFile, EmptyFileIsMigratedFromTheStart) {
  std::ofstream{path_};
  ASSERT_TRUE(open().ok());
  auto connection = SqliteConnection::open(path_);
  EXPECT_EQ(*schema_version(**connection), all_migrations().back().number);
}

TEST_F(SqliteFile, EveryMigrationRunsOnAnEmptyDatabaseAndFollowsTheOneBefore) {
  std::int64_t expected = 1;
  for (const Migration& migration : all_migrations()) EXPECT_EQ(migration.number, expected++);
}

// The first released schema with rows in it; every later step runs on them.
TEST_F(SqliteFile, OfTheFirstSitepodIsBroughtUpToDateWithItsRows) {
  std::ofstream{path_};
  {
    auto old = *SqliteConnection::open(path_);
    ASSERT_TRUE(old->execute("PRAGMA application_id = 1399877476").ok());
    ASSERT_TRUE(run_migration(*old, migration_0001_first(), kSqliteDialect, {1}).ok());
    for (std::string_view row :
         {"INSERT INTO accounts VALUES ('usr_a', 'a@example.com', '', 0, 'human', 1)",
          "INSERT INTO projects VALUES ('prj_a', 'A', 'a', 'a', 'usr_a', 1, 1, 1)",
          "INSERT INTO images VALUES (7, 'img_a', 'prj_a', 1, zeroblob(32), 0, 0, '', '', '', '', '', 1, 'done')",
          "INSERT INTO releases VALUES (9, 'prj_a', 'prod', 'img_a', '', 'deploy', 'usr_a', 'a@example.com', '', '', "
          "1)",
          "INSERT INTO environments VALUES ('prj_a', 'prod', 'img_a', '', 0, 0, 1)"}) {
      auto inserted = old->execute(row);
      ASSERT_TRUE(inserted.ok()) << inserted.error().context;
    }
  }
  auto store = open();
  ASSERT_TRUE(store.ok()) << store.error().context;
  auto live = (*store)->read([](Session& s) { return find_environment(s, "prj_a", "prod"); });
  ASSERT_TRUE(live.ok() && *live);
  EXPECT_EQ((*live)->image_id, "img_a");
  EXPECT_EQ(*(*store)->read([](Session& s) { return schema_version(s); }), all_migrations().back().number);
  EXPECT_TRUE((*store)->check_integrity().ok());
}

TEST_F(SqliteFile, OfANewerSitepodIsRefused) {
  ASSERT_TRUE(open().ok());
  tamper("INSERT INTO migrations (number, name, applied_at) VALUES (999, 'future', 0)");
  auto opened = open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, "database_newer");
  EXPECT_NE(opened.error().message.find("newer sitepod (its schema is 999"), std::string::npos)
      << opened.error().message;
  EXPECT_NE(opened.error().message.find(path_), std::string::npos);
}

TEST_F(SqliteFile, OfAnotherProgramIsLeftUntouched) {
  std::ofstream{path_};
  tamper("CREATE TABLE notes (text TEXT)");
  std::string before = *read_file(path_);
  EXPECT_EQ(refusal(), "database_foreign");
  EXPECT_EQ(*read_file(path_), before);
}

TEST_F(SqliteFile, ThatIsNoDatabaseIsRefused) {
  std::ofstream(path_) << std::string(5000, 'x');
  EXPECT_EQ(refusal(), "database_damaged");
}

TEST_F(SqliteFile, WithADamagedPageIsRefusedWithAClearMessage) {
  {
    auto store = open();
    ASSERT_TRUE(store.ok());
    for (int i = 0; i < 200; ++i)
      ASSERT_TRUE(
          (*store)->write([&](Session& s) { return put_setting(s, std::to_string(i), std::string(500, 'v')); }).ok());
  }
  std::fstream file(path_, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(-3 * 4096, std::ios::end);
  file << std::string(4096, '\x5a');
  file.close();
  auto opened = open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code, "database_damaged");
  EXPECT_NE(opened.error().message.find("restore a backup"), std::string::npos) << opened.error().message;
}

TEST_F(SqliteFile, CutShortIsRefused) {
  ASSERT_TRUE(open().ok());
  ASSERT_EQ(::truncate(path_.c_str(), 3 * 4096), 0);
  EXPECT_EQ(refusal(), "database_damaged");
}

TEST_F(SqliteFile, WithoutTheLogThatHeldItsLastCommitsIsRefused) {
  const std::string wal = path_ + "-wal";
  pid_t child = ::fork();
  if (child == 0) {
    auto store = open();
    const auto written = (*store)->write([](Session& s) { return put_setting(s, "answered", "yes"); });
    ::_exit(written.ok() ? 0 : 1);  // without moving the log into the file
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(status, 0);
  ASSERT_GT(std::filesystem::file_size(wal), 0u);
  const std::string log = read_file(wal, 1u << 24).value();
  std::filesystem::remove(wal);
  EXPECT_EQ(refusal(), "database_incomplete");
  EXPECT_EQ(refusal(), "database_incomplete") << "asking changes nothing";
  // With its log it is whole again.
  std::filesystem::remove(path_ + "-shm");
  ASSERT_TRUE(replace_file(wal, log).ok());
  EXPECT_EQ(refusal(), "opened");
}

TEST_F(SqliteFile, ThatIsAnOlderCopyIsRefusedUntilItsStampIsRemoved) {
  ASSERT_TRUE(open().ok());
  const std::string copy = read_file(path_, 1u << 24).value();
  ASSERT_TRUE(open().ok());
  ASSERT_TRUE(open().ok());
  ASSERT_TRUE(replace_file(path_, copy).ok());
  EXPECT_EQ(refusal(), "database_incomplete");
  std::filesystem::remove(path_ + "-stamp");
  EXPECT_EQ(refusal(), "opened");
}

TEST_F(SqliteFile, WithARowThatPointsNowhereFailsTheIntegrityCheck) {
  auto store = open();
  ASSERT_TRUE(store.ok());
  EXPECT_TRUE((*store)->check_integrity().ok());
  auto connection = SqliteConnection::open(path_);
  ASSERT_TRUE((*connection)->execute("PRAGMA foreign_keys = 0").ok());
  ASSERT_TRUE((*connection)->execute("INSERT INTO plan_entries (plan_id, entries) VALUES ('plan_x', x'00')").ok());
  auto checked = (*store)->check_integrity();
  ASSERT_FALSE(checked.ok());
  EXPECT_NE(checked.error().context.find("plan_entries"), std::string::npos) << checked.error().context;
}

TEST_F(SqliteFile, KeepsAnsweredWritesWhenTheProcessIsKilled) {
  int answers[2];
  ASSERT_EQ(::pipe(answers), 0);
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto store = open();
    if (!store.ok()) ::_exit(1);
    for (int i = 0;; ++i) {
      if (!(*store)->write([&](Session& s) { return put_setting(s, std::to_string(i), "x"); }).ok()) ::_exit(2);
      if (::write(answers[1], ".", 1) != 1) ::_exit(3);
    }
  }
  ::close(answers[1]);
  char seen[50];
  int answered = 0;
  while (answered < 50) {
    ssize_t count = ::read(answers[0], seen, sizeof seen);
    ASSERT_GT(count, 0);
    answered += static_cast<int>(count);
  }
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  for (ssize_t count; (count = ::read(answers[0], seen, sizeof seen)) > 0;) answered += static_cast<int>(count);
  ::close(answers[0]);
  auto store = open();
  ASSERT_TRUE(store.ok()) << store.error().context;
  for (int i = 0; i < answered; ++i)
    EXPECT_EQ(*(*store)->read([&](Session& s) { return find_setting(s, std::to_string(i)); }), "x")
        << i << " of " << answered;
}

// Another process keeps the database locked: writes wait for five seconds and are then refused as "try later"; reads go
// on.
TEST_F(SqliteFile, HeldByAnotherProcessMakesWritesWaitAndThenRefuses) {
  auto store = open();
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE((*store)->write([](Session& s) { return put_setting(s, "a", "1"); }).ok());
  auto other = SqliteConnection::open(path_);
  ASSERT_TRUE((*other)->execute("BEGIN IMMEDIATE").ok());
  auto started = std::chrono::steady_clock::now();
  auto waiting = std::async(std::launch::async,
                            [&] { return (*store)->write([](Session& s) { return put_setting(s, "a", "2"); }); });
  EXPECT_EQ(*(*store)->read([](Session& s) { return find_setting(s, "a"); }), "1");
  auto refused = waiting.get();
  auto waited = std::chrono::steady_clock::now() - started;
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind, ErrorKind::Unavailable);
  EXPECT_GT(waited, std::chrono::seconds(4));
  ASSERT_TRUE((*other)->execute("ROLLBACK").ok());
  EXPECT_TRUE((*store)->write([](Session& s) { return put_setting(s, "a", "3"); }).ok());
  EXPECT_EQ(*(*store)->read([](Session& s) { return find_setting(s, "a"); }), "3");
}

// A file-size limit stands for the full disk; the write that does not fit fails alone and later ones succeed again.
TEST_F(SqliteFile, ThatCannotGrowRefusesOnlyWhatDoesNotFit) {
  auto store = open();
  ASSERT_TRUE(store.ok());
  ASSERT_TRUE((*store)->write([](Session& s) { return put_setting(s, "before", "1"); }).ok());
  struct rlimit old {};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  struct rlimit small {
    1 << 20, old.rlim_max
  };
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  auto refused = (*store)->write([](Session& s) { return put_setting(s, "big", std::string(4 << 20, 'x')); });
  auto fits = (*store)->write([](Session& s) { return put_setting(s, "small", "1"); });
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_FALSE(refused.ok());
  EXPECT_TRUE(fits.ok()) << fits.error().context;
  EXPECT_TRUE((*store)->write([](Session& s) { return put_setting(s, "big", std::string(4 << 20, 'x')); }).ok());
  EXPECT_TRUE((*store)->check_integrity().ok());
}

}  // namespace
}  // namespace sitepod::meta
