#include "http/form_disposition.hpp"

#include "http/syntax.hpp"

namespace sitepod::http {
namespace {

constexpr std::size_t kMaxBoundaryBytes = 70;

struct Parameter {
  std::string_view name;
  std::string value;
};

// Browsers leave a backslash in a file name as it is, so it escapes only what has to be escaped; and they write `%22`
// for the quotation mark (HTML, "multipart/form-data encoding algorithm").
std::optional<std::string> take_quoted(std::string_view& rest) {
  std::string value;
  for (std::size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '"') {
      rest.remove_prefix(i + 1);
      return value;
    }
    if (!has_class(rest[i], kFieldValueBit)) return std::nullopt;
    const bool is_escape = rest[i] == '\\' && i + 1 < rest.size() && (rest[i + 1] == '"' || rest[i + 1] == '\\');
    if (is_escape) ++i;
    if (rest.substr(i, 3) == "%22") {
      value += '"';
      i += 2;
    } else {
      value += rest[i];
    }
  }
  return std::nullopt;
}

std::string_view take_token(std::string_view& rest) {
  std::size_t length = 0;
  while (length < rest.size() && is_token_char(rest[length])) ++length;
  const std::string_view token = rest.substr(0, length);
  rest.remove_prefix(length);
  return token;
}

void skip_whitespace(std::string_view& rest) {
  while (!rest.empty() && is_whitespace(rest.front())) rest.remove_prefix(1);
}

// Cuts `; name=value` off. False when what is left is something else.
bool take_parameter(std::string_view& rest, Parameter& parameter) {
  if (rest.empty() || rest.front() != ';') return false;
  rest.remove_prefix(1);
  skip_whitespace(rest);
  parameter.name = take_token(rest);
  if (parameter.name.empty() || rest.empty() || rest.front() != '=') return false;
  rest.remove_prefix(1);
  if (!rest.empty() && rest.front() == '"') {
    auto quoted = take_quoted(rest);
    if (!quoted) return false;
    parameter.value = std::move(*quoted);
  } else {
    // Some clients do not quote: everything up to the next parameter that field values allow.
    const std::size_t end = std::min(rest.find(';'), rest.size());
    parameter.value = trim_whitespace(rest.substr(0, end));
    for (const char c : parameter.value)
      if (!has_class(c, kFieldValueBit) || c == '"') return false;
    if (parameter.value.empty()) return false;
    rest.remove_prefix(end);
  }
  skip_whitespace(rest);
  return true;
}

bool has_control(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

void append_latin1(std::string& text, unsigned char byte) {
  if (byte < 0x80) {
    text += static_cast<char>(byte);
    return;
  }
  text += static_cast<char>(0xc0 | byte >> 6);
  text += static_cast<char>(0x80 | (byte & 0x3f));
}

// ext-value = charset "'" [ language ] "'" value-chars (RFC 8187 §3.2.1).
std::optional<std::string> decode_extended(std::string_view value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string_view::npos ? first : value.find('\'', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const bool is_latin1 = equal_ignoring_case(value.substr(0, first), "iso-8859-1");
  if (!is_latin1 && !equal_ignoring_case(value.substr(0, first), "utf-8")) return std::nullopt;
  std::string text;
  for (std::size_t i = second + 1; i < value.size(); ++i) {
    int byte = static_cast<unsigned char>(value[i]);
    if (value[i] == '%') {
      if (i + 2 >= value.size() || hex_value(value[i + 1]) < 0 || hex_value(value[i + 2]) < 0) return std::nullopt;
      byte = hex_value(value[i + 1]) * 16 + hex_value(value[i + 2]);
      i += 2;
    } else if (!is_token_char(value[i])) {
      return std::nullopt;
    }
    if (is_latin1)
      append_latin1(text, static_cast<unsigned char>(byte));
    else
      text += static_cast<char>(byte);
  }
  return text;
}

bool is_boundary(std::string_view text) {
  if (text.empty() || text.size() > kMaxBoundaryBytes || text.back() == ' ') return false;
  for (const char c : text) {
    const bool is_letter_or_digit = is_digit(c) || (to_lower(c) >= 'a' && to_lower(c) <= 'z');
    if (!is_letter_or_digit && std::string_view("'()+_,-./:=? ").find(c) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

std::optional<std::string> boundary_of(std::string_view content_type) {
  const std::size_t end = std::min(content_type.find(';'), content_type.size());
  if (!equal_ignoring_case(trim_whitespace(content_type.substr(0, end)), "multipart/form-data")) return std::nullopt;
  std::string_view rest = content_type.substr(end);
  std::optional<std::string> boundary;
  while (!rest.empty()) {
    Parameter parameter;
    if (!take_parameter(rest, parameter)) return std::nullopt;
    if (!equal_ignoring_case(parameter.name, "boundary")) continue;
    if (boundary) return std::nullopt;
    boundary = std::move(parameter.value);
  }
  if (!boundary || !is_boundary(*boundary)) return std::nullopt;
  return boundary;
}

std::optional<FormDisposition> parse_form_disposition(std::string_view value) {
  std::string_view rest = trim_whitespace(value);
  if (!equal_ignoring_case(take_token(rest), "form-data")) return std::nullopt;
  skip_whitespace(rest);
  std::optional<std::string> name;
  std::optional<std::string> plain;
  std::optional<std::string> extended;
  while (!rest.empty()) {
    Parameter parameter;
    if (!take_parameter(rest, parameter)) return std::nullopt;
    const bool is_name = equal_ignoring_case(parameter.name, "name");
    const bool is_extended = equal_ignoring_case(parameter.name, "filename*");
    if (!is_name && !is_extended && !equal_ignoring_case(parameter.name, "filename")) continue;
    std::optional<std::string>& target = is_name ? name : is_extended ? extended : plain;
    if (target) return std::nullopt;
    target = is_extended ? decode_extended(parameter.value) : std::move(parameter.value);
    if (!target || has_control(*target)) return std::nullopt;
  }
  if (!name) return std::nullopt;
  return FormDisposition{std::move(*name), extended ? std::move(extended) : std::move(plain)};
}

}  // namespace sitepod::http
