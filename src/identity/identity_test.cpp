#include "identity/identity.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <thread>

#include "base/network.hpp"
#include "base/random.hpp"
#include "identity/login_throttle.hpp"
#include "identity/token_secret.hpp"

namespace sitepod::identity {
namespace {

constexpr Instant kStart{1'700'000'000'000};
Instant after(std::int64_t seconds) { return {kStart.unix_ms + seconds * 1000}; }

class Identities : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("identity_test_" + random_base36(12));
    std::filesystem::create_directories(folder_);
    meta_ = meta::MetaStore::open_sqlite((folder_ / "meta.db").string()).value();
    identity_ = std::make_unique<Identity>(*meta_, IdentitySettings{});
  }
  void TearDown() override {
    identity_.reset();
    meta_.reset();
    std::filesystem::remove_all(folder_);
  }
  Result<LoggedIn> login(std::string email, std::string password, LoginAction action = LoginAction::LoginOrRegister,
                         Instant at = kStart) {
    return identity_->login({std::move(email), std::move(password), action, "127.0.0.1"}, at);
  }
  std::string error_of_token(const std::string& header, Instant at = kStart) {
    const Result<Caller> caller = identity_->authenticate(header, "127.0.0.1", at);
    return caller.ok() ? "" : std::string(caller.error().code);
  }

  std::filesystem::path folder_;
  std::unique_ptr<meta::MetaStore> meta_;
  std::unique_ptr<Identity> identity_;
};

TEST_F(Identities, TheFirstLoginCreatesAnAdminAndTheSecondAnOrdinaryAccount) {
  const LoggedIn first = login(" A@Example.com ", "password1").value();
  EXPECT_TRUE(first.created);
  EXPECT_TRUE(first.account.is_admin);
  EXPECT_EQ(first.account.email, "a@example.com");
  EXPECT_FALSE(login("b@example.com", "password1")->account.is_admin);
  const LoggedIn again = login("a@example.com", "password1").value();
  EXPECT_FALSE(again.created);
  EXPECT_EQ(again.account.id, first.account.id);
  EXPECT_NE(again.token, first.token);
}

TEST_F(Identities, OfManyRacingFirstAccountsExactlyOneIsAdmin) {
  std::atomic<int> admins = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i)
    threads.emplace_back(
        [&, i] { admins += login("racer" + std::to_string(i) + "@example.com", "password1")->account.is_admin; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(admins, 1);
}

TEST_F(Identities, RacingLoginsWithOneNewEMailShareOneAccount) {
  std::vector<std::string> ids(6);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < ids.size(); ++i)
    threads.emplace_back([&, i] { ids[i] = login("same@example.com", "password1")->account.id; });
  for (std::thread& thread : threads) thread.join();
  for (const std::string& id : ids) EXPECT_EQ(id, ids[0]);
}

TEST_F(Identities, UnknownAndWrongPasswordLookTheSame) {
  ASSERT_TRUE(login("a@example.com", "password1").ok());
  const Error unknown = login("nobody@example.com", "password1", LoginAction::Login).error();
  const Error wrong = login("a@example.com", "passwordX", LoginAction::Login).error();
  EXPECT_EQ(unknown.code, "invalid_credentials");
  EXPECT_EQ(unknown.message, wrong.message);
  EXPECT_EQ(login("a@example.com", "short").error().code, "invalid_credentials");
}

TEST_F(Identities, RegisteringSaysWhatIsWrong) {
  EXPECT_EQ(login("a@example.com", "short").error().code, "invalid_request");
  EXPECT_EQ(login("no-address", "password1").error().kind, ErrorKind::Invalid);
  ASSERT_TRUE(login("a@example.com", "password1", LoginAction::Register).ok());
  EXPECT_EQ(login("a@example.com", "password1", LoginAction::Register).error().code, "conflict");
}

TEST_F(Identities, AClosedServerTakesNoNewAccounts) {
  identity_ = std::make_unique<Identity>(*meta_, IdentitySettings{Registration::Closed, 1, 10});
  EXPECT_EQ(login("a@example.com", "password1", LoginAction::Register).error().code, "forbidden");
  EXPECT_EQ(login("a@example.com", "password1").error().code, "invalid_credentials");
}

TEST_F(Identities, TheEleventhFailureOfAMinuteWaits) {
  ASSERT_TRUE(login("a@example.com", "password1").ok());
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(login("a@example.com", "wrong-one", LoginAction::Login).error().code, "invalid_credentials");
  const Error throttled = login("a@example.com", "wrong-one", LoginAction::Login).error();
  EXPECT_EQ(throttled.code, "rate_limited");
  EXPECT_EQ(throttled.details.at(0).second, "60");
  EXPECT_TRUE(login("b@example.com", "password1").ok()) << "another e-mail is not concerned";
  EXPECT_TRUE(login("a@example.com", "password1", LoginAction::Login, after(60)).ok());
}

TEST_F(Identities, TheRightPasswordIsNotThrottledByGuesses) {
  ASSERT_TRUE(login("a@example.com", "password1").ok());
  for (int i = 0; i < 15; ++i) EXPECT_FALSE(login("a@example.com", "wrong-one", LoginAction::Login).ok());
  EXPECT_TRUE(login("a@example.com", "password1", LoginAction::Login).ok());
  EXPECT_EQ(login("a@example.com", "wrong-one", LoginAction::Login).error().code, "rate_limited");
}

TEST_F(Identities, SuccessesAreNeverThrottled) {
  for (int i = 0; i < 15; ++i) EXPECT_TRUE(login("a@example.com", "password1").ok());
}

TEST_F(Identities, ATokenSpeaksForItsAccountUntilLogout) {
  const LoggedIn in = login("a@example.com", "password1").value();
  EXPECT_TRUE(is_well_formed_token(in.token));
  const Caller caller = identity_->authenticate("bEARER  " + in.token, "10.0.0.1", kStart).value();
  EXPECT_EQ(caller.account_id, in.account.id);
  EXPECT_EQ(caller.address, "10.0.0.1");
  EXPECT_EQ(error_of_token(""), "missing_token");
  EXPECT_EQ(error_of_token("Basic abc"), "missing_token");
  EXPECT_EQ(error_of_token("Bearer"), "invalid_token");
  EXPECT_EQ(error_of_token("Bearer nonsense"), "invalid_token");
  EXPECT_EQ(error_of_token("Bearer " + make_token_secret()), "invalid_token");
  EXPECT_EQ(error_of_token("Bearer " + in.token + "x"), "invalid_token");
  ASSERT_TRUE(identity_->logout(caller).ok());
  EXPECT_EQ(error_of_token("Bearer " + in.token), "invalid_token");
}

TEST_F(Identities, ALoginTokenLivesThirtyDaysFromItsLastUse) {
  const std::string header = "Bearer " + login("a@example.com", "password1")->token;
  constexpr std::int64_t kDay = 24 * 3600;
  EXPECT_EQ(error_of_token(header, after(20 * kDay)), "");
  EXPECT_EQ(error_of_token(header, after(49 * kDay)), "");
  EXPECT_EQ(error_of_token(header, after(80 * kDay)), "invalid_token");
}

TEST(TokenSecret, AMistypedCharacterBreaksTheChecksum) {
  const std::string token = make_token_secret();
  EXPECT_TRUE(token.starts_with("sitepod_"));
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string mistyped = token;
    mistyped[i] = mistyped[i] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(is_well_formed_token(mistyped)) << i;
  }
  EXPECT_TRUE(is_well_formed_token(make_token_secret(kContentTokenPrefix)));
}

TEST(LoginThrottle, OneNetworkCountsAsOneAddress) {
  EXPECT_EQ(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:2:ffff::9"));
  EXPECT_NE(network_of("2001:db8:1:2::1"), network_of("2001:db8:1:3::1"));
  EXPECT_EQ(network_of("10.0.0.1"), network_of("10.0.0.2"));
  EXPECT_NE(network_of("10.0.0.1"), network_of("10.0.1.1"));
}

TEST(Caller, ScopesAndRestrictionsNarrowWhatATokenMay) {
  Caller caller;
  caller.account_id = "usr_1";
  caller.is_admin = true;
  EXPECT_TRUE(has_scope(caller, Scope::Deploy));
  EXPECT_TRUE(acts_as_admin(caller));
  caller.scopes = "read content";
  EXPECT_TRUE(has_scope(caller, Scope::Read));
  EXPECT_FALSE(has_scope(caller, Scope::Deploy));
  EXPECT_FALSE(acts_as_admin(caller));
  meta::Project own;
  own.id = "prj_1";
  own.owner_id = "usr_1";
  EXPECT_TRUE(check_may_use_project(caller, own).ok());
  meta::Project foreign = own;
  foreign.owner_id = "usr_2";
  EXPECT_FALSE(check_may_use_project(caller, foreign).ok());
  caller.project_id = "prj_2";
  EXPECT_FALSE(check_may_use_project(caller, own).ok());
  caller.environment = "beta";
  EXPECT_FALSE(check_may_release_to(caller, "prod").ok());
  EXPECT_TRUE(check_may_release_to(caller, "beta").ok());
}

}  // namespace
}  // namespace sitepod::identity
