// Any bytes as what an ACME server answers, and as what is remembered of a host: what is accepted can be used as an
// address, as a path, as a line of the log, and is the same after it was kept.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "certs/acme_answers.hpp"
#include "certs/renewal.hpp"

namespace {

using namespace sitepod::certs;

void expect_url(std::string_view url) {
  SITEPOD_CHECK(url.starts_with("https://") || url.starts_with("http://127.0.0.1:") ||
                url.starts_with("http://localhost:"));
  for (const char c : url) SITEPOD_CHECK(c > ' ' && c < 0x7f);
}

void expect_line(std::string_view text) {
  SITEPOD_CHECK(text.size() <= 700);
  for (const char c : text) SITEPOD_CHECK(c >= ' ' && c < 0x7f);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto directory = parse_directory(text); directory.ok())
    for (const std::string* url : {&directory->new_nonce, &directory->new_account, &directory->new_order})
      expect_url(*url);
  if (const auto order = parse_order(text); order.ok()) {
    expect_url(order->finalize);
    for (const std::string& url : order->authorizations) expect_url(url);
    if (order->status == AcmeStatus::Valid) expect_url(order->certificate);
    expect_line(order->reason);
  }
  for (const char* challenge : {"http-01", "dns-01"}) {
    const auto authorization = parse_authorization(text, challenge);
    if (!authorization.ok()) continue;
    SITEPOD_CHECK(authorization->challenge_url.empty() == authorization->token.empty());
    if (!authorization->token.empty()) {
      expect_url(authorization->challenge_url);
      SITEPOD_CHECK(is_token(authorization->token) && authorization->token.find('/') == std::string::npos);
    }
    expect_line(authorization->reason);
  }
  const AcmeProblem problem = parse_problem(text);
  expect_line(problem.type);
  expect_line(problem.detail);
  if (const auto setback = read_setback(text)) {
    const auto again = read_setback(write_setback(*setback));
    SITEPOD_CHECK(again && again->failures == setback->failures && again->next_try == setback->next_try);
  }
  return 0;
}
