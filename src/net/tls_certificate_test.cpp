#include "net/tls_certificate.hpp"

#include <gtest/gtest.h>

#include "net/tls_fixture.hpp"

namespace sitepod::net {
namespace {

std::shared_ptr<const TlsCertificate> certificate_for(const std::vector<std::string>& names, long seconds = 3600) {
  const PemPair pair = self_signed(names, seconds);
  return TlsCertificate::parse(pair.certificate, pair.key).value();
}

std::string refusal_of(std::string_view certificate, std::string_view key) {
  const auto parsed = TlsCertificate::parse(certificate, key);
  return parsed.ok() ? std::string() : parsed.error().message;
}

TEST(TlsCertificate, ItsNamesAndDatesAreThoseOfItsText) {
  const auto certificate = certificate_for({"Pods.Example", "*.pods.example"}, 1000);
  EXPECT_EQ(certificate->names(), (std::vector<std::string>{"pods.example", "*.pods.example"}));
  EXPECT_NEAR(static_cast<double>(certificate->not_after().unix_ms - now().unix_ms), 1'000'000, 5000);
  EXPECT_LT(certificate->not_before(), now());
}

TEST(TlsCertificate, AWildcardStandsForExactlyOneLabel) {
  const auto certificate = certificate_for({"*.pods.example"});
  EXPECT_TRUE(certificate->covers("a.pods.example"));
  EXPECT_TRUE(certificate->covers("A.PODS.EXAMPLE"));
  EXPECT_FALSE(certificate->covers("pods.example"));
  EXPECT_FALSE(certificate->covers("a.b.pods.example"));
  EXPECT_FALSE(certificate->covers("apods.example"));
  EXPECT_FALSE(certificate->covers(""));
}

TEST(TlsCertificate, WhatCannotServeIsRefusedWithTheReason) {
  const PemPair one = self_signed({"one.example"});
  const PemPair other = self_signed({"other.example"});
  EXPECT_NE(refusal_of(one.certificate, other.key).find("not this certificate's"), std::string::npos);
  EXPECT_NE(refusal_of("", one.key).find("no PEM certificate"), std::string::npos);
  EXPECT_NE(refusal_of(one.key, one.key).find("no PEM certificate"), std::string::npos);
  EXPECT_NE(refusal_of(one.certificate, one.certificate).find("no PEM private key"), std::string::npos);
  EXPECT_NE(refusal_of(one.certificate.substr(0, 200), one.key).find("no PEM certificate"), std::string::npos);
  std::string damaged = other.certificate;
  damaged[damaged.size() / 2] = '!';
  EXPECT_NE(refusal_of(one.certificate + damaged, one.key).find("behind the first is damaged"), std::string::npos);
  std::string long_chain = one.certificate;
  for (int i = 0; i < 17; ++i) long_chain += other.certificate;
  EXPECT_NE(refusal_of(long_chain, one.key).find("longer than 16"), std::string::npos);
  EXPECT_TRUE(refusal_of("Bag Attributes\n" + one.certificate + other.certificate, "\n" + one.key).empty());
}

TEST(TlsCertificates, TheExactNameCountsBeforeTheWildcardAndTheFirstForEverybodyElse) {
  const auto first = certificate_for({"pods.example", "*.pods.example"});
  const auto exact = certificate_for({"a.pods.example"});
  const TlsCertificates table({first, exact});
  EXPECT_EQ(table.choose("a.pods.example"), exact.get());
  EXPECT_EQ(table.choose("B.pods.EXAMPLE"), first.get());
  EXPECT_EQ(table.find("nobody.example"), nullptr);
  EXPECT_EQ(table.find(std::string(254, 'a')), nullptr);
  EXPECT_EQ(table.choose("nobody.example"), first.get());
  EXPECT_EQ(table.choose(""), first.get());
  EXPECT_EQ(TlsCertificates({}).choose("pods.example"), nullptr);
}

TEST(TlsCertificates, OfTwoCertificatesWithANameTheOneThatEndsLaterIsShown) {
  const auto old = certificate_for({"pods.example"}, 100);
  const auto fresh = certificate_for({"pods.example"}, 9000);
  EXPECT_EQ(TlsCertificates({old, fresh}).find("pods.example"), fresh.get());
  EXPECT_EQ(TlsCertificates({fresh, old}).find("pods.example"), fresh.get());
}

}  // namespace
}  // namespace sitepod::net
