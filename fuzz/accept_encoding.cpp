// Accept-Encoding: weights in bounds, a choice that is available, acceptable and the best, elements independent of how
// they are spread over lines, and refusals that no other element takes back. Accept runs along, for its freedom from
// crashes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "http/accept.hpp"
#include "http/accept_encoding.hpp"
#include "http/media_type.hpp"

namespace {

using namespace sitepod::http;

void check_choice(const AcceptEncoding& accepted, CodingSet available) {
  const auto best = accepted.best_of(available);
  for (std::size_t i = 0; i < kCodingCount; ++i) {
    const auto coding = static_cast<Coding>(i);
    SITEPOD_CHECK(accepted.weight(coding) <= 1000);
    if ((available & coding_bit(coding)) == 0) continue;
    if (!best) {
      SITEPOD_CHECK(!accepted.accepts(coding));
      continue;
    }
    const bool better = accepted.weight(coding) > accepted.weight(*best);
    const bool preferred = accepted.weight(coding) == accepted.weight(*best) && coding < *best;
    SITEPOD_CHECK(!better && !preferred);
  }
  if (best) SITEPOD_CHECK(accepted.accepts(*best) && (available & coding_bit(*best)) != 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string field(data, data + size);
  const AcceptEncoding accepted(field);
  for (unsigned available = 0; available < 16; ++available) check_choice(accepted, static_cast<CodingSet>(available));
  for (std::size_t comma = field.find(','); comma != std::string::npos; comma = field.find(',', comma + 1)) {
    AcceptEncoding lines(std::string_view(field).substr(0, comma));
    lines.add(std::string_view(field).substr(comma + 1));
    SITEPOD_CHECK(lines == accepted);
  }
  SITEPOD_CHECK(AcceptEncoding(field + ",," + field) == accepted);
  SITEPOD_CHECK(!AcceptEncoding(field + ", br;q=0").accepts(Coding::Brotli));
  SITEPOD_CHECK(!AcceptEncoding("identity;q=0," + field).accepts(Coding::Identity));
  static_cast<void>(accepts_html(field));
  if (is_valid_media_type(field))
    SITEPOD_CHECK(field.find('/') != std::string::npos && field.find_first_of("\r\n") == std::string::npos);
  return 0;
}
