#include "control/content_digest.hpp"

#include <algorithm>

#include "http/syntax.hpp"

namespace sitepod::control {
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
    if (!http::equal_ignoring_case(trimmed(member.substr(0, equals)), "sha-256")) continue;
    std::string_view value = trimmed(member.substr(std::min(equals + 1, member.size())));
    value = trimmed(value.substr(0, value.find(';')));
    const bool is_bytes = value.size() > 2 && value.front() == ':' && value.back() == ':';
    const auto digest = is_bytes ? parse_digest_base64(value.substr(1, value.size() - 2)) : std::nullopt;
    if (!digest) return invalid_request("The sha-256 of Content-Digest must be like sha-256=:base64 of 32 bytes:.");
    return digest;
  }
  return std::optional<Digest>();
}

// Whoever knows the body's length need not ask for its end.
Result<std::size_t> CheckedBody::read(std::span<std::byte> out) {
  const std::size_t count = SITEPOD_TRY(body_.read(out));
  hasher_.update(out.first(count));
  received_ += count;
  const bool is_complete = (count == 0 && !out.empty()) || received_ == length_;
  if (!is_complete || is_checked_) return count;
  is_checked_ = true;
  if (hasher_.finish() == expected_) return count;
  return invalid("hash_mismatch", "The body does not have the digest of its Content-Digest; send it again.");
}

}  // namespace sitepod::control
