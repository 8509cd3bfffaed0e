#include "http/request_parser.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sitepod::http {
namespace {

using Outcome = RequestParser::Outcome;

// What a connection does with the bytes: a request's digest, or the status of the refusal, or "more".
std::string describe(const RequestParser& parser, Outcome outcome) {
  if (outcome == Outcome::NeedMore) return "more";
  if (outcome == Outcome::Refused) return std::to_string(to_status(parser.error()));
  const RequestHead& head = parser.head();
  std::string text = std::string(head.method_text) + " " + std::string(head.target) + " " + std::string(head.path) +
                     "?" + std::string(head.query) + " 1." + std::to_string(head.minor_version) + " @" +
                     std::string(head.host);
  for (const Field& field : head.all_fields()) text += "|" + std::string(field.name) + "=" + std::string(field.value);
  text += "|framing " + std::to_string(static_cast<int>(head.framing)) + " " + std::to_string(head.content_length);
  text += head.keep_alive ? " keep" : " close";
  text += head.expect_continue ? " expect" : "";
  text += " consumed " + std::to_string(parser.consumed());
  for (std::size_t i = 0; i < head.known.size(); ++i) text += "," + std::string(head[static_cast<Known>(i)]);
  return text + " " + std::to_string(head.repeated);
}

std::string at_once(std::string_view input) {
  auto parser = std::make_unique<RequestParser>();
  const Outcome outcome = parser->parse(input);
  return describe(*parser, outcome);
}

// Every prefix lies in a buffer of its own, as in an input buffer that grows; what was there before is gone.
std::string byte_by_byte(std::string_view input) {
  auto parser = std::make_unique<RequestParser>();
  Outcome outcome = Outcome::NeedMore;
  std::vector<char> buffer;
  for (std::size_t length = 0; length <= input.size() && outcome == Outcome::NeedMore; ++length) {
    std::vector<char> larger(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(length));
    std::fill(buffer.begin(), buffer.end(), '!');
    outcome = parser->parse({larger.data(), larger.size()});
    buffer.swap(larger);
  }
  return describe(*parser, outcome);
}

int status_of(std::string_view input) {
  auto parser = std::make_unique<RequestParser>();
  const Outcome outcome = parser->parse(input);
  if (outcome == Outcome::Refused) return to_status(parser->error());
  return outcome == Outcome::Complete ? 200 : 0;
}

// The number of bytes after which the input is refused when they arrive one at a time.
std::size_t refused_after(std::string_view input) {
  auto parser = std::make_unique<RequestParser>();
  for (std::size_t length = 1; length <= input.size(); ++length)
    if (parser->parse(input.substr(0, length)) == Outcome::Refused) return length;
  return std::string_view::npos;
}

std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a.example\r\n" + std::string(fields) + "\r\n";
}
std::string get_target(std::string_view target) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a.example\r\n\r\n";
}
std::string with_host(std::string_view host) { return "GET / HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n"; }

constexpr std::string_view kBrowser =
    "GET /assets/app.3f2a.js?v=2 HTTP/1.1\r\n"
    "Host: blog.example.com:8080\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64)\r\n"
    "Accept: text/html,*/*;q=0.8\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "If-None-Match: \"abc\"\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Connection: keep-alive\r\n\r\n";

struct Parsed {
  std::unique_ptr<RequestParser> parser = std::make_unique<RequestParser>();
  std::string input;
  explicit Parsed(std::string_view text) : input(text) { EXPECT_EQ(parser->parse(input), Outcome::Complete) << text; }
  const RequestHead* operator->() const { return &parser->head(); }
  const RequestHead& operator*() const { return parser->head(); }
};

TEST(RequestParser, ReadsAnOrdinaryRequest) {
  const Parsed head(kBrowser);
  EXPECT_EQ(head->method, Method::Get);
  EXPECT_EQ(head->target, "/assets/app.3f2a.js?v=2");
  EXPECT_EQ(head->path, "/assets/app.3f2a.js");
  EXPECT_EQ(head->query, "v=2");
  EXPECT_TRUE(head->has_query);
  EXPECT_EQ(head->minor_version, 1);
  EXPECT_EQ(head->host, "blog.example.com");
  EXPECT_EQ(head->framing, BodyFraming::None);
  EXPECT_TRUE(head->keep_alive);
  EXPECT_EQ(head->field_count, 7u);
  EXPECT_EQ((*head)[Known::AcceptEncoding], "gzip, deflate, br, zstd");
  EXPECT_EQ((*head)[Known::IfNoneMatch], "\"abc\"");
  EXPECT_EQ((*head)[Known::SecFetchMode], "navigate");
  EXPECT_FALSE(head->has(Known::Range));
  EXPECT_EQ(head->find("user-AGENT"), "Mozilla/5.0 (X11; Linux x86_64)");
  EXPECT_EQ(head->find("missing").data(), nullptr);
  EXPECT_EQ(head.parser->consumed(), kBrowser.size());
}

TEST(RequestParser, KnowsEveryFieldThatTheDataPlaneAsksForInAnyCase) {
  const std::pair<std::string_view, Known> names[] = {
      {"Accept", Known::Accept},
      {"aCCEPT-eNCODING", Known::AcceptEncoding},
      {"AUTHORIZATION", Known::Authorization},
      {"content-type", Known::ContentType},
      {"Cookie", Known::Cookie},
      {"If-Match", Known::IfMatch},
      {"If-Modified-Since", Known::IfModifiedSince},
      {"If-None-Match", Known::IfNoneMatch},
      {"If-Range", Known::IfRange},
      {"If-Unmodified-Since", Known::IfUnmodifiedSince},
      {"Range", Known::Range},
      {"Sec-Fetch-Mode", Known::SecFetchMode},
  };
  ASSERT_EQ(std::size(names), static_cast<std::size_t>(Known::kCount));
  for (const auto& [name, known] : names) {
    const Parsed head(get(std::string(name) + ": x\r\n"));
    EXPECT_EQ((*head)[known], "x") << name;
    EXPECT_FALSE(head->is_repeated(known));
    // The same name with one byte changed anywhere is another field.
    for (std::size_t i = 0; i < name.size(); ++i) {
      std::string other(name);
      other[i] = other[i] == '-' ? '_' : '!';
      EXPECT_FALSE(Parsed(get(other + ": x\r\n"))->has(known)) << other;
    }
  }
}

TEST(RequestParser, MarksAKnownFieldThatWasSentTwiceAndKeepsTheFirst) {
  const Parsed head(get("If-None-Match: \"a\"\r\nIf-None-Match: \"b\"\r\nRange:\r\n"));
  EXPECT_EQ((*head)[Known::IfNoneMatch], "\"a\"");
  EXPECT_TRUE(head->is_repeated(Known::IfNoneMatch));
  EXPECT_TRUE(head->has(Known::Range)) << "an empty field is present";
  EXPECT_FALSE(head->is_repeated(Known::Range));
}

TEST(RequestParser, TrimsWhiteSpaceAroundValuesOnly) {
  const Parsed head(get("A: \t x \t y\t \r\nB:z\r\nC:   \r\nD:\r\nE: \xc3\xa4\xff\r\n"));
  EXPECT_EQ(head->find("a"), "x \t y");
  EXPECT_EQ(head->find("b"), "z");
  EXPECT_EQ(head->find("c"), "");
  EXPECT_EQ(head->find("d"), "");
  EXPECT_EQ(head->find("e"), "\xc3\xa4\xff");
}

TEST(RequestParser, ClassifiesMethodsByCase) {
  const std::pair<std::string_view, Method> methods[] = {
      {"GET", Method::Get},
      {"HEAD", Method::Head},
      {"POST", Method::Post},
      {"PUT", Method::Put},
      {"PATCH", Method::Patch},
      {"DELETE", Method::Delete},
      {"OPTIONS", Method::Options},
      {"get", Method::Other},
      {"TRACE", Method::Other},
      {"PROPFIND", Method::Other},
      {"GEX", Method::Other},
      {"G", Method::Other},
      {"!#$%&'*+-.^_`|~09", Method::Other},
  };
  for (const auto& [text, method] : methods) {
    const Parsed head(std::string(text) + " / HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(head->method, method) << text;
    EXPECT_EQ(head->method_text, text);
  }
}

TEST(RequestParser, RefusesWrongRequestLines) {
  const std::pair<std::string_view, int> lines[] = {
      {"GET /\r\n", 400},  // HTTP/0.9
      {"GET /\n", 400},
      {"GET  / HTTP/1.1\r\n", 400},
      {"GET /  HTTP/1.1\r\n", 400},
      {"GET / HTTP/1.1 \r\n", 400},
      {"GET\t/ HTTP/1.1\r\n", 400},
      {" GET / HTTP/1.1\r\n", 400},
      {"GET / HTTP/1.1\n", 400},
      {"GET / HTTP/1.1\r\r\n", 400},
      {"GET / http/1.1\r\n", 400},
      {"GET / Http/1.1\r\n", 400},
      {"GET / HTTP/1\r\n", 400},
      {"GET / HTTP/1.\r\n", 400},
      {"GET / HTTP/1.10\r\n", 400},
      {"GET / HTTP/11\r\n", 400},
      {"GET / HTTP/0.9\r\n", 400},
      {"GET / HTTP/+1.1\r\n", 400},
      {"GET / HTTPS/1.1\r\n", 400},
      {"GET / \r\n", 400},
      {"GET \r\n", 400},
      {"GET HTTP/1.1\r\n", 400},
      {"GE\x01T / HTTP/1.1\r\n", 400},
      {"GET@ / HTTP/1.1\r\n", 400},
      {"\r\n\r\nGET / HTTP/1.1\r\n", 400},
      {"\nGET / HTTP/1.1\r\n", 400},
      {"\rGET / HTTP/1.1\r\n", 400},
      {"\x16\x03\x01\x02", 400},  // TLS on the plain port
      {"GET / HTTP/2.0\r\n", 505},
      {"GET / HTTP/2\r\n", 505},
      {"GET / HTTP/9.9\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
  };
  for (const auto& [line, status] : lines) EXPECT_EQ(status_of(line), status) << line;
}

TEST(RequestParser, IgnoresExactlyOneLeadingCrlf) {
  const Parsed head("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\nrest");
  EXPECT_EQ(head->path, "/");
  EXPECT_EQ(head.parser->consumed(), 29u);
  EXPECT_EQ(at_once("\r"), "more");
  EXPECT_EQ(at_once("\r\n"), "more");
  EXPECT_EQ(status_of("\r\n\r"), 400);
}

TEST(RequestParser, TreatsALaterMinorVersionAsTheLatestItKnows) {
  for (char minor = '1'; minor <= '9'; ++minor) {
    const Parsed head(std::string("GET / HTTP/1.") + minor + "\r\nHost: a\r\n\r\n");
    EXPECT_EQ(head->minor_version, 1);
    EXPECT_TRUE(head->keep_alive);
    EXPECT_EQ(status_of(std::string("GET / HTTP/1.") + minor + "\r\n\r\n"), 400) << "Host is needed";
  }
}

TEST(RequestParser, AcceptsTheTargetsThatRequestsHave) {
  struct Case {
    std::string_view target, path, query;
    bool has_query;
    std::string_view host;
  };
  const Case cases[] = {
      {"/", "/", "", false, "a.example"},
      {"/?", "/", "", true, "a.example"},
      {"/a?b?c", "/a", "b?c", true, "a.example"},
      {"//evil.example/x", "//evil.example/x", "", false, "a.example"},
      {"/%zz%00/../|{}\"<>\\^`", "/%zz%00/../|{}\"<>\\^`", "", false, "a.example"},
      {"http://b.example/x?y", "/x", "y", true, "b.example"},
      {"HTTP://b.example:8080/x", "/x", "", false, "b.example"},
      {"https://b.example.", "/", "", false, "b.example"},
      {"http://b.example?q", "/", "q", true, "b.example"},
      {"http://[::1]:80/", "/", "", false, "[::1]"},
  };
  for (const Case& c : cases) {
    const Parsed head(get_target(c.target));
    EXPECT_EQ(head->target, c.target);
    EXPECT_EQ(head->path, c.path) << c.target;
    EXPECT_EQ(head->query, c.query) << c.target;
    EXPECT_EQ(head->has_query, c.has_query) << c.target;
    EXPECT_EQ(head->host, c.host) << c.target;
  }
  EXPECT_EQ(Parsed("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")->path, "*");
}

TEST(RequestParser, RefusesTheTargetsThatNoRequestHas) {
  for (const std::string_view target : {"*",
                                        "**",
                                        "a",
                                        "a.example:443",
                                        "index.html",
                                        "?q",
                                        "#",
                                        "/#",
                                        "/a#b",
                                        "/\x7f",
                                        "/\x80",
                                        "/\xc3\xa4",
                                        "/\t",
                                        "/a\x01",
                                        "ftp://a/",
                                        "http:/a",
                                        "http:",
                                        "http://",
                                        "http:///x",
                                        "http://?q",
                                        "http://u@a/",
                                        "http://u:p@a/",
                                        "http://a:x/",
                                        "http://a:99999/",
                                        "http://a,b/",
                                        "http://a%2e/",
                                        "https:a",
                                        "h",
                                        "file:///etc/passwd"})
    EXPECT_EQ(status_of(get_target(target)), 400) << target;
  EXPECT_EQ(status_of(get_target(std::string_view("/a\0b", 4))), 400);
  EXPECT_EQ(status_of("OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("OPTIONS */ HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"), 400);
}

TEST(RequestParser, AnAbsoluteTargetStillNeedsAValidHost) {
  EXPECT_EQ(status_of("GET http://b.example/ HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET http://b.example/ HTTP/1.1\r\nHost: a,b\r\n\r\n"), 400);
  EXPECT_EQ(Parsed("GET http://b.example/ HTTP/1.0\r\n\r\n")->host, "b.example");
}

TEST(RequestParser, FindsTheHostWithoutPortAndTrailingDot) {
  const std::pair<std::string_view, std::string_view> hosts[] = {
      {"a.example", "a.example"},
      {"A.Example", "A.Example"},
      {"a.example.", "a.example"},
      {"a.example.:80", "a.example"},
      {"a:", "a"},
      {"a:65535", "a"},
      {"127.0.0.1:8080", "127.0.0.1"},
      {"[::1]", "[::1]"},
      {"[::1]:8080", "[::1]"},
      {"x--y_z.a", "x--y_z.a"},
      {"  a\t ", "a"},
  };
  for (const auto& [field, host] : hosts) EXPECT_EQ(Parsed(with_host(field))->host, host) << field;
}

TEST(RequestParser, RefusesHostsThatAreNotOneHost) {
  for (const std::string_view host :
       {"",         " ",   ".",        "..",    "a..",    ".a",      "a..b",         "a,b",    "a, b",
        "a b",      "a/b", "a/",       "u@a",   "u:p@a",  "a:80:80", "a:x",          "a:-1",   "a:65536",
        "a:000080", ":80", "http://a", "a?b",   "a#b",    "a\\b",    "a%2eb",        "a;b",    "a'b",
        "\xc3\xa4", "[]",  "[::1",     "::1",   "[::1]x", "[::1]:x", "[::1%25eth0]", "[v1.a]", "[1.2]",
        "a[",       "a]",  "<a>",      "\"a\"", "a\tb"})
    EXPECT_EQ(status_of(with_host(host)), 400) << host;
  EXPECT_EQ(status_of(with_host(std::string_view("a\0b", 3))), 400);
}

TEST(RequestParser, WantsExactlyOneHostInHttp11) {
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHosts: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of(get("Host: a.example\r\n")), 400) << "equal, but two";
  EXPECT_EQ(status_of(get("hOST: b\r\n")), 400);
  EXPECT_EQ(Parsed("GET / HTTP/1.0\r\n\r\n")->host, "");
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.0\r\nHost:\r\n\r\n"), 400);
}

TEST(RequestParser, RefusesWrongFieldLines) {
  const std::string_view lines[] = {
      "Name : x\r\n",   "Name\t: x\r\n",   " Name: x\r\n",     ": x\r\n",       "Name\r\n",      "Name x\r\n",
      "Na me: x\r\n",   "Na(me: x\r\n",    "N\xc3\xa4: x\r\n", "Na\x01: x\r\n", "Na\x7f: x\r\n", "A: x\n",
      "A: x\ny\r\n",    "A: x\ry\r\n",     "A: x\r\r\n",       "A: \x01\r\n",   "A: x\x1f\r\n",  "A: x\x7f\r\n",
      "A: x\r\n y\r\n", "A: x\r\n\ty\r\n", "A:\r\n x\r\n",     "A: \x0b\r\n",   "A: \x0c\r\n",   "\nA: x\r\n",
      "\rA: x\r\n",     "A\n: x\r\n",      "A\r\n: x\r\n",
  };
  for (const std::string_view line : lines) EXPECT_EQ(status_of(get(line)), 400) << line;
  EXPECT_EQ(status_of(get(std::string_view("A: x\0y\r\n", 8))), 400);
  EXPECT_EQ(status_of(get(std::string_view("A\0: x\r\n", 7))), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\n\n"), 400);
  EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\n\rx"), 400);
}

TEST(RequestParser, NoByteThatAValueCannotHoldHidesAtAnyPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool allowed = byte == '\t' || (byte >= 0x20 && byte != 0x7f);
    for (std::size_t at = 0; at < 40; ++at) {
      std::string value(40, 'v');
      value[at] = static_cast<char>(byte);
      ASSERT_EQ(status_of(get("A: " + value + "\r\n")), allowed ? 200 : 400) << byte << " at " << at;
    }
  }
}

TEST(RequestParser, NoByteThatATargetCannotHoldHidesAtAnyPlace) {
  for (int byte = 0; byte < 256; ++byte) {
    const bool allowed = byte > 0x20 && byte < 0x7f && byte != '#';
    for (std::size_t at = 1; at < 40; ++at) {
      std::string target(40, '/');
      target[at] = static_cast<char>(byte);
      ASSERT_EQ(status_of(get_target(target)), allowed ? 200 : 400) << byte << " at " << at;
    }
  }
}

TEST(RequestParser, AcceptsOnlyPlainContentLengths) {
  const std::pair<std::string_view, std::uint64_t> lengths[] = {
      {"0", 0}, {"5", 5}, {" 5 ", 5}, {"5\t", 5}, {"0005", 5}, {"999999999999999999", 999999999999999999}};
  for (const auto& [text, length] : lengths) {
    const Parsed head(get("Content-Length:" + std::string(text) + "\r\n"));
    EXPECT_EQ(head->framing, BodyFraming::Length);
    EXPECT_EQ(head->content_length, length) << text;
  }
  for (const std::string_view text : {"",
                                      " ",
                                      "+5",
                                      "-5",
                                      "-0",
                                      "0x5",
                                      "5,5",
                                      "5, 5",
                                      "5 5",
                                      "5;",
                                      "5.0",
                                      "5e1",
                                      "a",
                                      "5a",
                                      "\"5\"",
                                      "1_0",
                                      "1000000000000000000",
                                      "18446744073709551615",
                                      "18446744073709551616",
                                      "99999999999999999999999",
                                      "0000000000000000005",
                                      "\xd9\xa5"})
    EXPECT_EQ(status_of(get("Content-Length: " + std::string(text) + "\r\n")), 400) << text;
}

TEST(RequestParser, RefusesTwoOpinionsAboutTheBody) {
  for (const std::string_view fields : {
           "Content-Length: 5\r\nContent-Length: 5\r\n",
           "Content-Length: 5\r\nContent-Length: 6\r\n",
           "Content-Length: 0\r\ncontent-length: 0\r\n",
           "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
           "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
           "Content-Length: 5\r\nTransfer-Encoding: identity\r\n",
       })
    EXPECT_EQ(status_of(get(fields)), 400) << fields;
}

TEST(RequestParser, AcceptsOnlyChunkedAsTransferCoding) {
  for (const std::string_view value : {"chunked", "Chunked", "CHUNKED", " chunked\t"})
    EXPECT_EQ(Parsed(get("Transfer-Encoding:" + std::string(value) + "\r\n"))->framing, BodyFraming::Chunked) << value;
  const std::pair<std::string_view, int> refused[] = {
      {"gzip", 501},
      {"identity", 501},
      {"gzip, chunked", 501},
      {"xchunked", 501},
      {"chunkedx", 501},
      {"x-chunked", 501},
      {"gzip;q=1, chunked", 501},
      {"chunked, chunked", 400},
      {"chunked,gzip", 400},
      {"chunked,", 400},
      {",chunked", 400},
      {"", 400},
      {",", 400},
      {"chunked;", 400},
      {"chunked;a=b", 400},
      {"chunked chunked", 400},
      {"\"chunked\"", 400},
      {"'chunked'", 501},
      {"chunked\x0b", 400},
      {"ch\xc3\xbcnked", 400},
      {"gzip,,chunked", 400},
      {"gzip chunked", 400},
      {"chunked, identity", 400},
      {"deflate, gzip", 501},
      {"[chunked]", 400},
  };
  for (const auto& [value, status] : refused)
    EXPECT_EQ(status_of(get("Transfer-Encoding: " + std::string(value) + "\r\n")), status) << value;
  EXPECT_EQ(status_of(get("Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")), 501);
  EXPECT_EQ(status_of(get("Transfer-Encoding : chunked\r\n")), 400);
  EXPECT_EQ(status_of(get("Transfer-Encoding:\r\n chunked\r\n")), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: gzip\r\n\r\n"), 400);
}

TEST(RequestParser, KeepsTheConnectionAsTheVersionAndTheOptionsSay) {
  struct Case {
    std::string_view version, field;
    bool keep;
  };
  const Case cases[] = {
      {"1.1", "", true},
      {"1.1", "Connection: close\r\n", false},
      {"1.1", "Connection: Close\r\n", false},
      {"1.1", "Connection: x, close , y\r\n", false},
      {"1.1", "Connection: keep-alive, close\r\n", false},
      {"1.1", "Connection: keep-alive\r\nConnection: close\r\n", false},
      {"1.1", "Connection: closed\r\n", true},
      {"1.1", "Connection: upgrade\r\n", true},
      {"1.0", "", false},
      {"1.0", "Connection: Keep-Alive\r\n", true},
      {"1.0", "Connection: x,keep-alive\r\n", true},
      {"1.0", "Connection: keep-alive, close\r\n", false},
      {"1.0", "Connection: ,,\r\n", false},
  };
  for (const Case& c : cases) {
    const Parsed head("GET / HTTP/" + std::string(c.version) + "\r\nHost: a\r\n" + std::string(c.field) + "\r\n");
    EXPECT_EQ(head->keep_alive, c.keep) << c.version << " " << c.field;
  }
}

TEST(RequestParser, ExpectsNothingBut100Continue) {
  EXPECT_TRUE(Parsed(get("Expect: 100-continue\r\nContent-Length: 5\r\n"))->expect_continue);
  EXPECT_TRUE(Parsed(get("Expect: 100-Continue\r\nTransfer-Encoding: chunked\r\n"))->expect_continue);
  EXPECT_FALSE(Parsed(get("Expect: 100-continue\r\nContent-Length: 0\r\n"))->expect_continue) << "nothing to wait for";
  EXPECT_FALSE(Parsed(get("Expect: 100-continue\r\n"))->expect_continue);
  EXPECT_FALSE(Parsed("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")->expect_continue);
  for (const std::string_view value : {"", "100", "200-ok", "100-continue, 100-continue", "100-continue;x"})
    EXPECT_EQ(status_of(get("Expect: " + std::string(value) + "\r\n")), 417) << value;
}

TEST(RequestParser, RefusesAtTheFirstWrongByte) {
  // The bar marks the byte at which the refusal is due.
  for (const std::string_view marked : {
           "GE|\x01T /",
           "|\x01",
           "\r|x",
           "\r\n|\r",
           "GET |i/",
           "GET http|x",
           "GET |*",
           "GET /a|#",
           "GET /a|\r\n",
           "GET / |h",
           "GET / HTTP/1.1|x",
           "GET / HTTP/|2.0",
           "GET / HTTP/1.1\r\nHost| : x",
           "GET / HTTP/1.1\r\n| Host: x",
           "GET / HTTP/1.1\r\nHost: x|,y\r\n",
           "GET / HTTP/1.1\r\nHost: x |y\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nHost|: x\r\n",
           "POST / HTTP/1.1\r\nContent-Length: |+5\r\n",
           "POST / HTTP/1.1\r\nContent-Length: 5|,5\r\n",
           "POST / HTTP/1.1\r\nContent-Length: 5 |5\r\n",
           "POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding|: chunked",
           "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length|: 5",
           "POST / HTTP/1.0\r\nTransfer-Encoding|: chunked",
           "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r|\n",
           "GET / HTTP/1.1\r\nA: x|\n",
           "GET / HTTP/1.1\r\nA: x\r|x",
           "GET / HTTP/1.1\r\nA: x\r\n| y",
       }) {
    const std::size_t bar = marked.find('|');
    const std::string input = std::string(marked.substr(0, bar)) + std::string(marked.substr(bar + 1));
    EXPECT_EQ(refused_after(input), bar + 1) << marked;
  }
  EXPECT_EQ(at_once("GEX"), "more");
}

TEST(RequestParser, AHeadOfExactlyTheLimitIsAcceptedAndOneMoreByteIsNot) {
  const std::string empty = get("A: \r\n");
  const auto head_of = [&](std::size_t size) { return get("A: " + std::string(size - empty.size(), 'x') + "\r\n"); };
  ASSERT_EQ(head_of(kMaxHeadBytes).size(), kMaxHeadBytes);
  EXPECT_EQ(status_of(head_of(kMaxHeadBytes)), 200);
  EXPECT_EQ(status_of("\r\n" + head_of(kMaxHeadBytes)), 200);
  EXPECT_EQ(status_of(head_of(kMaxHeadBytes + 1)), 431);
  EXPECT_EQ(refused_after(head_of(kMaxHeadBytes + 1)), kMaxHeadBytes + 1);
  EXPECT_EQ(status_of(std::string(kMaxHeadBytes, 'G')), 0);
  EXPECT_EQ(status_of(std::string(kMaxHeadBytes + 1, 'G')), 431);
  EXPECT_EQ(status_of(get(std::string(kMaxHeadBytes, 'n'))), 431) << "in a name";
}

TEST(RequestParser, AsManyFieldsAsTheLimitAreAcceptedAndOneMoreIsNot) {
  const auto fields = [](std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += "A: b\r\n";
    return text;
  };
  EXPECT_EQ(Parsed(get(fields(kMaxFields - 1)))->field_count, kMaxFields);
  EXPECT_EQ(status_of(get(fields(kMaxFields))), 431);
  const std::string unfinished = "GET / HTTP/1.1\r\n" + fields(kMaxFields);
  EXPECT_EQ(refused_after(unfinished + "A"), unfinished.size() + 1);
}

TEST(RequestParser, ATargetOfExactlyTheLimitIsAcceptedAndOneMoreByteIsNot) {
  EXPECT_EQ(status_of(get_target("/" + std::string(kMaxTargetBytes - 1, 'x'))), 200);
  EXPECT_EQ(status_of(get_target("/" + std::string(kMaxTargetBytes, 'x'))), 414);
  EXPECT_EQ(refused_after("GET /" + std::string(kMaxTargetBytes, 'x')), 4 + kMaxTargetBytes + 1);
  EXPECT_EQ(status_of("GET /" + std::string(1 << 20, 'x')), 414);
}

TEST(RequestParser, JudgesTheSameHoweverTheBytesArrive) {
  const std::string inputs[] = {
      std::string(kBrowser),
      "\r\n" + std::string(kBrowser) + "GET / HTTP/1.1\r\n",
      get("Content-Length: 5 \r\nExpect: 100-continue\r\n") + "hello",
      get("Transfer-Encoding: chunked\r\nA:   \r\nA:\r\nB: \t c \t\r\n"),
      "GET http://b.example?q HTTP/1.1\r\nHost: a\r\nRange: bytes=0-\r\nRange: x\r\n\r\n",
      "OPTIONS * HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
      get("Content-Length: 5\r\nContent-Length: 5\r\n"),
      get("A : b\r\n"),
      get("Transfer-Encoding: gzip\r\n"),
      get("Expect: x\r\n"),
      get_target("/" + std::string(kMaxTargetBytes, 'x')),
      get("A: " + std::string(kMaxHeadBytes, 'x') + "\r\n"),
  };
  for (const std::string& input : inputs) {
    const std::string expected = at_once(input);
    EXPECT_EQ(byte_by_byte(input.substr(0, 1000)), at_once(input.substr(0, 1000)));
    for (std::size_t cut = 0; cut < std::min<std::size_t>(input.size(), 600); ++cut) {
      auto parser = std::make_unique<RequestParser>();
      std::string first = input.substr(0, cut);
      Outcome outcome = parser->parse(first);
      if (outcome == Outcome::NeedMore) std::fill(first.begin(), first.end(), '!');
      if (outcome == Outcome::NeedMore) outcome = parser->parse(input);
      ASSERT_EQ(describe(*parser, outcome), expected) << cut << " of " << input.substr(0, 200);
    }
  }
}

TEST(RequestParser, ParsesPipelinedRequestsOneAfterTheOther) {
  std::string input;
  for (int i = 0; i < 100; ++i) input += get_target("/" + std::to_string(i));
  auto parser = std::make_unique<RequestParser>();
  std::string_view rest = input;
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(parser->parse(rest), Outcome::Complete);
    EXPECT_EQ(parser->head().path, "/" + std::to_string(i));
    rest.remove_prefix(parser->consumed());
    parser->reset();
  }
  EXPECT_TRUE(rest.empty());
}

TEST(RequestParser, ForgetsEverythingAtReset) {
  auto parser = std::make_unique<RequestParser>();
  const std::string first =
      "POST /x?y HTTP/1.0\r\nHost: b\r\nContent-Length: 7\r\nExpect: 100-continue\r\nConnection: close\r\nRange: "
      "a\r\nRange: b\r\n\r\n";
  ASSERT_EQ(parser->parse(first), Outcome::Complete);
  parser->reset();
  const std::string second(kBrowser);
  const Outcome outcome = parser->parse(second);
  EXPECT_EQ(describe(*parser, outcome), at_once(second));
  parser->reset();
  ASSERT_EQ(parser->parse("\x01"), Outcome::Refused);
  EXPECT_EQ(parser->parse(second), Outcome::Refused) << "refused stays refused";
  parser->reset();
  EXPECT_EQ(describe(*parser, parser->parse(second)), at_once(second));
}

}  // namespace
}  // namespace sitepod::http
