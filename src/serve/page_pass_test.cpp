#include "serve/page_pass.hpp"

#include "serve/site_fixture.hpp"

namespace sitepod::serve {
namespace {

const PageLock kLock{"text", "$argon2id$x", digest_of("key")};

TEST(PagePass, OpensUntilItsInstantAndNoLonger) {
  const std::string pass = make_pass(kLock, kNow + 10);
  EXPECT_TRUE(is_pass(kLock, pass, kNow));
  EXPECT_TRUE(is_pass(kLock, pass, kNow + 9));
  EXPECT_FALSE(is_pass(kLock, pass, kNow + 10));
}

TEST(PagePass, IsWorthNothingWhenAnythingOfItIsAnother) {
  const std::string pass = make_pass(kLock, kNow + 10);
  for (std::size_t i = 0; i < pass.size(); ++i) {
    std::string other = pass;
    other[i] = other[i] == '1' ? '2' : '1';
    EXPECT_FALSE(is_pass(kLock, other, kNow)) << i;
  }
  const std::string signature = pass.substr(pass.find('.'));
  for (const std::string& other :
       {std::string(), std::string("."), signature, "99999999999" + signature, "99999999999999999999999" + signature,
        "-1" + signature, pass + " ", pass + "0", "+" + pass, pass.substr(0, pass.size() - 1), "0" + pass})
    EXPECT_FALSE(is_pass(kLock, other, kNow)) << other;
  PageLock another = kLock;
  another.key = digest_of("another key");
  EXPECT_FALSE(is_pass(another, pass, kNow));
}

TEST(PagePass, IsFoundAmongTheCookies) {
  const std::string mine = std::string(kPassCookie) + "=" + make_pass(kLock, kNow + 10);
  const std::string other = std::string(kPassCookie) + "=1.00";
  const auto has = [](TestRequest::Fields fields) {
    return has_pass(kLock, TestRequest("/", std::move(fields)).head, kNow);
  };
  EXPECT_TRUE(has({{"Cookie", mine}}));
  EXPECT_TRUE(has({{"Cookie", "a=b; " + other + "; " + mine + "; c=d"}}));
  EXPECT_TRUE(has({{"Cookie", other}, {"Cookie", mine}}));
  EXPECT_FALSE(has({}));
  EXPECT_FALSE(has({{"Cookie", "x" + mine}}));
  std::string many;
  for (int i = 0; i < 100; ++i) many += other + "; ";
  EXPECT_FALSE(has({{"Cookie", many + mine}})) << "only so many signatures are computed for a request";
}

}  // namespace
}  // namespace sitepod::serve
