#include "cli/settings.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/file.hpp"
#include "cli/exit_code.hpp"
#include "cli/git_info.hpp"
#include "cli/process.hpp"

namespace sitepod::cli {
namespace {

namespace fs = std::filesystem;

class Settings : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "sitepod-cli-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    home_ = pattern;
    variables_["HOME"] = home_;
  }
  void TearDown() override { fs::remove_all(home_); }

  Environment environment() const {
    return [variables = variables_](std::string_view name) -> std::optional<std::string> {
      auto found = variables.find(name);
      if (found == variables.end()) return std::nullopt;
      return found->second;
    };
  }
  UserPaths paths() const { return user_paths(environment()); }
  Result<ServerSettings> resolve(const ServerFlags& flags = {}) const {
    return resolve_server(flags, environment(), paths());
  }
  void put(const std::string& path, std::string_view text) {
    fs::create_directories(fs::path(path).parent_path());
    ASSERT_TRUE(replace_file(path, text).ok());
  }

  std::string home_;
  std::map<std::string, std::string, std::less<>> variables_;
};

TEST_F(Settings, FilesFollowTheXdgVariables) {
  EXPECT_EQ(paths().config, home_ + "/.config/sitepod/config.toml");
  EXPECT_EQ(paths().credentials, home_ + "/.config/sitepod/credentials.toml");
  EXPECT_EQ(paths().hash_cache, home_ + "/.cache/sitepod/hashes");
  variables_["XDG_CONFIG_HOME"] = "/conf";
  variables_["XDG_CACHE_HOME"] = "relative";
  EXPECT_EQ(paths().config, "/conf/sitepod/config.toml");
  EXPECT_EQ(paths().hash_cache, home_ + "/.cache/sitepod/hashes");
  variables_["SITEPOD_CONFIG"] = "/elsewhere/my.toml";
  EXPECT_EQ(paths().config, "/elsewhere/my.toml");
  EXPECT_EQ(paths().credentials, "/elsewhere/credentials.toml");
}

TEST_F(Settings, EndpointComesFromFlagThenVariableThenUserFileThenOldFileThenDefault) {
  EXPECT_EQ(resolve()->endpoint, kDefaultEndpoint);
  put(paths().legacy, "[server]\nendpoint = \"https://old.example\"\n");
  EXPECT_EQ(resolve()->endpoint, "https://old.example");
  put(paths().config, "[server]\nendpoint = \"https://user.example/\"\n");
  EXPECT_EQ(resolve()->endpoint, "https://user.example");
  variables_["SITEPOD_ENDPOINT"] = "https://variable.example";
  EXPECT_EQ(resolve()->endpoint, "https://variable.example");
  EXPECT_EQ(resolve({"https://flag.example", ""})->endpoint, "https://flag.example");
}

TEST_F(Settings, TokenComesFromFlagThenVariableThenFile) {
  ASSERT_TRUE(save_login(paths(), "https://a.example", "saved", "me@a.example").ok());
  EXPECT_EQ(resolve()->token, "saved");
  EXPECT_EQ(resolve()->endpoint, "https://a.example");
  variables_["SITEPOD_TOKEN"] = "variable";
  EXPECT_EQ(resolve()->token, "variable");
  EXPECT_EQ(resolve({"", "flag"})->token, "flag");
}

TEST_F(Settings, ASavedTokenIsSentToItsOwnEndpointOnly) {
  ASSERT_TRUE(save_login(paths(), "https://a.example", "for-a", "me").ok());
  put(paths().legacy, "[server]\nendpoint = \"https://old.example\"\n[auth]\ntoken = \"for-old\"\n");
  EXPECT_EQ(resolve({"https://b.example", ""})->token, "");
  EXPECT_EQ(resolve({"https://a.example", ""})->token, "for-a");
  EXPECT_EQ(resolve({"https://old.example/", ""})->token, "for-old");
}

TEST_F(Settings, CredentialsAreReadableByTheirOwnerAlone) {
  ASSERT_TRUE(save_login(paths(), "https://a.example", "t", "me").ok());
  struct stat info {};
  ASSERT_EQ(::stat(paths().credentials.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(Settings, SavingKeepsOtherLoginsAndLoggingOutForgetsOne) {
  ASSERT_TRUE(save_login(paths(), "https://a.example", "for-a", "me").ok());
  ASSERT_TRUE(save_login(paths(), "https://b.example", "for-b", "me").ok());
  EXPECT_EQ(resolve()->endpoint, "https://b.example");
  ASSERT_TRUE(forget_login(paths(), "https://b.example").ok());
  EXPECT_EQ(resolve()->token, "");
  EXPECT_EQ(resolve({"https://a.example", ""})->token, "for-a");
}

TEST_F(Settings, ForgettingTakesTheTokenOutOfEveryFileAndTheServerWithTheAccount) {
  const std::string both = "[server]\nendpoint = \"https://a.example\"\n[auth]\ntoken = \"t\"\n";
  put(paths().config, both + "[other]\nkept = 1\n");
  put(paths().legacy, both);
  ASSERT_TRUE(save_login(paths(), "https://a.example", "for-a", "me").ok());
  ASSERT_TRUE(forget_login(paths(), "https://b.example").ok());
  EXPECT_EQ(resolve()->token, "for-a");
  ASSERT_TRUE(forget_login(paths(), "https://a.example").ok());
  EXPECT_EQ(resolve()->token, "");
  EXPECT_EQ(resolve()->endpoint, "https://a.example");
  ASSERT_TRUE(forget_server(paths(), "https://a.example").ok());
  EXPECT_EQ(resolve()->endpoint, kDefaultEndpoint);
  EXPECT_TRUE(std::filesystem::exists(paths().config)) << "somebody's own setting stands in it";
  EXPECT_FALSE(std::filesystem::exists(paths().legacy));
  EXPECT_FALSE(std::filesystem::exists(paths().credentials));
}

TEST_F(Settings, WrongFilesAndEndpointsAreUsageErrorsWithTheirPlace) {
  put(paths().config, "[server]\nendpoint = 5\n");
  EXPECT_EQ(exit_code_of(resolve().error()), kUsage);
  EXPECT_NE(resolve().error().message.find("config.toml:2"), std::string::npos) << resolve().error().message;
  put(paths().config, "[server\n");
  EXPECT_NE(resolve().error().message.find("config.toml:1"), std::string::npos) << resolve().error().message;
  for (auto wrong :
       {"pods.example", "ftp://x", "https://", "https://u:p@x", "https://x/?q", "https:///x", "https://a b"})
    EXPECT_FALSE(parse_endpoint(wrong).ok()) << wrong;
  EXPECT_EQ(*parse_endpoint("http://127.0.0.1:8080//"), "http://127.0.0.1:8080");
}

TEST_F(Settings, ProjectFileIsReadAndOtherSectionsArePassedOver) {
  put(home_ + "/sitepod.toml",
      "[project]\nname = \"blog\"\nrouting_mode = \"path\"\n[build]\ndirectory = \"./public\"\n[deploy]\nignore = "
      "[\"*.psd\"]\nconcurrent = 4\n"
      "[deploy.routing]\ndomain = \"all.test\"\nslug = \"/x\"\n[compat]\ndialect = \"netlify\"\n");
  auto file = load_project_file(home_);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->name, "blog");
  EXPECT_EQ(file->ignore, std::vector<std::string>{"*.psd"});
  EXPECT_EQ(file->concurrent, 4);
  EXPECT_EQ(file->routing_domain + file->routing_slug, "all.test/x");
  EXPECT_EQ(resolve_directory("", *file), home_ + "/public");
  EXPECT_EQ(resolve_directory("other", *file), "other");
  for (const char* bad : {"[deploy]\nignore = \"*.psd\"\n", "[project]\nrouting_mode = \"host\"\n",
                          "[project]\nrouting_mode = \"path\"\n"}) {
    put(home_ + "/sitepod.toml", bad);
    EXPECT_EQ(exit_code_of(load_project_file(home_).error()), kUsage) << bad;
  }
}

TEST_F(Settings, AWrittenProjectFileReadsBack) {
  ProjectFile made;
  made.name = "my-site";
  made.subdomain = "mine";
  made.directory = "a \"b\" \\ c";
  made.routing_domain = "all.test";
  made.routing_slug = "/x";
  put(home_ + "/sitepod.toml", render_project_file(made));
  auto file = load_project_file(home_);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->name, "my-site");
  EXPECT_EQ(file->subdomain, "mine");
  EXPECT_EQ(file->directory, "a \"b\" \\ c");
  EXPECT_EQ(file->routing_domain + file->routing_slug, "all.test/x");
}

TEST_F(Settings, ATokenBesideItsEndpointCountsInBothPlacesOfTheUserFile) {
  for (const char* path : {"/.sitepod/config.toml", "/.config/sitepod/config.toml"}) {
    put(home_ + path, "[server]\nendpoint = \"https://a.test/\"\n[auth]\ntoken = \"sitepod_old\"\n");
    EXPECT_EQ(resolve()->token, "sitepod_old") << path;
    EXPECT_EQ(resolve({"https://b.test", ""})->token, "") << path;
    fs::remove(home_ + path);
  }
}

TEST_F(Settings, AFolderLendsItsNameAsFarAsAProjectMayHaveIt) {
  for (const auto& [folder, name] : std::map<std::string, std::string>{
           {"/srv/My site!/dist", "My-site"}, {"/srv/_a..b", "a.-b"}, {"/srv/.hidden", "hidden"}, {"/srv/日本", ""}})
    EXPECT_EQ(resolve_project("", environment(), {}, folder).name, name) << folder;
}

TEST_F(Settings, ProjectNameComesFromFlagThenVariableThenFileThenFolder) {
  ProjectFile file, none;
  file.name = "from-file";
  EXPECT_EQ(resolve_project("", environment(), none, "/srv/blog/dist").name, "blog");
  EXPECT_EQ(resolve_project("", environment(), none, "/srv/blog/").name, "blog");
  EXPECT_TRUE(resolve_project("", environment(), none, "/srv/blog").guessed);
  EXPECT_EQ(resolve_project("", environment(), file, "/srv/blog").name, "from-file");
  variables_["SITEPOD_SITE"] = "from-variable";
  EXPECT_EQ(resolve_project("", environment(), file, "/srv/blog").name, "from-variable");
  EXPECT_EQ(resolve_project("from-flag", environment(), file, "/srv/blog").name, "from-flag");
}

TEST_F(Settings, CommitComesFromTheCiSystemElseFromGit) {
  GitInfo none = git_info_from_ci(environment());
  complete_from_git(none, home_);
  EXPECT_EQ(none.commit, "");
  ASSERT_TRUE(output_of({"git", "-C", home_, "init", "-q", "-b", "trunk"}));
  ASSERT_TRUE(output_of({"git", "-C", home_, "-c", "user.name=n", "-c", "user.email=e@x", "commit", "-q",
                         "--allow-empty", "-m", "A subject"}));
  GitInfo local;
  complete_from_git(local, home_);
  EXPECT_EQ(local.commit.size(), 40u);
  EXPECT_EQ(local.branch, "trunk");
  EXPECT_EQ(local.message, "A subject");
  variables_["GITHUB_SHA"] = "0123";
  variables_["GITHUB_REF_NAME"] = "main";
  GitInfo ci = git_info_from_ci(environment());
  complete_from_git(ci, home_);
  EXPECT_EQ(ci.commit, "0123");
  EXPECT_EQ(ci.branch, "main");
  EXPECT_EQ(ci.message, "");  // HEAD's message belongs to another commit
}

}  // namespace
}  // namespace sitepod::cli
