#include "http/media_type.hpp"

#include "http/syntax.hpp"

namespace sitepod::http {

namespace {

// Cuts the longest token off the front; empty when there is none.
std::string_view cut_token(std::string_view& rest) {
  std::size_t length = 0;
  while (length < rest.size() && is_token_char(rest[length])) ++length;
  const std::string_view token = rest.substr(0, length);
  rest.remove_prefix(length);
  return token;
}

bool cut(std::string_view& rest, char expected) {
  if (!rest.starts_with(expected)) return false;
  rest.remove_prefix(1);
  return true;
}

void skip_whitespace(std::string_view& rest) {
  while (!rest.empty() && is_whitespace(rest.front())) rest.remove_prefix(1);
}

// A quoted string without obs-text (RFC 9110 §5.6.4); our own answers stay ASCII.
bool cut_quoted_string(std::string_view& rest) {
  if (!cut(rest, '"')) return false;
  while (!rest.empty()) {
    if (cut(rest, '"')) return true;
    if (cut(rest, '\\') && rest.empty()) return false;
    if (!has_class(rest.front(), kFieldValueBit) || static_cast<unsigned char>(rest.front()) >= 0x80) return false;
    rest.remove_prefix(1);
  }
  return false;
}

bool cut_parameter(std::string_view& rest) {
  if (cut_token(rest).empty() || !cut(rest, '=')) return false;
  return rest.starts_with('"') ? cut_quoted_string(rest) : !cut_token(rest).empty();
}

bool is_name(std::string_view token) { return !token.empty() && token != "*"; }

}  // namespace

bool is_valid_media_type(std::string_view text) {
  if (!is_name(cut_token(text)) || !cut(text, '/') || !is_name(cut_token(text))) return false;
  while (!text.empty()) {
    skip_whitespace(text);
    if (!cut(text, ';')) return false;
    skip_whitespace(text);
    if (!cut_parameter(text)) return false;
  }
  return true;
}

}  // namespace sitepod::http
