#include "app/shown_certificates.hpp"

#include <gtest/gtest.h>

namespace sitepod::app {
namespace {

constexpr std::int64_t kHour = 3'600'000;

TEST(TicketKeyTurn, HappensTwiceADayAndOpensTicketsOfADayBefore) {
  const ServerConfig config;
  const auto shown = ShownCertificates::load(config).value();
  const Instant start = now();
  const auto at = [&](std::int64_t hours) { return Instant{start.unix_ms + hours * kHour}; };
  const auto first = shown->compose()->ticket_keys().newest().name;
  EXPECT_FALSE(shown->turn_ticket_keys(at(11)));
  EXPECT_EQ(shown->compose()->ticket_keys().newest().name, first);
  EXPECT_TRUE(shown->turn_ticket_keys(at(12)));
  EXPECT_FALSE(shown->turn_ticket_keys(at(13)));
  EXPECT_NE(shown->compose()->ticket_keys().newest().name, first);
  EXPECT_TRUE(shown->turn_ticket_keys(at(24)));
  EXPECT_NE(shown->compose()->ticket_keys().find(first), nullptr);
  EXPECT_TRUE(shown->turn_ticket_keys(at(36)));
  EXPECT_EQ(shown->compose()->ticket_keys().find(first), nullptr);
  EXPECT_TRUE(shown->turn_ticket_keys(at(0)));  // a clock that was set back stops nothing
}

TEST(TicketKeyTurn, OtherChangesKeepTheKeys) {
  const ServerConfig config;
  const auto shown = ShownCertificates::load(config).value();
  EXPECT_EQ(shown->compose()->ticket_keys().newest().name, shown->compose()->ticket_keys().newest().name);
}

}  // namespace
}  // namespace sitepod::app
