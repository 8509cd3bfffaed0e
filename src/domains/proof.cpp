#include "domains/proof.hpp"

#include <algorithm>
#include <cstdint>

#include "base/random.hpp"

namespace sitepod::domains {
namespace {

constexpr std::string_view kTokenPrefix = "sitepod-verify-";
constexpr std::string_view kDocumentedPrefix = "sitepod-verify=";

std::string_view trimmed(std::string_view text) {
  auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool names_token(std::string_view value, std::string_view token) {
  value = trimmed(value);
  if (value == token) return true;
  if (!value.starts_with(kDocumentedPrefix)) return false;
  value.remove_prefix(kDocumentedPrefix.size());
  return value == token || value == token.substr(kTokenPrefix.size());
}

}  // namespace

std::string new_token() {
  std::array<std::uint8_t, 8> bytes;
  random_bytes(bytes);
  std::string token(kTokenPrefix);
  for (const std::uint8_t byte : bytes) {
    token += "0123456789abcdef"[byte >> 4];
    token += "0123456789abcdef"[byte & 15];
  }
  return token;
}

std::string record_name(std::string_view domain) { return "_sitepod." + std::string(domain); }

std::array<net::DnsQuestion, 2> questions_about(const std::string& domain) {
  return {net::DnsQuestion{record_name(domain), net::DnsType::Txt}, net::DnsQuestion{domain, net::DnsType::Cname}};
}

bool is_proven_by_txt(const Findings& findings, std::string_view token) {
  // An entry without a token (a path on a host) is proven by nothing.
  if (!token.starts_with(kTokenPrefix)) return false;
  return std::any_of(findings.txt.values.begin(), findings.txt.values.end(),
                     [&](const std::string& value) { return names_token(value, token); });
}

bool is_proven_by_cname(const Findings& findings, std::string_view host) {
  return std::find(findings.cname.values.begin(), findings.cname.values.end(), host) != findings.cname.values.end();
}

}  // namespace sitepod::domains
