// What accounts do about themselves, tokens that make tokens, and who may come in.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/random.hpp"
#include "identity/identity.hpp"
#include "identity/login_throttle.hpp"
#include "identity/token_secret.hpp"
#include "identity/tokens.hpp"

namespace sitepod::identity {
namespace {

constexpr Instant kStart{1'700'000'000'000};
Instant after(std::int64_t seconds) { return {kStart.unix_ms + seconds * 1000}; }

class Accounts : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("account_test_" + random_base36(12));
    std::filesystem::create_directories(folder_);
    meta_ = meta::MetaStore::open_sqlite((folder_ / "meta.db").string()).value();
    restart({});
  }
  void TearDown() override {
    identity_.reset();
    meta_.reset();
    std::filesystem::remove_all(folder_);
  }
  void restart(IdentitySettings settings) { identity_ = std::make_unique<Identity>(*meta_, settings); }

  Result<LoggedIn> login(const std::string& email, const std::string& password = "password1",
                         const std::string& invite = "", const std::string& setup_token = "") {
    return identity_->login({email, password, LoginAction::LoginOrRegister, "127.0.0.1", invite, setup_token}, kStart);
  }
  Caller caller_of(const std::string& token, Instant at = kStart) {
    return identity_->authenticate("Bearer " + token, "127.0.0.1", at).value();
  }
  std::string error_of(const std::string& token, Instant at = kStart) {
    const Result<Caller> caller = identity_->authenticate("Bearer " + token, "127.0.0.1", at);
    return caller.ok() ? "" : std::string(caller.error().code);
  }
  meta::Project add_project(const std::string& name, const std::string& owner_id) {
    meta::Project project{"prj_" + name, name, name, owner_id, kStart, kStart};
    EXPECT_TRUE(meta_->write([&](meta::Session& session) { return meta::insert_project(session, project); }).ok());
    return project;
  }
  Tokens tokens() { return Tokens(*meta_); }

  std::filesystem::path folder_;
  std::unique_ptr<meta::MetaStore> meta_;
  std::unique_ptr<Identity> identity_;
};

TEST_F(Accounts, ChangedPasswordEndsTheOtherLoginsOnly) {
  const std::string here = login("a@example.com")->token;
  const std::string there = login("a@example.com")->token;
  const Caller caller = caller_of(here);
  const std::string bot = tokens().issue(caller, {"ci", {}, "", "", {}}, kStart)->secret;
  EXPECT_EQ(identity_->change_password(caller, "wrong-one", "password2", kStart).error().code, "invalid_credentials");
  EXPECT_EQ(identity_->change_password(caller, "password1", "short", kStart).error().kind, ErrorKind::Invalid);
  ASSERT_TRUE(identity_->change_password(caller, "password1", "password2", kStart).ok());
  EXPECT_EQ(error_of(here), "");
  EXPECT_EQ(error_of(bot), "");
  EXPECT_EQ(error_of(there), "invalid_token");
  EXPECT_TRUE(login("a@example.com", "password2").ok());
  EXPECT_FALSE(login("a@example.com", "password1").ok());
}

TEST_F(Accounts, DeletedAccountLeavesNeitherTokensNorProjects) {
  const LoggedIn admin = login("first@example.com").value();
  const LoggedIn leaver = login("a@example.com").value();
  add_project("one", leaver.account.id);
  add_project("two", leaver.account.id);
  const Caller caller = caller_of(leaver.token);
  const std::string bot = tokens().issue(caller, {"ci", {}, "", "", {}}, kStart)->secret;
  const auto gone = identity_->delete_account(caller, kStart).value();
  EXPECT_EQ(gone, (std::vector<std::string>{"prj_one", "prj_two"}));
  EXPECT_EQ(error_of(leaver.token), "invalid_token");
  EXPECT_EQ(error_of(bot), "invalid_token");
  EXPECT_EQ(error_of(admin.token), "");
  EXPECT_EQ(identity_->delete_account(caller, kStart).error().code, "invalid_token");
  EXPECT_TRUE(login("a@example.com")->created);
}

TEST_F(Accounts, AccountsOfTheServerStay) {
  Caller caller = caller_of(login("a@example.com")->token);
  for (const char* kind : {"system", "demo"}) {
    caller.account_kind = kind;
    EXPECT_EQ(identity_->delete_account(caller, kStart).error().kind, ErrorKind::Forbidden);
  }
}

TEST_F(Accounts, TokenMakesNoneThatMayDoMore) {
  const LoggedIn owner = login("a@example.com").value();
  add_project("mine", owner.account.id);
  add_project("other", owner.account.id);
  const Caller root = caller_of(owner.token);
  const Caller narrow = caller_of(tokens().issue(root, {"ci", {"deploy"}, "mine", "beta", 3600}, kStart)->secret);
  const IssuedToken child = tokens().issue(narrow, {"child", {}, "", "", {}}, kStart).value();
  EXPECT_EQ(child.listed.token.scopes, "deploy");
  EXPECT_EQ(child.listed.project, "mine");
  EXPECT_EQ(child.listed.token.environment, "beta");
  EXPECT_EQ(child.listed.token.expires_at, after(3600));
  EXPECT_TRUE(tokens().issue(narrow, {"child", {"read"}, "", "", {}}, kStart).ok());
  for (const TokenRequest& more : {TokenRequest{"x", {"content"}, "", "", {}}, TokenRequest{"x", {"admin"}, "", "", {}},
                                   TokenRequest{"x", {"read", "content"}, "", "", {}},
                                   TokenRequest{"x", {}, "other", "", {}}, TokenRequest{"x", {}, "", "prod", {}}})
    EXPECT_EQ(tokens().issue(narrow, more, kStart).error().kind, ErrorKind::Forbidden);
  // It sees its like and its children; not what may do more.
  EXPECT_EQ(tokens().list(narrow, Tokens::Kind::Api, kStart)->size(), 3u);
  const std::string strong = tokens().issue(root, {"strong", {}, "", "", {}}, kStart)->listed.token.id;
  EXPECT_EQ(tokens().list(narrow, Tokens::Kind::Api, kStart)->size(), 3u);
  EXPECT_EQ(tokens().revoke(narrow, strong, kStart).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(tokens().rename(narrow, strong, "x", kStart).error().kind, ErrorKind::NotFound);
}

TEST_F(Accounts, PrefixTellsContentTokensApart) {
  const Caller caller = caller_of(login("a@example.com")->token);
  EXPECT_TRUE(tokens().issue(caller, {"x", {"content"}, "", "", {}}, kStart)->secret.starts_with("sp_"));
  for (const std::vector<std::string>& scopes : {std::vector<std::string>{}, {"content", "read"}, {"deploy"}}) {
    const std::string secret = tokens().issue(caller, {"x", scopes, "", "", {}}, kStart)->secret;
    EXPECT_TRUE(secret.starts_with("sitepod_"));
    EXPECT_TRUE(is_well_formed_token(secret));
  }
}

TEST_F(Accounts, TokenOfAnEndedLifeIsInvalid) {
  const Caller caller = caller_of(login("a@example.com")->token);
  const std::string secret = tokens().issue(caller, {"x", {}, "", "", 60}, kStart)->secret;
  EXPECT_EQ(error_of(secret, after(59)), "");
  EXPECT_EQ(error_of(secret, after(60)), "invalid_token");
}

TEST_F(Accounts, NarrowedTokenHasNoSayInTheAccount) {
  const LoggedIn owner = login("a@example.com").value();
  add_project("mine", owner.account.id);
  const Caller root = caller_of(owner.token);
  EXPECT_TRUE(has_scope(root, Scope::Account));
  for (const TokenRequest& request : {TokenRequest{"x", {"deploy"}, "", "", {}}, TokenRequest{"x", {}, "mine", "", {}},
                                      TokenRequest{"x", {}, "", "beta", {}}})
    EXPECT_FALSE(has_scope(caller_of(tokens().issue(root, request, kStart)->secret), Scope::Account));
}

TEST_F(Accounts, InviteIsGoodForOneAccountOfItsAddress) {
  const Caller admin = caller_of(login("boss@example.com")->token);
  restart({.registration = Registration::Invite});
  EXPECT_EQ(login("a@example.com").error().code, "invalid_credentials");
  EXPECT_EQ(login("a@example.com", "password1", "no such code").error().kind, ErrorKind::Forbidden);
  const std::string open = identity_->issue_invite(admin, "", 60, kStart)->code;
  EXPECT_TRUE(login("a@example.com", "password1", open)->created);
  EXPECT_EQ(login("b@example.com", "password1", open).error().kind, ErrorKind::Forbidden);
  const std::string bound = identity_->issue_invite(admin, "C@Example.com", 60, kStart)->code;
  EXPECT_EQ(login("b@example.com", "password1", bound).error().kind, ErrorKind::Forbidden);
  EXPECT_TRUE(login("c@example.com", "password1", bound)->created);
  const Instant earlier{kStart.unix_ms - 61'000};
  const std::string late = identity_->issue_invite(admin, "", 60, earlier)->code;
  EXPECT_EQ(login("d@example.com", "password1", late).error().kind, ErrorKind::Forbidden);
}

TEST_F(Accounts, WithASetupTokenOnlyItsHolderBecomesTheFirstAdmin) {
  restart({.setup_token = "correct horse battery"});
  EXPECT_FALSE(login("early@example.com")->account.is_admin);
  EXPECT_EQ(login("thief@example.com", "password1", "", "wrong").error().kind, ErrorKind::Forbidden);
  EXPECT_TRUE(login("boss@example.com", "password1", "", "correct horse battery")->account.is_admin);
  EXPECT_EQ(login("next@example.com", "password1", "", "correct horse battery").error().kind, ErrorKind::Forbidden);
}

TEST_F(Accounts, LastUseIsWrittenOnceAMinute) {
  const std::string token = login("a@example.com")->token;
  const auto used = [&] {
    return meta_->read([&](meta::Session& session) { return meta::find_token_by_digest(session, token_digest(token)); })
        .value()
        ->last_used_at;
  };
  caller_of(token, after(1));
  EXPECT_EQ(used(), after(1));
  caller_of(token, after(60));
  EXPECT_EQ(used(), after(1));
  caller_of(token, after(61));
  EXPECT_EQ(used(), after(61));
}

TEST(LoginThrottle, WaitsLongerWhenFailuresComeAgain) {
  LoginThrottle throttle(2, 1000);
  const auto use_up = [&](Instant at) {
    throttle.count_failure("a", "10.0.0.1", at);
    throttle.count_failure("a", "10.0.0.1", at);
    return throttle.find_wait("a", "10.0.0.1", at).value_or(0);
  };
  EXPECT_EQ(use_up(after(0)), 60);
  EXPECT_EQ(use_up(after(60)), 120);
  EXPECT_EQ(use_up(after(180)), 240);
  EXPECT_FALSE(throttle.find_wait("a", "10.0.0.1", after(420)));
  // Much later it is forgiven.
  EXPECT_EQ(use_up(after(2000)), 60);
}

TEST(LoginThrottle, ShutsAfterSixTimesTheFailures) {
  LoginThrottle throttle(2, 1000);
  for (int i = 0; i < 11; ++i) throttle.count_failure("a", "10.0.0.1", kStart);
  EXPECT_TRUE(throttle.find_wait("a", "10.0.0.1", kStart));
  EXPECT_FALSE(throttle.is_shut("a", "10.0.0.1", kStart));
  throttle.count_failure("a", "10.0.0.1", kStart);
  EXPECT_TRUE(throttle.is_shut("a", "10.0.0.1", kStart));
  EXPECT_FALSE(throttle.is_shut("a", "10.0.0.1", after(60)));
}

TEST(LoginThrottle, LeavesTheOwnerAloneOnOtherNetworks) {
  LoginThrottle throttle(1, 1000);
  throttle.count_failure("a", "10.0.0.1", kStart);
  EXPECT_TRUE(throttle.find_wait("a", "10.0.0.200", kStart));  // the same /24
  EXPECT_FALSE(throttle.find_wait("a", "10.0.1.1", kStart));
  EXPECT_FALSE(throttle.find_wait("b", "10.0.0.1", kStart));
}

TEST(LoginThrottle, StopsANetworkThatTriesManyAccounts) {
  LoginThrottle throttle(10, 100);
  for (int i = 0; i < 100; ++i) throttle.count_failure("user" + std::to_string(i), "10.0.0.1", kStart);
  EXPECT_TRUE(throttle.find_wait("fresh", "10.0.0.7", kStart));
  EXPECT_FALSE(throttle.find_wait("fresh", "10.0.1.7", kStart));
}

TEST_F(Accounts, GuessesAtAPageAreSlowedDownForTheirNetworkAndPageOnly) {
  IdentitySettings settings;
  settings.failed_pages_per_minute = 2;
  restart(settings);
  const std::string hash = identity_->hash_password("open sesame").value();
  const auto guess = [&](const char* password, const char* page = "page", const char* address = "10.0.0.1",
                         Instant at = kStart) {
    return identity_->check_page_password(page, hash, password, address, at);
  };
  EXPECT_TRUE(guess("open sesame").value());
  EXPECT_FALSE(guess("wrong").value());
  EXPECT_FALSE(guess("wrong").value());
  for (int i = 0; i < 10; ++i) {
    const Error error = guess("wrong").error();
    EXPECT_EQ(error.kind, ErrorKind::RateLimited);
    EXPECT_EQ(error.details.at(0).second, "60");
  }
  EXPECT_FALSE(guess("open sesame").ok()) << "after so many guesses nothing is looked at";
  EXPECT_TRUE(guess("open sesame", "another page").value());
  EXPECT_TRUE(guess("open sesame", "page", "10.0.1.1").value());
  EXPECT_TRUE(guess("open sesame", "page", "10.0.0.1", after(60)).value());
  EXPECT_TRUE(login("a@example.com").ok());
  EXPECT_FALSE(identity_->check_page_password("page", "", "", "10.0.2.1", kStart).value()) << "no verifier, no way in";
}

}  // namespace
}  // namespace sitepod::identity
