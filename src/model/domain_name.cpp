#include "model/domain_name.hpp"

#include <algorithm>
#include <memory>

#include "model/names.hpp"

#include <idn2.h>
#include <libpsl.h>

namespace sitepod::model {
namespace {

constexpr std::size_t kMaxDomain = 253;  // RFC 1035 §2.3.4 less the length byte and the root
constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxSlug = 255;
// Longer input is no domain, and nothing is done for it.
constexpr std::size_t kMaxInput = 1024;
constexpr int kIdnaFlags = IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

std::string_view trimmed(std::string_view text) {
  auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower_cased(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

Error not_a_domain(std::string_view why) { return invalid_request("The field \"domain\" " + std::string(why) + "."); }

struct FreeIdn {
  void operator()(char* text) const { idn2_free(text); }
};
using IdnText = std::unique_ptr<char, FreeIdn>;

// The name in punycode, mapped and normalised; nothing when IDNA refuses it.
IdnText to_ascii(const std::string& name) {
  std::uint8_t* out = nullptr;
  int outcome = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(name.c_str()), &out, kIdnaFlags);
  return IdnText(outcome == IDN2_OK ? reinterpret_cast<char*>(out) : nullptr);
}

// Punycode that stands for nothing, or for something that is written otherwise, would be a second name of a domain.
bool is_canonical(const std::string& name) {
  if (name.find("xn--") == std::string::npos) return true;
  char* unicode = nullptr;
  if (idn2_to_unicode_8z8z(name.c_str(), &unicode, kIdnaFlags) != IDN2_OK) return false;
  IdnText owned(unicode);
  IdnText again = to_ascii(owned.get());
  return again && name == again.get();
}

// The library lets more through than host names may have, so every label is looked at here.
std::string_view fault_of_label(std::string_view label) {
  if (label.empty()) return "has an empty label";
  if (label.size() > kMaxLabel) return "has a label of more than 63 characters";
  if (label.front() == '-' || label.back() == '-') return "has a label that begins or ends with \"-\"";
  if (!std::all_of(label.begin(), label.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; }))
    return "must be a name of letters, digits, \"-\" and dots: no port, no wildcard, no path";
  return {};
}

// What ends in a number is an address to browsers (URL standard, "ends in a number"): 10.0.0.1, 1.0x7f.
bool ends_in_number(std::string_view domain) {
  std::string_view last = domain.substr(domain.rfind('.') + 1);
  if (std::all_of(last.begin(), last.end(), is_digit)) return true;
  return last.starts_with("0x") && std::all_of(last.begin() + 2, last.end(), is_hex_digit);
}

std::string_view fault_of_domain(const std::string& domain) {
  if (domain.size() > kMaxDomain) return "is longer than 253 characters";
  std::size_t labels = 0;
  for (std::string_view rest = domain;; ++labels) {
    std::size_t dot = rest.find('.');
    if (std::string_view fault = fault_of_label(rest.substr(0, dot)); !fault.empty()) return fault;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (labels == 0) return "must have at least two labels, like example.com";
  if (ends_in_number(domain)) return "must be a name, not an IP address";
  if (!is_canonical(domain)) return "is not a valid international name";
  if (psl_is_public_suffix(psl_builtin(), domain.c_str())) return "is a public suffix, which nobody owns alone";
  return {};
}

}  // namespace

Result<std::string> parse_domain_name(std::string_view text) {
  std::string_view given = trimmed(text);
  if (given.empty()) return not_a_domain("is required");
  if (given.size() > kMaxInput) return not_a_domain("is longer than 253 characters");
  std::string name = lower_cased(given);
  if (!is_valid_utf8(name) || name.find('\0') != std::string::npos) return not_a_domain("must be UTF-8 without NUL");
  bool is_ascii = std::none_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (!is_ascii) {
    IdnText ascii = to_ascii(name);
    if (!ascii) return not_a_domain("is not a valid international name");
    name = ascii.get();
  }
  if (name.ends_with('.')) name.pop_back();
  if (std::string_view fault = fault_of_domain(name); !fault.empty()) return not_a_domain(fault);
  return name;
}

Result<std::string> parse_slug(std::string_view text) {
  while (text.ends_with('/')) text.remove_suffix(1);
  if (text.starts_with('/')) text.remove_prefix(1);
  if (text.empty()) return std::string("/");
  if (text.starts_with('/')) return invalid_request("The field \"slug\" has an empty segment.");
  auto path = parse_manifest_path(text);
  if (!path.ok()) return invalid_request("The field \"slug\" is no path. " + path.error().message);
  if (path->size() + 1 > kMaxSlug) return invalid_request("The field \"slug\" is longer than 255 bytes.");
  if (path->substr(0, path->find('/')) == "__preview__")
    return invalid_request("The field \"slug\" must not begin with \"/__preview__\".");
  return "/" + std::string(*path);
}

std::string plain_host(std::string_view text) {
  std::string host = lower_cased(trimmed(text));
  if (host.ends_with('.')) host.pop_back();
  return host;
}

bool is_at_or_under(std::string_view domain, std::string_view base) {
  if (domain == base) return true;
  return domain.size() > base.size() && domain.ends_with(base) && domain[domain.size() - base.size() - 1] == '.';
}

}  // namespace sitepod::model
