#include "domains/domains.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

#include "domains/proof.hpp"
#include "net/dns_stub.hpp"

namespace sitepod::domains {
namespace {

using Behaviour = net::DnsStub::Behaviour;
using net::DnsType;

constexpr std::int64_t kHour = 3'600'000;
constexpr std::int64_t kDay = 24 * kHour;

class DomainsTest : public ::testing::Test {
 protected:
  DomainsTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sitepod-domains-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    store_ = meta::MetaStore::open_sqlite(folder_ + "/sitepod.db").value();
    DomainSettings settings;
    settings.base_domain = "sites.test";
    settings.dns = {stub_.server(), std::chrono::milliseconds(500)};
    domains_ = std::make_unique<Domains>(*store_, settings);
    for (const char* name : {"ann", "bob", "root"}) add_account(name);
    admin_.is_admin = true;
    add_project("shop", ann_);
    add_project("blog", ann_);
    add_project("evil", bob_);
  }
  ~DomainsTest() override {
    domains_.reset();
    store_.reset();
    std::error_code ignored;  // a leftover in the system's temporary folder harms no test
    std::filesystem::remove_all(folder_, ignored);
  }

  static identity::Caller caller(const std::string& name) {
    identity::Caller caller;
    caller.account_id = "usr_" + name;
    caller.email = name + "@example.com";
    caller.account_kind = "human";
    return caller;
  }
  void add_account(const std::string& name) {
    const meta::Account account{"usr_" + name, name + "@example.com", "hash", name == "root", "human", now_};
    ASSERT_TRUE(store_->write([&](meta::Session& session) { return meta::insert_account(session, account); }).ok());
  }
  void add_project(const std::string& name, const identity::Caller& owner) {
    const meta::Project project{"prj_" + name, name, name, owner.account_id, now_, now_};
    ASSERT_TRUE(store_->write([&](meta::Session& session) { return meta::insert_project(session, project); }).ok());
  }
  void release(const std::string& project, const std::string& environment) {
    auto written = store_->write([&](meta::Session& session) -> Result<void> {
      meta::Image image;
      image.id = "img_" + project + environment;
      image.project_id = "prj_" + project;
      image.plan_id = "plan_" + image.id;
      image.encoding_state = "done";
      SITEPOD_TRY(meta::insert_image(session, image));
      return meta::upsert_environment(session, {image.project_id, environment, image.id, "", 0, 0, now_});
    });
    ASSERT_TRUE(written.ok());
  }
  Result<Added> add(const identity::Caller& who, const std::string& project, const std::string& domain,
                    const std::string& slug = "/") {
    return domains_->add(who, {project, ""}, domain, slug, now_);
  }
  bool verify(const identity::Caller& who, const std::string& domain) {
    auto verified = domains_->verify(who, domain, now_);
    EXPECT_TRUE(verified.ok()) << (verified.ok() ? "" : verified.error().message);
    EXPECT_FALSE(verified->message.empty());
    return verified->verified;
  }
  std::string status_of(const std::string& domain, const identity::Caller& who) {
    auto named = store_->read([&](meta::Session& session) { return meta::list_domains_named(session, domain); });
    for (const meta::Domain& entry : *named)
      if (entry.owner_id == who.account_id) return entry.status;
    return "none";
  }
  Reverified look_again() {
    return domains_->reverify_due(now_, [] { return true; }).value();
  }
  void pass(std::int64_t milliseconds) { now_.unix_ms += milliseconds; }
  // Adds, proves by TXT, verifies.
  void own(const identity::Caller& who, const std::string& project, const std::string& domain) {
    auto added = add(who, project, domain);
    ASSERT_TRUE(added.ok()) << added.error().message;
    stub_.set("_sitepod." + domain, DnsType::Txt, {added->listed.entry.token});
    ASSERT_TRUE(verify(who, domain));
  }

  net::DnsStub stub_;
  std::string folder_;
  std::unique_ptr<meta::MetaStore> store_;
  std::unique_ptr<Domains> domains_;
  Instant now_{1'700'000'000'000};
  const identity::Caller ann_ = caller("ann");
  const identity::Caller bob_ = caller("bob");
  identity::Caller admin_ = caller("root");
};

TEST(Proof, TheTokenIsTheTextOrStandsBehindTheDocumentedWord) {
  const std::string token = new_token();
  ASSERT_EQ(token.size(), std::string("sitepod-verify-").size() + 16);
  EXPECT_NE(token, new_token());
  auto proves = [&](const std::string& text) {
    Findings findings;
    findings.txt = {net::DnsAnswer::Outcome::Found, {"v=spf1 -all", text}};
    return is_proven_by_txt(findings, token);
  };
  const std::string digits = token.substr(15);
  for (const std::string& text : {token, " " + token + " ", "sitepod-verify=" + token, "sitepod-verify=" + digits})
    EXPECT_TRUE(proves(text)) << text;
  for (const std::string& text : {digits, token + "x", "x" + token, token.substr(0, 30), std::string(),
                                  std::string("sitepod-verify="), "sitepod-verify= " + token, "\"" + token + "\""})
    EXPECT_FALSE(proves(text)) << text;
  EXPECT_FALSE(is_proven_by_txt({{net::DnsAnswer::Outcome::Found, {""}}, {}}, ""));
}

TEST_F(DomainsTest, ACustomDomainIsPendingUntilItsTextIsFound) {
  const Added added = add(ann_, "shop", "Shop.Example.").value();
  EXPECT_EQ(added.listed.entry.domain, "shop.example");
  EXPECT_EQ(added.listed.entry.status, "pending");
  EXPECT_TRUE(added.changed_projects.empty());
  EXPECT_FALSE(verify(ann_, "shop.example"));
  stub_.set("_sitepod.shop.example", DnsType::Txt, {added.listed.entry.token});
  const Verified verified = domains_->verify(ann_, "SHOP.example", now_).value();
  EXPECT_TRUE(verified.verified);
  EXPECT_EQ(verified.changed_projects, std::vector<std::string>{"prj_shop"});
  EXPECT_EQ(status_of("shop.example", ann_), "active");
  stub_.clear();
  EXPECT_TRUE(verify(ann_, "shop.example")) << "verifying an active domain again is no question to DNS";
}

TEST_F(DomainsTest, AnAliasOfTheProjectsHostProvesToo) {
  ASSERT_TRUE(add(ann_, "shop", "www.shop.example").ok());
  stub_.set("www.shop.example", DnsType::Cname, {"evil.sites.test"});
  EXPECT_FALSE(verify(ann_, "www.shop.example"));
  stub_.set("www.shop.example", DnsType::Cname, {"other.example"});
  EXPECT_FALSE(verify(ann_, "www.shop.example")) << "a chain through somebody else's name";
  stub_.set("www.shop.example", DnsType::Cname, {"Shop.Sites.Test"});
  EXPECT_TRUE(verify(ann_, "www.shop.example"));
}

TEST_F(DomainsTest, TheTextMustStandAtTheExactName) {
  const std::string token = add(ann_, "shop", "shop.example")->listed.entry.token;
  stub_.set("shop.example", DnsType::Txt, {token});
  stub_.set("_sitepod.www.shop.example", DnsType::Txt, {token});
  stub_.set("_sitepod.example", DnsType::Txt, {token});
  EXPECT_FALSE(verify(ann_, "shop.example"));
}

TEST_F(DomainsTest, NameServersThatFailOrLieProveNothing) {
  const std::string token = add(ann_, "shop", "shop.example")->listed.entry.token;
  stub_.set("_sitepod.shop.example", DnsType::Txt, {token});
  for (const Behaviour behaviour : {Behaviour::ServFail, Behaviour::Refuse, Behaviour::Silence, Behaviour::ForgeId,
                                    Behaviour::Garbage, Behaviour::OtherOwner}) {
    stub_.behave(behaviour);
    EXPECT_FALSE(verify(ann_, "shop.example"));
  }
  stub_.behave(Behaviour::Truncate);
  EXPECT_TRUE(verify(ann_, "shop.example"));
}

TEST_F(DomainsTest, PendingClaimsOfTwoAccountsStandSideBySideAndOneIsVerified) {
  const std::string of_ann = add(ann_, "shop", "shop.example")->listed.entry.token;
  const std::string of_bob = add(bob_, "evil", "shop.example")->listed.entry.token;
  EXPECT_NE(of_ann, of_bob);
  stub_.set("_sitepod.shop.example", DnsType::Txt, {of_ann});
  EXPECT_FALSE(verify(bob_, "shop.example"));
  EXPECT_TRUE(verify(ann_, "shop.example"));
  stub_.set("_sitepod.shop.example", DnsType::Txt, {of_ann, of_bob});
  EXPECT_FALSE(verify(bob_, "shop.example")) << "active for another account";
  EXPECT_EQ(status_of("shop.example", bob_), "pending");
  EXPECT_EQ(add(bob_, "evil", "shop.example", "/more").error().kind, ErrorKind::Conflict);
}

TEST_F(DomainsTest, FurtherPathsOfAVerifiedDomainAreFreeForItsOwner) {
  own(ann_, "shop", "shop.example");
  const Added blog = add(ann_, "blog", "shop.example", "blog/").value();
  EXPECT_EQ(blog.listed.entry.slug, "/blog");
  EXPECT_EQ(blog.listed.entry.status, "active");
  EXPECT_EQ(blog.changed_projects, std::vector<std::string>{"prj_blog"});
  EXPECT_EQ(add(ann_, "shop", "shop.example", "/blog").error().kind, ErrorKind::Conflict);
  EXPECT_EQ(add(ann_, "shop", "shop.example").error().code, "conflict");
}

TEST_F(DomainsTest, NamesUnderTheBaseDomainAreTheServers) {
  for (const char* name : {"sites.test", "SITES.test.", "app.sites.test", "www.sites.test", "nobody.sites.test",
                           "evil.sites.test", "evil-beta.sites.test", "a.b.sites.test", "shop.sites.test"})
    EXPECT_EQ(add(ann_, "shop", name).error().kind, ErrorKind::Forbidden) << name;
  EXPECT_EQ(add(ann_, "shop", "evil.sites.test", "/victim").error().kind, ErrorKind::Forbidden);
  EXPECT_EQ(add(admin_, "shop", "app.sites.test", "/x").error().kind, ErrorKind::Forbidden);
  EXPECT_TRUE(add(ann_, "shop", "evilsites.test").ok()) << "ends like the base domain, without the dot";
}

TEST_F(DomainsTest, APathOnTheAccountsOwnHostIsActiveAtOnce) {
  const Added added = add(ann_, "blog", "shop.sites.test", "/blog").value();
  EXPECT_EQ(added.listed.entry.status, "active");
  EXPECT_EQ(added.listed.entry.host_project_id, "prj_shop");
  EXPECT_EQ(add(ann_, "blog", "shop.sites.test", "/blog").error().kind, ErrorKind::Conflict);
  EXPECT_EQ(add(bob_, "evil", "shop.sites.test", "/evil").error().kind, ErrorKind::Forbidden);
  auto deleted = store_->write([](meta::Session& session) { return meta::delete_project(session, "prj_shop"); });
  ASSERT_TRUE(deleted.ok());
  EXPECT_EQ(status_of("shop.sites.test", ann_), "none") << "a path ends with its host";
}

TEST_F(DomainsTest, AnAdminsClaimIsActiveAtOnceAndNeverLookedAtAgain) {
  EXPECT_EQ(add(admin_, "shop", "shop.example")->listed.entry.status, "active");
  EXPECT_EQ(status_of("shop.example", ann_), "active") << "it belongs to the project's owner";
  pass(100 * kDay);
  EXPECT_EQ(look_again().checked, 0u);
  EXPECT_EQ(status_of("shop.example", ann_), "active");
}

TEST_F(DomainsTest, ForeignProjectsAreForbiddenAndForeignDomainsUnknown) {
  EXPECT_EQ(add(bob_, "shop", "shop.example").error().kind, ErrorKind::Forbidden);
  EXPECT_EQ(add(bob_, "nothing", "shop.example").error().kind, ErrorKind::NotFound);
  own(ann_, "shop", "shop.example");
  EXPECT_EQ(domains_->verify(bob_, "shop.example", now_).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(domains_->remove(bob_, "shop.example", {}, now_).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(domains_->remove(bob_, "shop.sites.test", {}, now_).error().kind, ErrorKind::NotFound);
  EXPECT_TRUE(domains_->remove(admin_, "shop.example", {}, now_).ok());
}

TEST_F(DomainsTest, RemovingTakesOnePathOrAllAndNeverTheProjectsOwnHost) {
  own(ann_, "shop", "shop.example");
  ASSERT_TRUE(add(ann_, "blog", "shop.example", "/blog").ok());
  ASSERT_TRUE(add(ann_, "blog", "shop.sites.test", "/blog").ok());
  EXPECT_EQ(domains_->remove(ann_, "shop.sites.test", {}, now_).error().kind, ErrorKind::Invalid);
  EXPECT_EQ(domains_->remove(ann_, "shop.sites.test", "/", now_).error().kind, ErrorKind::Invalid);
  EXPECT_EQ(*domains_->remove(ann_, "shop.sites.test", "/blog", now_), std::vector<std::string>{"prj_blog"});
  EXPECT_EQ(domains_->remove(ann_, "shop.example", "/other", now_).error().kind, ErrorKind::NotFound);
  EXPECT_EQ(*domains_->remove(ann_, "shop.example", "/blog", now_), std::vector<std::string>{"prj_blog"});
  EXPECT_EQ(*domains_->remove(ann_, "shop.example", {}, now_), std::vector<std::string>{"prj_shop"});
  EXPECT_EQ(status_of("shop.example", ann_), "none");
}

TEST_F(DomainsTest, TheListBeginsWithTheProjectsOwnHost) {
  own(ann_, "shop", "shop.example");
  const auto listed = domains_->list(ann_, ProjectRef{"shop", ""}).value();
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_TRUE(listed[0].is_system);
  EXPECT_EQ(listed[0].entry.domain, "shop.sites.test");
  EXPECT_EQ(listed[1].entry.domain, "shop.example");
  EXPECT_EQ(domains_->list(ann_, {})->size(), 3u);
  EXPECT_EQ(domains_->list(bob_, {})->size(), 1u);
  identity::Caller narrow = ann_;
  narrow.project_id = "prj_blog";
  EXPECT_EQ(domains_->list(narrow, {})->size(), 1u);
  EXPECT_EQ(domains_->verify(narrow, "shop.example", now_).error().kind, ErrorKind::NotFound);
}

// Reliability row 103.
TEST_F(DomainsTest, AnAliasLeftBehindProvesNothingForTheNextAccountForThirtyDays) {
  ASSERT_TRUE(add(ann_, "shop", "www.shop.example").ok());
  stub_.set("www.shop.example", DnsType::Cname, {"shop.sites.test"});
  ASSERT_TRUE(verify(ann_, "www.shop.example"));
  auto gone = store_->write([](meta::Session& session) { return meta::delete_account(session, "usr_ann"); });
  ASSERT_TRUE(gone.ok());
  add_project("shop", bob_);
  const std::string token = add(bob_, "shop", "www.shop.example")->listed.entry.token;
  EXPECT_FALSE(verify(bob_, "www.shop.example"));
  look_again();  // notices that the holder is gone
  pass(29 * kDay);
  EXPECT_FALSE(verify(bob_, "www.shop.example"));
  pass(2 * kDay);
  EXPECT_TRUE(verify(bob_, "www.shop.example"));

  // A fresh text proves at any time.
  ASSERT_TRUE(domains_->remove(bob_, "www.shop.example", {}, now_).ok());
  EXPECT_NE(add(bob_, "shop", "www.shop.example")->listed.entry.token, token) << "each claim has its own token";
}

TEST_F(DomainsTest, AFreshTextEndsTheQuarantine) {
  own(ann_, "shop", "shop.example");
  ASSERT_TRUE(domains_->remove(ann_, "shop.example", {}, now_).ok());
  const std::string token = add(bob_, "evil", "shop.example")->listed.entry.token;
  stub_.set("shop.example", DnsType::Cname, {"evil.sites.test"});
  EXPECT_FALSE(verify(bob_, "shop.example")) << "the last holder's text and an alias are not enough";
  stub_.set("_sitepod.shop.example", DnsType::Txt, {token});
  EXPECT_TRUE(verify(bob_, "shop.example"));
}

// Reliability row 104.
TEST_F(DomainsTest, AProofThatIsMissingForAWeekDetachesTheDomain) {
  own(ann_, "shop", "shop.example");
  pass(23 * kHour);
  EXPECT_EQ(look_again().checked, 0u) << "once a day is enough";
  pass(2 * kHour);
  EXPECT_EQ(look_again().checked, 1u);
  stub_.clear();
  pass(2 * kDay);
  EXPECT_EQ(look_again().detached, 0u);
  pass(6 * kDay);
  EXPECT_EQ(look_again().detached, 0u);
  EXPECT_EQ(status_of("shop.example", ann_), "active");
  pass(kDay + kHour);
  const Reverified looked = look_again();
  EXPECT_EQ(looked.detached, 1u);
  EXPECT_EQ(looked.changed_projects, std::vector<std::string>{"prj_shop"});
  EXPECT_EQ(status_of("shop.example", ann_), "pending");
}

TEST_F(DomainsTest, AProofThatComesBackStartsTheWeekAnew) {
  own(ann_, "shop", "shop.example");
  const std::string token = domains_->list(ann_, ProjectRef{"shop", ""})->at(1).entry.token;
  for (int round = 0; round < 3; ++round) {
    stub_.clear();
    pass(2 * kDay);
    EXPECT_EQ(look_again().checked, 1u);
    pass(6 * kDay);
    stub_.set("_sitepod.shop.example", DnsType::Txt, {token});
    EXPECT_EQ(look_again().checked, 1u);
  }
  EXPECT_EQ(status_of("shop.example", ann_), "active");
}

TEST_F(DomainsTest, ADeadResolverDetachesNothingHoweverLong) {
  own(ann_, "shop", "shop.example");
  for (const Behaviour behaviour : {Behaviour::ServFail, Behaviour::Refuse}) {
    stub_.behave(behaviour);
    for (int day = 0; day < 20; ++day) {
      pass(2 * kDay);
      const Reverified looked = look_again();
      EXPECT_EQ(looked.checked, 0u);
      EXPECT_EQ(looked.detached, 0u);
    }
  }
  EXPECT_EQ(status_of("shop.example", ann_), "active");
  const int asked = stub_.questions();
  EXPECT_EQ(look_again().checked, 0u);
  EXPECT_EQ(stub_.questions(), asked) << "a failed look is repeated after an hour, not at once";
  pass(kHour + 1000);
  stub_.behave(Behaviour::Answer);
  EXPECT_EQ(look_again().checked, 1u);
}

TEST_F(DomainsTest, ARenamedProjectLeavesItsOldHost) {
  ASSERT_TRUE(add(ann_, "blog", "shop.sites.test", "/blog").ok());
  const Renamed renamed = domains_->rename(ann_, {"shop", ""}, "The Store", now_).value();
  EXPECT_EQ(renamed.old_host, "shop.sites.test");
  EXPECT_EQ(renamed.new_host, "the-store.sites.test");
  EXPECT_EQ(renamed.changed_projects, (std::vector<std::string>{"prj_shop", "prj_blog"}));
  EXPECT_EQ(status_of("the-store.sites.test", ann_), "active") << "paths on the host move with it";
  EXPECT_EQ(status_of("shop.sites.test", ann_), "none");
  EXPECT_TRUE(domains_->rename(ann_, {"shop", ""}, "the-store", now_)->changed_projects.empty());
  EXPECT_TRUE(domains_->rename(bob_, {"evil", ""}, "shop", now_).ok()) << "the old name is free";
}

TEST_F(DomainsTest, ARenameMeetsTheRulesOfNewNames) {
  release("shop", "qa");
  auto kind = [&](const std::string& name) { return domains_->rename(ann_, {"blog", ""}, name, now_).error().kind; };
  for (const char* name : {"", "---", "app", "www", "Console", "x-beta", "preview", "sitepod-www"})
    EXPECT_EQ(kind(name), ErrorKind::Invalid) << name;
  EXPECT_EQ(kind("shop"), ErrorKind::Conflict);
  EXPECT_EQ(kind("shop-qa"), ErrorKind::Conflict) << "another project's environment has this host";
  // Its own environments must find room too.
  release("evil", "qa");
  add_project("store-qa", ann_);
  EXPECT_EQ(domains_->rename(bob_, {"evil", ""}, "store", now_).error().kind, ErrorKind::Conflict);
  EXPECT_EQ(domains_->rename(bob_, {"evil", ""}, std::string(63, 'a'), now_).error().kind, ErrorKind::Invalid);
  EXPECT_EQ(domains_->rename(bob_, {"shop", ""}, "mine", now_).error().kind, ErrorKind::Forbidden);
}

TEST_F(DomainsTest, ASuggestionIsFree) {
  const Availability taken = domains_->check_subdomain("Shop!").value();
  EXPECT_FALSE(taken.available);
  EXPECT_FALSE(taken.reason.empty());
  EXPECT_TRUE(domains_->check_subdomain(taken.suggestion)->available) << taken.suggestion;
  EXPECT_FALSE(domains_->check_subdomain("admin")->available);
  EXPECT_FALSE(domains_->check_subdomain("___")->available);
  EXPECT_FALSE(domains_->check_subdomain(std::string(200, 'b') + "-beta")->suggestion.size() > 63);
  EXPECT_TRUE(domains_->check_subdomain("free name")->available);
}

TEST_F(DomainsTest, EveryChangeStandsInTheAuditLog) {
  own(ann_, "shop", "shop.example");
  ASSERT_TRUE(domains_->rename(ann_, {"shop", ""}, "store", now_).ok());
  ASSERT_TRUE(domains_->remove(ann_, "shop.example", {}, now_).ok());
  auto events =
      store_->read([](meta::Session& session) { return meta::list_events_of_project(session, "prj_shop", 10, 0); });
  std::vector<std::string> actions;
  for (const meta::Event& event : *events) actions.push_back(event.action);
  EXPECT_EQ(actions,
            (std::vector<std::string>{"domain_removed", "subdomain_renamed", "domain_verified", "domain_added"}));
  EXPECT_EQ(events->at(0).subject, "shop.example");
  EXPECT_EQ(events->at(0).actor_email, "ann@example.com");
}

}  // namespace
}  // namespace sitepod::domains
