#include "serve/conditional.hpp"

#include "serve/site_fixture.hpp"

namespace sitepod::serve {
namespace {

constexpr std::string_view kToday = "Thu, 16 Nov 2023 02:00:00 GMT";
constexpr const char* kBefore = "Tue, 14 Nov 2023 22:13:19 GMT";
constexpr const char* kExactly = "Tue, 14 Nov 2023 22:13:20 GMT";
constexpr const char* kAfter = "Tue, 14 Nov 2023 22:13:21 GMT";

Precondition evaluate(TestRequest::Fields fields) {
  TestRequest request("/", std::move(fields));
  return evaluate_preconditions(request.head, "\"a\"", kCommitted, kToday);
}

TEST(Preconditions, FollowTheTableOfTheRfc) {
  using enum Precondition;
  struct Case {
    TestRequest::Fields fields;
    Precondition expected;
  };
  const Case cases[] = {
      {{}, Proceed},
      // If-Match compares strongly.
      {{{"If-Match", "\"a\""}}, Proceed},
      {{{"If-Match", "*"}}, Proceed},
      {{{"If-Match", "\"b\", \"a\""}}, Proceed},
      {{{"If-Match", "\"b\""}}, Failed},
      {{{"If-Match", "W/\"a\""}}, Failed},
      {{{"If-Match", ""}}, Failed},
      {{{"If-Match", "\"b\""}, {"If-Match", "\"a\""}}, Proceed},
      // If-Unmodified-Since counts only without If-Match.
      {{{"If-Unmodified-Since", kBefore}}, Failed},
      {{{"If-Unmodified-Since", kExactly}}, Proceed},
      {{{"If-Unmodified-Since", kAfter}}, Proceed},
      {{{"If-Unmodified-Since", "yesterday"}}, Proceed},
      {{{"If-Match", "\"a\""}, {"If-Unmodified-Since", kBefore}}, Proceed},
      {{{"If-Match", "\"b\""}, {"If-Unmodified-Since", kAfter}}, Failed},
      // If-None-Match compares weakly.
      {{{"If-None-Match", "\"a\""}}, NotModified},
      {{{"If-None-Match", "W/\"a\""}}, NotModified},
      {{{"If-None-Match", "\"b\", W/\"a\""}}, NotModified},
      {{{"If-None-Match", "*"}}, NotModified},
      {{{"If-None-Match", "\"b\""}}, Proceed},
      {{{"If-None-Match", "a"}}, Proceed},
      {{{"If-None-Match", "\"b\""}, {"If-None-Match", "\"a\""}}, NotModified},
      {{{"if-none-match", "\"b\""}, {"IF-NONE-MATCH", "\"c\""}}, Proceed},
      // If-Modified-Since counts only without If-None-Match.
      {{{"If-Modified-Since", kBefore}}, Proceed},
      {{{"If-Modified-Since", kExactly}}, NotModified},
      {{{"If-Modified-Since", kAfter}}, NotModified},
      {{{"If-Modified-Since", "Tuesday, 14-Nov-23 22:13:20 GMT"}}, NotModified},
      {{{"If-Modified-Since", "Tue Nov 14 22:13:20 2023"}}, NotModified},
      {{{"If-Modified-Since", "1700000000"}}, Proceed},
      {{{"If-Modified-Since", kAfter}, {"If-Modified-Since", kAfter}}, Proceed},
      {{{"If-None-Match", "\"b\""}, {"If-Modified-Since", kAfter}}, Proceed},
      {{{"If-None-Match", "\"a\""}, {"If-Modified-Since", kBefore}}, NotModified},
      // The first pair decides before the second.
      {{{"If-Match", "\"b\""}, {"If-None-Match", "\"a\""}}, Failed},
      {{{"If-Match", "\"a\""}, {"If-None-Match", "\"a\""}}, NotModified},
      {{{"If-Unmodified-Since", kBefore}, {"If-None-Match", "\"a\""}}, Failed},
      {{{"If-Unmodified-Since", kAfter}, {"If-Modified-Since", kAfter}}, NotModified},
  };
  for (const Case& c : cases) {
    std::string text;
    for (const auto& [name, value] : c.fields) text += name + ": " + value + "\n";
    EXPECT_EQ(evaluate(c.fields), c.expected) << text;
  }
}

}  // namespace
}  // namespace sitepod::serve
