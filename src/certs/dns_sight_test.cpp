#include "certs/dns_sight.hpp"

#include <gtest/gtest.h>

#include "net/dns_stub.hpp"

namespace sitepod::certs {
namespace {

using net::DnsStub;
using net::DnsType;
using namespace std::chrono_literals;

constexpr const char* kRecord = "_acme-challenge.pods.example";

// One name server is the zone's two; what waiting would be is counted.
class DnsSight : public testing::Test {
 protected:
  DnsSight() {
    const std::string server = stub_.server();
    settings_.address_resolvers = server;
    settings_.name_server_port = static_cast<std::uint16_t>(std::stoi(server.substr(server.find(':') + 1)));
    for (const char* name : {"tom.ns.example", "una.ns.example"}) stub_.set(name, DnsType::A, {"127.0.0.1"});
  }
  Result<void> look(const std::vector<std::string>& texts, const std::function<void()>& while_waiting = {}) {
    std::vector<SoughtRecord> records;
    for (const std::string& text : texts) records.push_back({kRecord, text, {"tom.ns.example", "una.ns.example"}});
    return wait_until_visible(records, settings_, [&](std::chrono::milliseconds time) {
      waited_.push_back(time);
      if (while_waiting) while_waiting();
      return !stops_;
    });
  }

  DnsStub stub_;
  DnsSightSettings settings_;
  std::vector<std::chrono::milliseconds> waited_;
  bool stops_ = false;
};

TEST_F(DnsSight, BothTextsOfANameAreSeenAtTheZonesOwnNameServers) {
  stub_.set(kRecord, DnsType::Txt, {"somebody's", "one", "two"});
  EXPECT_TRUE(look({"one", "two"}).ok());
  EXPECT_EQ(waited_, std::vector<std::chrono::milliseconds>{settings_.settling});  // other name servers may lag
}

TEST_F(DnsSight, ARecordThatComesLaterIsWaitedFor) {
  stub_.set(kRecord, DnsType::Txt, {"old"});
  EXPECT_TRUE(look({"one"}, [&] { stub_.set(kRecord, DnsType::Txt, {"old", "one"}); }).ok());
  EXPECT_EQ(waited_.size(), 2u);
}

TEST_F(DnsSight, ARecordThatDoesNotComeIsAnErrorThatNamesWhoWasAsked) {
  stub_.set(kRecord, DnsType::Txt, {"old"});
  const auto outcome = look({"one"});
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, "dns_not_visible");
  EXPECT_EQ(outcome.error().kind, ErrorKind::Unavailable);
  EXPECT_NE(outcome.error().message.find("tom.ns.example, una.ns.example"), std::string::npos);
  EXPECT_NE(outcome.error().message.find(kRecord), std::string::npos);
  std::chrono::milliseconds total{};
  for (const auto time : waited_) total += time;
  EXPECT_LE(total, settings_.patience);
  EXPECT_GT(waited_.size(), 10u);
}

TEST_F(DnsSight, NameServersWithoutAddressesShowNothing) {
  stub_.clear();
  EXPECT_EQ(look({"one"}).error().code, "dns_not_visible");
}

TEST_F(DnsSight, ResolversThatAreNamedAreAskedInsteadAndNotAtOnce) {
  settings_.resolvers = stub_.server();
  settings_.name_server_port = 1;
  const int before = stub_.questions();
  EXPECT_TRUE(look({"one"}, [&] {
                EXPECT_EQ(stub_.questions(), before);
                stub_.set(kRecord, DnsType::Txt, {"one"});
              }).ok());
  EXPECT_EQ(waited_, std::vector<std::chrono::milliseconds>{settings_.settling});
}

TEST_F(DnsSight, EndsWithTheServer) {
  stops_ = true;
  EXPECT_EQ(look({"one"}).error().message, "The server stops.");
  EXPECT_EQ(waited_.size(), 1u);
}

}  // namespace
}  // namespace sitepod::certs
