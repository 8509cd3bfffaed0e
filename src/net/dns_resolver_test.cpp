#include "net/dns_resolver.hpp"

#include <gtest/gtest.h>

#include <array>

#include "net/dns_stub.hpp"

namespace sitepod::net {
namespace {

using Outcome = DnsAnswer::Outcome;
using Behaviour = DnsStub::Behaviour;
using Values = std::vector<std::string>;

class Dns : public ::testing::Test {
 protected:
  DnsAnswer ask(const std::string& name, DnsType type, std::chrono::milliseconds timeout = std::chrono::seconds(20)) {
    const DnsResolver resolver({stub_.server(), timeout});
    const std::array<DnsQuestion, 1> questions = {DnsQuestion{name, type}};
    return resolver.resolve(questions).front();
  }
  DnsStub stub_;
};

TEST_F(Dns, EveryTextOfTheNameIsFoundWithItsStringsJoined) {
  stub_.set("_sitepod.example.com", DnsType::Txt, {"one", std::string(700, 'x'), "\"quoted\""});
  const DnsAnswer answer = ask("_sitepod.example.com", DnsType::Txt);
  EXPECT_EQ(answer.outcome, Outcome::Found);
  EXPECT_EQ(answer.values, (Values{"one", std::string(700, 'x'), "\"quoted\""}));
}

TEST_F(Dns, TheTargetOfAnAliasIsLowerCaseWithoutItsDot) {
  stub_.set("www.example.com", DnsType::Cname, {"Shop.Sites.Test"});
  const DnsAnswer answer = ask("www.example.com", DnsType::Cname);
  EXPECT_EQ(answer.outcome, Outcome::Found);
  EXPECT_EQ(answer.values, Values{"shop.sites.test"});
}

TEST_F(Dns, AddressesAreFoundAsTheyAreWritten) {
  stub_.set("ns.example.com", DnsType::A, {"192.0.2.1", "127.0.0.1"});
  stub_.set("ns.example.com", DnsType::Aaaa, {"2001:db8::7"});
  EXPECT_EQ(ask("ns.example.com", DnsType::A).values, (Values{"192.0.2.1", "127.0.0.1"}));
  EXPECT_EQ(ask("ns.example.com", DnsType::Aaaa).values, Values{"2001:db8::7"});
  EXPECT_EQ(ask("other.example.com", DnsType::A).outcome, Outcome::Absent);
}

TEST_F(Dns, ANameThatDoesNotExistIsAbsent) {
  EXPECT_EQ(ask("nothing.example.com", DnsType::Txt).outcome, Outcome::Absent);
}

TEST_F(Dns, QuestionsOfOneCallAreAnsweredInTheirOrder) {
  stub_.set("b.test", DnsType::Cname, {"c.test"});
  const DnsResolver resolver({stub_.server(), std::chrono::seconds(20)});
  const std::array<DnsQuestion, 2> questions = {DnsQuestion{"a.test", DnsType::Txt},
                                                DnsQuestion{"b.test", DnsType::Cname}};
  const auto answers = resolver.resolve(questions);
  ASSERT_EQ(answers.size(), 2u);
  EXPECT_EQ(answers[0].outcome, Outcome::Absent);
  EXPECT_EQ(answers[1].values, Values{"c.test"});
}

TEST_F(Dns, AServerThatFailsOrRefusesProvesNothing) {
  stub_.set("a.test", DnsType::Txt, {"x"});
  for (const Behaviour behaviour : {Behaviour::ServFail, Behaviour::Refuse}) {
    stub_.behave(behaviour);
    EXPECT_EQ(ask("a.test", DnsType::Txt).outcome, Outcome::Failed);
  }
}

TEST_F(Dns, SilenceAndNonsenseEndAtTheTimeout) {
  for (const Behaviour behaviour : {Behaviour::Silence, Behaviour::Garbage}) {
    stub_.behave(behaviour);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(ask("a.test", DnsType::Txt, std::chrono::milliseconds(300)).outcome, Outcome::Failed);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  }
}

TEST_F(Dns, ATruncatedAnswerIsFetchedOverTcp) {
  stub_.set("a.test", DnsType::Txt, {std::string(5000, 'y')});
  stub_.behave(Behaviour::Truncate);
  const DnsAnswer answer = ask("a.test", DnsType::Txt);
  EXPECT_EQ(answer.values, Values{std::string(5000, 'y')});
  EXPECT_EQ(stub_.tcp_questions(), 1);
}

TEST_F(Dns, AnAnswerWithAnotherIdIsNotBelieved) {
  stub_.set("a.test", DnsType::Txt, {"forged"});
  stub_.behave(Behaviour::ForgeId);
  const DnsAnswer answer = ask("a.test", DnsType::Txt);
  EXPECT_EQ(answer.outcome, Outcome::Absent);
  EXPECT_TRUE(answer.values.empty());
}

TEST_F(Dns, RecordsOfAnotherNameAreNotTheAnswer) {
  stub_.set("a.test", DnsType::Txt, {"elsewhere"});
  stub_.behave(Behaviour::OtherOwner);
  EXPECT_EQ(ask("a.test", DnsType::Txt).outcome, Outcome::Absent);
}

TEST(DnsServers, AreNumericAddressesWithAnOptionalPort) {
  for (std::string_view good :
       {"127.0.0.1", "127.0.0.1:5353", "[::1]:53", "[::1]", "::1", "192.0.2.1:53,[2001:db8::1]:53"})
    EXPECT_TRUE(is_dns_server_list(good)) << good;
  for (std::string_view bad : {"", ",", "localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "127.0.0.1,",
                               "[::1", "[::1]x", "1.2.3", "dns.example.com:53", "127.0.0.1:53 "})
    EXPECT_FALSE(is_dns_server_list(bad)) << bad;
}

std::span<const std::uint8_t> bytes(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
std::string packet(unsigned answers, const std::string& records) {
  std::string out("\x12\x34\x81\x80\x00\x00", 6);
  DnsStub::put16(out, answers);
  return out + std::string(4, '\0') + records;
}

TEST(DnsPacket, EveryTruncationIsRefused) {
  const std::string whole = packet(1, DnsStub::record("a.test", DnsType::Txt, "hello"));
  ASSERT_EQ(parse_dns_answer(bytes(whole), "a.test", DnsType::Txt), Values{"hello"});
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_FALSE(parse_dns_answer(bytes(whole.substr(0, length)), "a.test", DnsType::Txt)) << length;
}

TEST(DnsPacket, LoopsOfPointersAndLengthsThatLieAreRefused) {
  EXPECT_FALSE(parse_dns_answer(
      bytes(packet(1, std::string("\xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x00\x00\x01\x00", 13))), "a", DnsType::Txt));
  std::string lying = DnsStub::record("a", DnsType::Txt, "xyz");
  lying[lying.size() - 4] = 9;
  EXPECT_FALSE(parse_dns_answer(bytes(packet(1, lying)), "a", DnsType::Txt));
  EXPECT_FALSE(parse_dns_answer(bytes(packet(40000, "")), "a", DnsType::Txt));
}

}  // namespace
}  // namespace sitepod::net
