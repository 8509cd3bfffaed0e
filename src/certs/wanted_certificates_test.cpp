#include "certs/wanted_certificates.hpp"

#include <gtest/gtest.h>

#include <set>

namespace sitepod::certs {
namespace {

using Names = std::vector<std::string>;

// "HOST: NAME NAME", by DNS with a star behind the host.
Names told(const Names& routed, const std::string& wildcard_domain, const std::set<std::string>& provided = {}) {
  Names lines;
  for (const WantedCertificate& each :
       wanted_certificates(routed, wildcard_domain, [&](const std::string& name) { return provided.contains(name); })) {
    std::string line = each.host + (each.by == ProofBy::Dns ? " by DNS:" : ":");
    for (const std::string& name : each.names) line += " " + name;
    lines.push_back(line);
  }
  return lines;
}

TEST(WantedCertificates, WithoutAProofByDnsAreOneAHost) {
  EXPECT_EQ(told({"shop.example", "a.pods.example", "localhost", "a.pods.example"}, ""),
            (Names{"a.pods.example: a.pods.example", "shop.example: shop.example"}));
}

TEST(WantedCertificates, OfTheBaseDomainsNamesAreOneTogether) {
  EXPECT_EQ(told({"shop.example", "a.pods.example", "a--beta.pods.example", "pods.example", "www.pods.example",
                  "a--x.preview.pods.example", "deep.er.pods.example", "notpods.example"},
                 "pods.example"),
            (Names{"*.pods.example by DNS: *.pods.example pods.example *.preview.pods.example",
                   "deep.er.pods.example: deep.er.pods.example", "notpods.example: notpods.example",
                   "shop.example: shop.example"}));
}

TEST(WantedCertificates, LeaveOutWhatTheOperatorHas) {
  EXPECT_EQ(told({"pods.example", "shop.example"}, "pods.example",
                 {"pods.example", "*.pods.example", "*.preview.pods.example", "shop.example"}),
            Names{});
  EXPECT_EQ(told({"pods.example"}, "pods.example", {"pods.example", "*.pods.example"}),
            Names{"*.pods.example by DNS: *.preview.pods.example"});
}

TEST(WantedCertificates, OfAMachineOfItsOwnAreNone) {
  EXPECT_EQ(told({"localhost", "a.localhost"}, "localhost"), Names{});
  EXPECT_EQ(told({"127.0.0.1"}, "127.0.0.1"), Names{});
}

}  // namespace
}  // namespace sitepod::certs
