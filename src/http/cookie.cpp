#include "http/cookie.hpp"

#include <algorithm>

namespace sitepod::http {
namespace {

std::string_view trimmed(std::string_view text) {
  auto is_space = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

bool CookieReader::next() {
  while (!rest_.empty()) {
    const std::size_t end = std::min(rest_.find(';'), rest_.size());
    const std::string_view pair = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    name_ = trimmed(pair.substr(0, equals));
    value_ = trimmed(pair.substr(equals + 1));
    if (!name_.empty()) return true;
  }
  return false;
}

}  // namespace sitepod::http
