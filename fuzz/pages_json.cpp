// Any bytes as the body of POST /api/v1/public/pages: reading them in pieces gives what reading them at once gives, and
// an accepted request, written again by the client's own code, reads the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "api/page_requests.hpp"
#include "api/pages_body.hpp"
#include "model/page_fields.hpp"

namespace {

using namespace sitepod;

struct Outcome {
  std::string error;  // empty: accepted
  api::PagesRequest request;
};

Outcome parse(std::string_view body, std::size_t piece) {
  Outcome outcome;
  api::PagesRequestParser parser;
  for (std::size_t at = 0; at < body.size(); at += piece) {
    Result<void> fed = parser.feed(body.substr(at, piece));
    if (fed.ok()) continue;
    outcome.error = fed.error().code;
    return outcome;
  }
  Result<api::PagesRequest> request = parser.finish();
  if (request.ok())
    outcome.request = *std::move(request);
  else
    outcome.error = request.error().code;
  return outcome;
}

bool is_equal(const model::PageChange& a, const model::PageChange& b) {
  for (const model::TextField& each : model::kTextFields)
    if (a.*each.field != b.*each.field) return false;
  for (const model::FlagField& each : model::kFlagFields)
    if (a.*each.field != b.*each.field) return false;
  for (const model::ListField& each : model::kListFields)
    if (a.*each.field != b.*each.field) return false;
  return a.order == b.order && a.switches == b.switches;
}

bool is_equal(const model::PageDeletion& a, const model::PageDeletion& b) {
  return a.slug == b.slug && a.content_type == b.content_type && a.section == b.section;
}

template <typename T>
bool are_equal(const std::vector<T>& a, const std::vector<T>& b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (!is_equal(a[i], b[i])) return false;
  return true;
}

void expect_equal(const Outcome& a, const Outcome& b) {
  if (a.error != b.error || a.request.site_id != b.request.site_id || a.request.build != b.request.build ||
      !are_equal(a.request.pages, b.request.pages) || !are_equal(a.request.deletions, b.request.deletions))
    std::abort();
}

std::string write(const api::PagesRequest& request) {
  api::PagesQuestion question;
  for (const model::PageChange& page : request.pages) question.pages.push_back(&page);
  question.deletions = request.deletions;
  question.build = request.build;
  api::PagesBody body(question, request.site_id);
  std::string text;
  std::vector<std::byte> piece(4096);
  for (;;) {
    const Result<std::size_t> count = body.read(piece);
    if (!count.ok()) std::abort();
    if (*count == 0) break;
    text.append(reinterpret_cast<const char*>(piece.data()), *count);
  }
  if (text.size() != body.size()) std::abort();
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Longer texts may be cut within a character, which no second reading would accept.
  if (size == 0 || size > api::kMaxPageTextBytes) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const Outcome whole = parse(body, size);
  expect_equal(whole, parse(body, 1));
  expect_equal(whole, parse(body, 2 + data[0] % 37));
  if (whole.error.empty()) expect_equal(whole, parse(write(whole.request), SIZE_MAX / 2));
  return 0;
}
