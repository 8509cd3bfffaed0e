#include "http/content_digest.hpp"

#include <algorithm>

#include "http/syntax.hpp"

namespace sitepod::http {
namespace {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of(" \t"), text.size());
  text.remove_prefix(first);
  return text.substr(0, text.find_last_not_of(" \t") + 1);
}

}  // namespace

// A dictionary of byte sequences (RFC 8941 §3.2, §3.3.5): sha-256=:base64:, sha-512=:base64:
Result<std::optional<Digest>> parse_content_digest(std::string_view field) {
  while (!field.empty()) {
    const std::size_t end = std::min(field.find(','), field.size());
    const std::string_view member = trimmed(field.substr(0, end));
    field.remove_prefix(std::min(end + 1, field.size()));
    const std::size_t equals = std::min(member.find('='), member.size());
    if (!equal_ignoring_case(trimmed(member.substr(0, equals)), "sha-256")) continue;
    std::string_view value = trimmed(member.substr(std::min(equals + 1, member.size())));
    value = trimmed(value.substr(0, value.find(';')));
    const bool is_bytes = value.size() > 2 && value.front() == ':' && value.back() == ':';
    const auto digest = is_bytes ? parse_digest_base64(value.substr(1, value.size() - 2)) : std::nullopt;
    if (!digest) return invalid_request("The sha-256 of Content-Digest must be like sha-256=:base64 of 32 bytes:.");
    return digest;
  }
  return std::optional<Digest>();
}

}  // namespace sitepod::http
