#include "certs/answer_fields.hpp"

#include <algorithm>
#include <charconv>

namespace sitepod::certs {

std::int64_t seconds_to_wait(const http::ClientResponse& answer) {
  const std::string_view text = answer.field("retry-after");
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr std::int64_t kMonth = 30 * 24 * 3600;
  return error == std::errc() && end == text.data() + text.size() ? std::clamp<std::int64_t>(seconds, 0, kMonth) : 0;
}

}  // namespace sitepod::certs
