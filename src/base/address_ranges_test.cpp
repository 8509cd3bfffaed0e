#include "base/address_ranges.hpp"

#include <gtest/gtest.h>

namespace sitepod {
namespace {

AddressRanges ranges(std::string_view list) { return AddressRanges::parse(list).value(); }

TEST(AddressRanges, HoldNetworksAndSingleAddresses) {
  const AddressRanges some = ranges("10.0.0.0/8, 192.0.2.7 ,2001:db8::/33");
  for (const char* inside : {"10.255.1.2", "192.0.2.7", "2001:db8:7fff::1", "::ffff:10.1.1.1"})
    EXPECT_TRUE(some.contains(inside)) << inside;
  for (const char* outside : {"11.0.0.1", "192.0.2.8", "2001:db8:8000::1", "::1", "", "name"})
    EXPECT_FALSE(some.contains(outside)) << outside;
  EXPECT_TRUE(ranges("0.0.0.0/0").contains("203.0.113.9"));
  EXPECT_FALSE(ranges("0.0.0.0/0").contains("2001:db8::1"));
  EXPECT_TRUE(ranges("").empty());
}

TEST(AddressRanges, WhatIsNoAddressIsRefused) {
  for (const char* wrong : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x", "example.com",
                            "10.0.0.1,,10.0.0.2", "2001:db8::/129", "10.0.0"})
    EXPECT_FALSE(AddressRanges::parse(wrong)) << wrong;
}

TEST(AddressRanges, OnlyTheirOwnProxiesAreBelieved) {
  const AddressRanges proxies = ranges("10.0.0.0/8");
  EXPECT_EQ(proxies.client_behind("203.0.113.9", "1.2.3.4"), "203.0.113.9") << "a stranger may claim anything";
  EXPECT_EQ(proxies.client_behind("10.0.0.1", "1.2.3.4"), "1.2.3.4");
  EXPECT_EQ(proxies.client_behind("10.0.0.1", "6.6.6.6, 1.2.3.4, 10.0.0.2"), "1.2.3.4")
      << "what stands before is a claim";
  EXPECT_EQ(proxies.client_behind("10.0.0.1", "10.0.0.3,10.0.0.2"), "10.0.0.3");
  EXPECT_EQ(proxies.client_behind("10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(proxies.client_behind("10.0.0.1", "unknown"), "10.0.0.1");
  EXPECT_EQ(ranges("").client_behind("127.0.0.1", "1.2.3.4"), "127.0.0.1");
}

}  // namespace
}  // namespace sitepod
