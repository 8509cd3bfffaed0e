#include "certs/renewal.hpp"

#include <gtest/gtest.h>

#include "net/tls_fixture.hpp"

namespace sitepod::certs {
namespace {

constexpr std::int64_t kMinute = 60'000;
constexpr std::int64_t kHour = 60 * kMinute;
const Instant kNow{1'700'000'000'000};

const Error kRefused{ErrorKind::Invalid, "acme_refused", "The host is not there.", {}, {}};
const Error kAway{ErrorKind::Unavailable, "network", "Nobody answers.", {}, {}};

TEST(Renewal, IsDueAtTwoThirdsOfALifeOfAnyLengthOrALittleEarlier) {
  for (const long seconds : {600L, 6 * 86400L, 90 * 86400L}) {
    const net::PemPair pair = net::self_signed({"pods.example"}, seconds);
    const auto certificate = net::TlsCertificate::parse(pair.certificate, pair.key).value();
    const double life = static_cast<double>(certificate->not_after().unix_ms - certificate->not_before().unix_ms);
    const double at = static_cast<double>(renewal_due(*certificate).unix_ms - certificate->not_before().unix_ms) / life;
    EXPECT_LE(at, 2.0 / 3);
    EXPECT_GE(at, 2.0 / 3 - 0.05 - 0.001);
  }
}

TEST(Renewal, WhatWasIssuedTogetherIsNotRenewedTogether) {
  std::set<std::int64_t> instants;
  for (int i = 0; i < 20; ++i) {
    const net::PemPair pair = net::self_signed({"pods.example"}, 90 * 86400);
    instants.insert(renewal_due(*net::TlsCertificate::parse(pair.certificate, pair.key).value()).unix_ms / kHour);
  }
  EXPECT_GT(instants.size(), 10u);
}

TEST(Setback, ARefusalWaitsLongerEachTimeUpToADayAndNeverFiveTimesInAnHour) {
  Setback last = next_setback(nullptr, kRefused, kNow);
  EXPECT_EQ(last.next_try.unix_ms, kNow.unix_ms + 15 * kMinute);
  Instant time = kNow;
  int in_first_hour = 1;
  for (int i = 0; i < 40; ++i) {
    time = last.next_try;
    if (time.unix_ms < kNow.unix_ms + kHour) ++in_first_hour;
    last = next_setback(&last, kRefused, time);
  }
  EXPECT_LE(in_first_hour, 4);
  EXPECT_EQ(last.failures, 41);
  EXPECT_EQ(last.next_try.unix_ms, time.unix_ms + 24 * kHour);
}

TEST(Setback, AnAuthorityThatIsAwayIsAskedAgainSooner) {
  Setback last = next_setback(nullptr, kAway, kNow);
  EXPECT_EQ(last.next_try.unix_ms, kNow.unix_ms + kMinute);
  for (int i = 0; i < 40; ++i) last = next_setback(&last, kAway, kNow);
  EXPECT_EQ(last.next_try.unix_ms, kNow.unix_ms + 6 * kHour);
}

TEST(Setback, AnAuthorityThatSaysHowLongIsBelievedWhenThatIsLonger) {
  const Error limited{ErrorKind::RateLimited, "acme_refused", "Too many.", {}, {{"retry_after", "172800"}}};
  EXPECT_EQ(next_setback(nullptr, limited, kNow).next_try.unix_ms, kNow.unix_ms + 48 * kHour);
  const Error soon{ErrorKind::RateLimited, "acme_refused", "Too many.", {}, {{"retry_after", "5"}}};
  EXPECT_EQ(next_setback(nullptr, soon, kNow).next_try.unix_ms, kNow.unix_ms + 15 * kMinute);
}

TEST(Setback, WhatKeepsFromTheAuthorityConcernsEveryHost) {
  EXPECT_TRUE(is_about_authority(kAway));
  EXPECT_TRUE(is_about_authority({ErrorKind::Unavailable, "proxy", "The proxy asks for a login.", {}, {}}));
  EXPECT_TRUE(is_about_authority({ErrorKind::Unavailable, "certificate", "It cannot be trusted.", {}, {}}));
  EXPECT_TRUE(is_about_authority({ErrorKind::RateLimited, "acme_refused", "Too many.", {}, {}}));
  EXPECT_FALSE(is_about_authority(kRefused));
  EXPECT_FALSE(is_about_authority({ErrorKind::Unavailable, "unavailable", "It took too long.", {}, {}}));
}

TEST(Setback, OneHostsLimitKeepsTheOthersWaitingForAnHourAtMost) {
  EXPECT_EQ(quiet_until(next_setback(nullptr, kAway, kNow), kNow).unix_ms, kNow.unix_ms + kMinute);
  const Error limited{ErrorKind::RateLimited, "acme_refused", "Too many.", {}, {{"retry_after", "172800"}}};
  EXPECT_EQ(quiet_until(next_setback(nullptr, limited, kNow), kNow).unix_ms, kNow.unix_ms + kHour);
}

TEST(Setback, ACertificateThatIsDueAtOnceIsNotOrderedAgainAtOnce) {
  const Setback first = next_setback(nullptr, due_already(), kNow);
  EXPECT_EQ(first.next_try.unix_ms, kNow.unix_ms + 15 * kMinute);
  EXPECT_EQ(next_setback(&first, due_already(), kNow).next_try.unix_ms, kNow.unix_ms + 30 * kMinute);
  EXPECT_FALSE(is_about_authority(due_already()));
}

TEST(Setback, IsTheSameAfterItWasKept) {
  const Setback setback{3, kNow, "dns: \"no\" host\nand more"};
  const auto read = read_setback(write_setback(setback));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->failures, 3);
  EXPECT_EQ(read->next_try, kNow);
  EXPECT_EQ(read->reason, setback.reason);
  for (const char* text : {"", "{}", "[]", R"({"failures":0,"next_try":"2024-01-01T00:00:00Z"})",
                           R"({"failures":1,"next_try":"soon"})", R"({"failures":1,"next_try":"2024-01-01T00:00:00Z")"})
    EXPECT_FALSE(read_setback(text).has_value()) << text;
}

}  // namespace
}  // namespace sitepod::certs
