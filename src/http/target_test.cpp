#include "http/target.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sitepod::http {
namespace {

std::optional<std::string> decode(std::string_view path) {
  std::vector<char> buffer(path.size());
  const auto decoded = decode_path(path, buffer);
  return decoded ? std::optional(std::string(*decoded)) : std::nullopt;
}

TEST(Target, DecodesAPathOnce) {
  EXPECT_EQ(decode(""), "");
  EXPECT_EQ(decode("/"), "/");
  EXPECT_EQ(decode("/a%20b"), "/a b");
  EXPECT_EQ(decode("/file%2B%26%3D.html"), "/file+&=.html");
  EXPECT_EQ(decode("/a+b"), "/a+b");
  EXPECT_EQ(decode("/%e4%bd%A0%e5%a5%bd"), "/你好");
  EXPECT_EQ(decode("/%2541"), "/%41");
  EXPECT_EQ(decode("/%2e%2E/%2f"), "/..//");
  EXPECT_EQ(decode("/a/../b/./c"), "/a/../b/./c");
  EXPECT_EQ(decode("/\xc3\xa4"), "/ä");
  EXPECT_EQ(decode("/%01%7f"), "/\x01\x7f");
}

TEST(Target, RefusesBrokenPercentSigns) {
  for (const std::string_view path :
       {"%", "/%", "/%4", "/a%4", "/%g0", "/%0g", "/%%41", "/% 1", "/%+1", "/%-1", "/%0x", "/a%", "/%4%41"})
    EXPECT_EQ(decode(path), std::nullopt) << path;
}

TEST(Target, RefusesNul) {
  EXPECT_EQ(decode("/a%00"), std::nullopt);
  EXPECT_EQ(decode("/%00/b"), std::nullopt);
  EXPECT_EQ(decode(std::string_view("/\0", 2)), std::nullopt);
}

TEST(Target, RefusesWhatIsNotUtf8) {
  for (const std::string_view path :
       {"/%80",          "/%bf",       "/%c0%80",       "/%c0%af",       "/%c1%bf",
        "/%c3",          "/%c3/",      "/%e0%80%af",    "/%e0%9f%bf",    "/%ed%a0%80",
        "/%ed%bf%bf",    "/%e4%bd",    "/%f0%80%80%af", "/%f0%8f%bf%bf", "/%f4%90%80%80",
        "/%f5%80%80%80", "/%f0%9f%98", "/%ff",          "/%fe",          "/%f8%88%80%80%80",
        "/%c3%28",       "/\xc3",      "/%e4%bd\xa0%80"})
    EXPECT_EQ(decode(path), std::nullopt) << path;
}

TEST(Target, AcceptsTheFirstAndLastCharacterOfEveryLength) {
  for (const std::string_view text : {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
                                      "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
    EXPECT_TRUE(is_valid_utf8(text)) << text;
  EXPECT_TRUE(is_valid_utf8("plain text that is longer than one machine word ä"));
  EXPECT_FALSE(is_valid_utf8("plain text that is longer than one machine word \xe4"));
}

TEST(Target, NeedsABufferForWhatItDecodesOnly) {
  char buffer[2];
  EXPECT_EQ(decode_path("/plain/path", {}), "/plain/path");
  EXPECT_EQ(decode_path("%41%42", buffer), "AB");
  EXPECT_EQ(decode_path("%41%42C", buffer), std::nullopt);
  EXPECT_EQ(decode_path("ABC%41", buffer), std::nullopt);
  EXPECT_EQ(decode_path("%41", {}), std::nullopt);
}

TEST(Target, FindsQueryParameters) {
  EXPECT_EQ(query_parameter("a=1&b=2", "b"), "2");
  EXPECT_EQ(query_parameter("a=1&a=2", "a"), "1");
  EXPECT_EQ(query_parameter("a=x+y%2Bz%20", "a"), "x y+z ");
  EXPECT_EQ(query_parameter("%61=1", "a"), "1");
  EXPECT_EQ(query_parameter("a", "a"), "");
  EXPECT_EQ(query_parameter("a=", "a"), "");
  EXPECT_EQ(query_parameter("a=b=c", "a"), "b=c");
  EXPECT_EQ(query_parameter("&&a=1&", "a"), "1");
  EXPECT_EQ(query_parameter("a=%zz%4", "a"), "%zz%4");
  EXPECT_EQ(query_parameter("=1", ""), "1");
  EXPECT_EQ(query_parameter("ab=1&A=2", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("", "a"), std::nullopt);
  EXPECT_EQ(query_parameter("b=a", "a"), std::nullopt);
}

TEST(Target, EncodesPathsThatDecodeToThemselves) {
  std::string all;
  for (int c = 1; c < 0x80; ++c) all += static_cast<char>(c);
  for (const std::string& path :
       {std::string("/a b/ä?#%"), std::string("//evil.example"), std::string("/") + all, std::string("")})
    EXPECT_EQ(decode(encode_path(path)), path);
  EXPECT_EQ(encode_path("/a b+c/ä?x#y%\r\n\"\\"), "/a%20b+c/%C3%A4%3Fx%23y%25%0D%0A%22%5C");
  EXPECT_EQ(encode_path("/-._~!$&'()*+,;=:@"), "/-._~!$&'()*+,;=:@");
}

TEST(Target, AnEncodedPathIsNeverAnotherHostsAddress) {
  EXPECT_EQ(encode_path("//evil.example/"), "/%2Fevil.example/");
  EXPECT_EQ(encode_path("///x"), "/%2F/x");
  EXPECT_EQ(encode_path("/\\x"), "/%5Cx");
  EXPECT_EQ(encode_path("/a//b"), "/a//b");
}

TEST(Target, EncodesComponentsCompletely) {
  EXPECT_EQ(encode_component("a/b?c=d&e f+ü~"), "a%2Fb%3Fc%3Dd%26e%20f%2B%C3%BC~");
}

}  // namespace
}  // namespace sitepod::http
