#include "certs/certificate_store.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "base/file.hpp"
#include "base/random.hpp"
#include "net/tls_fixture.hpp"

namespace sitepod::certs {
namespace {

class Store : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(store.create_folder().ok()); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  static IssuedCertificate issued_for(const std::string& host) {
    const net::PemPair pair = net::self_signed({host});
    return {pair.certificate, pair.key};
  }
  static unsigned mode_of(const std::string& path) {
    struct stat facts {};
    return ::stat(path.c_str(), &facts) == 0 ? facts.st_mode & 0777u : 0;
  }

  const std::string folder = testing::TempDir() + "certs-" + random_base36(12);
  const CertificateStore store{folder};
};

TEST_F(Store, KeepsCertificatesThatOnlyTheServersUserCanRead) {
  ASSERT_TRUE(store.put("b.example", {"b.example"}, issued_for("b.example")).ok());
  ASSERT_TRUE(store.put("a.example", {"a.example"}, issued_for("a.example")).ok());
  const auto loaded = store.load().value();
  ASSERT_EQ(loaded.size(), 2u);
  EXPECT_EQ(loaded[0].host, "a.example");
  EXPECT_TRUE(loaded[1].certificate->covers("b.example"));
  EXPECT_EQ(mode_of(folder + "/certificates"), 0700u);
  EXPECT_EQ(mode_of(folder + "/certificates/a.example.pem"), 0600u);
  ASSERT_TRUE(store.remove("a.example").ok());
  EXPECT_EQ(store.load().value().size(), 1u);
}

TEST_F(Store, PutsNothingInTheOldOnesPlaceThatCouldNotServeTheHost) {
  ASSERT_TRUE(store.put("a.example", {"a.example"}, issued_for("a.example")).ok());
  const Digest before = store.load().value()[0].certificate->fingerprint();
  EXPECT_FALSE(store.put("a.example", {"a.example"}, issued_for("b.example")).ok());
  EXPECT_FALSE(store.put("a.example", {"a.example"}, {"no certificate", issued_for("a.example").key_pem}).ok());
  EXPECT_FALSE(
      store.put("a.example", {"a.example"}, {issued_for("a.example").chain_pem, issued_for("a.example").key_pem}).ok());
  EXPECT_EQ(store.load().value()[0].certificate->fingerprint(), before);
}

TEST_F(Store, WhatCannotBeReadIsLeftWhereItIs) {
  ASSERT_TRUE(replace_file(folder + "/certificates/a.example.pem", "damaged").ok());
  ASSERT_TRUE(replace_file(folder + "/certificates/b.example.waits.json", "damaged").ok());
  EXPECT_TRUE(store.load().value().empty());
  EXPECT_TRUE(store.load_setbacks().value().empty());
  EXPECT_EQ(read_file(folder + "/certificates/a.example.pem").value(), "damaged");
}

TEST_F(Store, AFolderThatCannotBeListedIsNoEmptyOne) {
  const CertificateStore misplaced(folder + "/certificates");
  ASSERT_TRUE(replace_file(folder + "/certificates/certificates", "a file").ok());
  EXPECT_FALSE(misplaced.load().ok());
  EXPECT_FALSE(misplaced.load_setbacks().ok());
  EXPECT_TRUE(CertificateStore(folder + "/nothing").load().value().empty());
}

TEST_F(Store, TheAccountKeyIsMadeOnceAndADamagedOneIsNoReasonForAnother) {
  const std::string first = store.account_key().value().to_pem();
  EXPECT_EQ(store.account_key().value().to_pem(), first);
  EXPECT_EQ(mode_of(folder + "/certificates/account.key"), 0600u);
  ASSERT_TRUE(replace_file(folder + "/certificates/account.key", "damaged").ok());
  EXPECT_FALSE(store.account_key().ok());
  EXPECT_EQ(read_file(folder + "/certificates/account.key").value(), "damaged");
}

TEST_F(Store, RemembersWhoWaits) {
  ASSERT_TRUE(store.put_setback("a.example", Setback{2, Instant{1'700'000'000'000}, "because"}).ok());
  const auto setbacks = store.load_setbacks().value();
  ASSERT_EQ(setbacks.size(), 1u);
  EXPECT_EQ(setbacks[0].first, "a.example");
  EXPECT_EQ(setbacks[0].second.failures, 2);
  ASSERT_TRUE(store.clear_setback("a.example").ok());
  EXPECT_TRUE(store.clear_setback("a.example").ok());
  EXPECT_TRUE(store.load_setbacks().value().empty());
}

TEST_F(Store, AWildcardHasAFileThatNoHostCanHave) {
  const net::PemPair pair = net::self_signed({"a.example", "*.a.example"});
  ASSERT_TRUE(store.put("*.a.example", {"*.a.example", "a.example"}, {pair.certificate, pair.key}).ok());
  ASSERT_TRUE(store.put("a.example", {"a.example"}, issued_for("a.example")).ok());
  EXPECT_EQ(mode_of(folder + "/certificates/_wildcard.a.example.pem"), 0600u);
  const auto loaded = store.load().value();
  ASSERT_EQ(loaded.size(), 2u);
  EXPECT_EQ(loaded[0].host, "*.a.example");
  EXPECT_TRUE(loaded[0].certificate->covers("b.a.example"));
  EXPECT_FALSE(store.put("*.a.example", {"*.a.example", "*.b.a.example"}, {pair.certificate, pair.key}).ok());
  ASSERT_TRUE(store.put_setback("*.a.example", Setback{1, Instant{1'700'000'000'000}, "because"}).ok());
  EXPECT_EQ(store.load_setbacks().value()[0].first, "*.a.example");
  ASSERT_TRUE(store.remove("*.a.example").ok());
  EXPECT_EQ(store.load().value()[0].host, "a.example");
}

}  // namespace
}  // namespace sitepod::certs
