#include "api/json_writer.hpp"

#include "api/plain_text.hpp"
#include "model/names.hpp"

namespace sitepod::api {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// Length of the well-formed UTF-8 sequence at the front; 0 when there is none.
std::size_t sequence_length(std::string_view text) {
  for (std::size_t length = 1; length <= 4 && length <= text.size(); ++length)
    if (model::is_valid_utf8(text.substr(0, length))) return length;
  return 0;
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(c);
  out += "\\u00";
  out += kDigits[byte >> 4];
  out += kDigits[byte & 15];
}

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\' || c == 0x7f; }

}  // namespace

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  out_ += ':';
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view text) {
  separate();
  quote(text);
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  needs_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::literal(std::string_view text) {
  separate();
  out_ += text;
  needs_comma_ = true;
  return *this;
}

void JsonWriter::separate() {
  if (needs_comma_) out_ += ',';
}

void JsonWriter::quote(std::string_view text) {
  const char* const end = text.data() + text.size();
  if (find_end_of_plain(text.data(), end) == end) {
    const std::size_t at = out_.size();
    out_.resize(at + text.size() + 2, '"');  // both quotes at once
    text.copy(out_.data() + at + 1, text.size());
    return;
  }
  const bool valid = model::is_valid_utf8(text);
  out_ += '"';
  std::size_t plain = 0;  // start of what is copied as it is
  for (std::size_t i = 0; i < text.size();) {
    const bool escape = needs_escape(text[i]);
    const std::size_t length = escape || valid ? 1 : sequence_length(text.substr(i));
    if (!escape && length != 0) {
      i += length;
      continue;
    }
    out_ += text.substr(plain, i - plain);
    if (escape)
      append_escape(out_, text[i]);
    else
      out_ += kReplacement;
    plain = ++i;
  }
  out_ += text.substr(plain);
  out_ += '"';
}

}  // namespace sitepod::api
