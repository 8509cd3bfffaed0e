#include "model/domain_name.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace sitepod::model {
namespace {

struct Row {
  std::string_view given;
  std::string_view parsed;  // empty: refused
};

std::string outcome_of(std::string_view given) {
  auto parsed = parse_domain_name(given);
  if (parsed.ok()) return *parsed;
  EXPECT_EQ(parsed.error().code, "invalid_request") << given;
  EXPECT_NE(parsed.error().message.find("\"domain\""), std::string::npos) << "names no field: " << given;
  return "";
}

// Reliability row 105: who claims what.
constexpr Row kRows[] = {
    // Ordinary names.
    {"example.com", "example.com"},
    {"www.example.com", "www.example.com"},
    {"a.b.c.d.e.f.g.h.i.example.org", "a.b.c.d.e.f.g.h.i.example.org"},
    {"x.io", "x.io"},
    {"1.example.com", "1.example.com"},
    {"123.com", "123.com"},
    {"0.0.0.0.com", "0.0.0.0.com"},
    {"my-site.example.com", "my-site.example.com"},
    {"a--b.example.com", "a--b.example.com"},
    {"ab--cd.example.com", "ab--cd.example.com"},
    {"foo.test", "foo.test"},
    {"foo.example", "foo.example"},
    {"foo.invalid", "foo.invalid"},
    {"foo.localhost", "foo.localhost"},
    {"foo.local", "foo.local"},
    {"foo.internal", "foo.internal"},
    {"shop.co.uk", "shop.co.uk"},
    {"shop.com.br", "shop.com.br"},
    {"me.github.io", "me.github.io"},
    {"a.0xg", "a.0xg"},
    {"a.0x1g", "a.0x1g"},
    {"a.b0", "a.b0"},
    {"www.ck", "www.ck"},
    {"a.b.ck", "a.b.ck"},
    {"city.kawasaki.jp", "city.kawasaki.jp"},
    // Case, spaces, one trailing dot.
    {"EXAMPLE.COM", "example.com"},
    {"Example.Com", "example.com"},
    {" example.com", "example.com"},
    {"example.com ", "example.com"},
    {"\texample.com\r\n", "example.com"},
    {"example.com.", "example.com"},
    {" EXAMPLE.com. ", "example.com"},
    {"example.com..", ""},
    {"exam ple.com", ""},
    {"example .com", ""},
    {"example.com .", ""},
    {"example\t.com", ""},
    // International names.
    {"bücher.example", "xn--bcher-kva.example"},
    {"BÜCHER.example", "xn--bcher-kva.example"},
    {"bu\xcc\x88"
     "cher.example",
     "xn--bcher-kva.example"},
    {"xn--bcher-kva.example", "xn--bcher-kva.example"},
    {"XN--BCHER-KVA.EXAMPLE", "xn--bcher-kva.example"},
    {"straße.de", "xn--strae-oqa.de"},
    {"faß.de", "xn--fa-hia.de"},
    {"strasse.de", "strasse.de"},
    {"βόλος.com", "xn--nxasmm1c.com"},
    {"ﬀ.com", "ff.com"},
    {"Ⅷ.com", "viii.com"},
    {"ＥＸＡＭＰＬＥ.com", "example.com"},
    {"example。com", "example.com"},
    {"example．com", "example.com"},
    {"example｡com", "example.com"},
    {"пример.рф", "xn--e1afmkfd.xn--p1ai"},
    {"例え.jp", "xn--r8jz45g.jp"},
    {"中国.中国", "xn--fiqs8s.xn--fiqs8s"},
    {"مثال.com", "xn--mgbh0fb.com"},
    {"दुनिया.com", "xn--j2bev4ddk.com"},
    {"аpple.com", "xn--pple-43d.com"},  // with a Cyrillic letter: its punycode does not look like apple.com
    {"xn--80ak6aa92e.com", "xn--80ak6aa92e.com"},
    {"☃.com", ""},
    {"I♥NY.com", ""},
    {"💩.la", ""},
    {"a\xe2\x80\x8d"
     "b.com",
     ""},
    {"١.com", ""},
    {"xn--.com", ""},
    {"xn--a.com", ""},
    {"xn--fa.de", ""},
    {"xn--zca.xn--", ""},
    {"xn--\xc3\xbc.com", ""},
    {"\xcc\x88.com", ""},
    {"ex\xc2\xad"
     "ample.com",
     "example.com"},  // a soft hyphen means nothing
    // Labels.
    {"", ""},
    {" ", ""},
    {".", ""},
    {"..", ""},
    {"com", ""},
    {"localhost", ""},
    {"verify", ""},
    {"example", ""},
    {".example.com", ""},
    {"example..com", ""},
    {"-example.com", ""},
    {"example-.com", ""},
    {"a.-b.com", ""},
    {"a.b-.com", ""},
    {"-.com", ""},
    {"example.-", ""},
    {"example.com-", ""},
    {"_sitepod.example.com", ""},
    {"_acme-challenge.example.com", ""},
    {"a_b.com", ""},
    {"a+b.com", ""},
    {"a!b.com", ""},
    {"a'b.com", ""},
    {"a\"b.com", ""},
    {"a;b.com", ""},
    {"a,b.com", ""},
    {"a=b.com", ""},
    {"a&b.com", ""},
    {"a$b.com", ""},
    {"a(b).com", ""},
    {"a<b>.com", ""},
    {"a{b}.com", ""},
    {"a|b.com", ""},
    {"a^b.com", ""},
    {"a~b.com", ""},
    {"a`b.com", ""},
    {"a\\b.com", ""},
    {"a#b.com", ""},
    {"a%62.com", ""},
    {"ex%61mple.com", ""},
    {"％41.com", ""},
    // Wildcards, ports, addresses, URLs.
    {"*", ""},
    {"*.com", ""},
    {"*.example.com", ""},
    {"a.*.example.com", ""},
    {"*a.example.com", ""},
    {"example.com:80", ""},
    {"example.com:443", ""},
    {"example.com:", ""},
    {":80", ""},
    {"http://example.com", ""},
    {"https://example.com/", ""},
    {"//example.com", ""},
    {"example.com/", ""},
    {"example.com/x", ""},
    {"example.com?x", ""},
    {"user@example.com", ""},
    {"/example.com", ""},
    {"../example.com", ""},
    {"example.com/..", ""},
    {"127.0.0.1", ""},
    {"127.0.0.1.", ""},
    {"10.1", ""},
    {"1.2.3.4", ""},
    {"256.256.256.256", ""},
    {"1.2.3.4.5", ""},
    {"0x7f.1", ""},
    {"1.0x7f", ""},
    {"example.0x", ""},
    {"example.0xff", ""},
    {"example.123", ""},
    {"example.1", ""},
    {"１２７.0.0.1", ""},
    {"test.１", ""},
    {"[::1]", ""},
    {"[::1].com", ""},
    {"::1", ""},
    {"2001:db8::1", ""},
    {"[2001:db8::1]:80", ""},
    // Public suffixes.
    {"co.uk", ""},
    {"co.uk.", ""},
    {"CO.UK", ""},
    {"com.br", ""},
    {"org.au", ""},
    {"ac.jp", ""},
    {"foo.ck", ""},
    {"bar.kawasaki.jp", ""},
    {"github.io", ""},
    {"GitHub.io", ""},
    {"netlify.app", ""},
    {"pages.dev", ""},
    {"blogspot.com", ""},
    {"xn--55qx5d.cn", ""},
    {"公司.cn", ""},
    {"gov.uk", ""},
    {"nhs.uk", ""},
    {"pvt.k12.ma.us", ""},
    // Bytes that are no text.
    {"\xff.com", ""},
    {"a\xc0\x80.com", ""},
    {"\xed\xa0\x80.com", ""},
    {"a\x01.com", ""},
    {"a\x7f.com", ""},
    {std::string_view("a\0b.com", 7), ""},
    {std::string_view("example.com\0", 12), ""},
    {std::string_view("example.com\0.evil.com", 21), ""},
    {"example.com\nevil.com", ""},
    {"example.com\r\nX: y", ""},
    {"\u202e"
     "example.com",
     ""},
    {"example\u2024com.org", ""},
    {"example\u2024com", ""},
    {"a\u3000b.com", ""},
    {"a\u00a0b.com", ""},
    {"a\u2100b.com", ""},
    {"example\uff0fcom.org", ""},
    {"example\uff1a80.com", ""},
};

TEST(DomainName, IsParsedOrRefusedAsTheTableSays) {
  static_assert(std::size(kRows) > 180);
  for (const Row& row : kRows) EXPECT_EQ(outcome_of(row.given), row.parsed) << "given: " << row.given;
}

TEST(DomainName, ParsedTwiceIsTheSame) {
  for (const Row& row : kRows)
    if (!row.parsed.empty()) {
      EXPECT_EQ(outcome_of(row.parsed), row.parsed);
    }
}

TEST(DomainName, LimitsAreMetExactly) {
  const std::string label63(63, 'a');
  EXPECT_EQ(outcome_of(label63 + ".com"), label63 + ".com");
  EXPECT_EQ(outcome_of(label63 + "a.com"), "");
  const std::string name253 = label63 + "." + label63 + "." + label63 + "." + std::string(57, 'b') + ".com";
  ASSERT_EQ(name253.size(), 253u);
  EXPECT_EQ(outcome_of(name253), name253);
  EXPECT_EQ(outcome_of(name253 + "."), name253);
  EXPECT_EQ(outcome_of("a" + name253), "");
  EXPECT_EQ(outcome_of(std::string(100'000, 'a')), "");
  EXPECT_EQ(outcome_of(std::string(2000, '.')), "");
}

TEST(Slug, HasOneSlashInFrontAndNoneBehind) {
  const std::array<Row, 12> rows = {{{"", "/"},
                                     {"/", "/"},
                                     {"//", "/"},
                                     {"blog", "/blog"},
                                     {"/blog", "/blog"},
                                     {"/blog/", "/blog"},
                                     {"blog/", "/blog"},
                                     {"/docs/api", "/docs/api"},
                                     {"/ü b", "/ü b"},
                                     {"/a+&=%#?;'", "/a+&=%#?;'"},
                                     {"/Blog", "/Blog"},
                                     {"/__preview", "/__preview"}}};
  for (const Row& row : rows) {
    auto slug = parse_slug(row.given);
    ASSERT_TRUE(slug.ok()) << row.given;
    EXPECT_EQ(*slug, row.parsed);
    EXPECT_EQ(*parse_slug(*slug), row.parsed);
  }
}

TEST(Slug, RefusesWhatIsNoPathOrTheServersOwn) {
  for (std::string_view slug : {"/a//b", "//a", "/../x", "/a/..", "/.", "/a\\b", "/a\nb", "/\xff", "/__preview__",
                                "/__preview__/x", "__preview__"})
    EXPECT_FALSE(parse_slug(slug).ok()) << slug;
  EXPECT_FALSE(parse_slug(std::string_view("/a\0b", 4)).ok());
  EXPECT_TRUE(parse_slug("/" + std::string(254, 'a')).ok());
  EXPECT_FALSE(parse_slug("/" + std::string(255, 'a')).ok());
}

TEST(BaseDomain, AnEqualEndingWithoutADotIsNotUnderIt) {
  EXPECT_TRUE(is_at_or_under("example.com", "example.com"));
  EXPECT_TRUE(is_at_or_under("a.example.com", "example.com"));
  EXPECT_TRUE(is_at_or_under("a.b.example.com", "example.com"));
  EXPECT_FALSE(is_at_or_under("evilexample.com", "example.com"));
  EXPECT_FALSE(is_at_or_under("example.com.evil.org", "example.com"));
  EXPECT_FALSE(is_at_or_under("com", "example.com"));
}

}  // namespace
}  // namespace sitepod::model
