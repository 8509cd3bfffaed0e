// Any bytes as a Cookie field: the reader finds the pairs that splitting at every semicolon finds, and points into the
// field.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "http/cookie.hpp"

namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

std::string without_spaces_around(std::string text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.pop_back();
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.erase(0, 1);
  return text;
}

Pairs read_naively(const std::string& field) {
  Pairs pairs;
  std::string piece;
  for (std::size_t i = 0; i <= field.size(); ++i) {
    if (i < field.size() && field[i] != ';') {
      piece += field[i];
      continue;
    }
    const std::size_t equals = piece.find('=');
    if (equals != std::string::npos) {
      std::string name = without_spaces_around(piece.substr(0, equals));
      if (!name.empty()) pairs.emplace_back(std::move(name), without_spaces_around(piece.substr(equals + 1)));
    }
    piece.clear();
  }
  return pairs;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string field(reinterpret_cast<const char*>(data), size);
  Pairs pairs;
  for (sitepod::http::CookieReader reader(field); reader.next();) {
    SITEPOD_CHECK(reader.name().data() >= field.data() &&
                  reader.value().data() + reader.value().size() <= field.data() + field.size());
    pairs.emplace_back(reader.name(), reader.value());
  }
  SITEPOD_CHECK(pairs == read_naively(field));
  return 0;
}
