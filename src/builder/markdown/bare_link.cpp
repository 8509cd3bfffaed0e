#include "builder/markdown/bare_link.hpp"

#include <algorithm>

#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

constexpr std::size_t kLongestLocalPart = 64;  // RFC 5321 §4.5.3.1.1

bool is_letter(char c) { return is_alnum(c) && (c < '0' || c > '9'); }
bool is_domain_character(char c) { return is_alnum(c) || c == '-' || c == '_' || static_cast<signed char>(c) < 0; }

// The end of a domain; `begin` when there is none. The last two labels hold no underscore.
std::size_t end_of_domain(std::string_view text, std::size_t begin) {
  std::size_t at = begin;
  bool underscore_before = false;  // in the label before the last
  bool underscore = false;
  while (at < text.size() && (is_domain_character(text[at]) || (text[at] == '.' && at > begin))) {
    if (text[at] == '.') {
      if (text[at - 1] == '.') break;
      underscore_before = std::exchange(underscore, false);
    }
    if (text[at] == '_') underscore = true;
    ++at;
  }
  return underscore || underscore_before ? begin : at;
}

// Up to a space, "<", the bar of a table, or a "]" that was not opened inside.
std::size_t end_of_address(std::string_view text, std::size_t at) {
  std::size_t brackets = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (static_cast<unsigned char>(c) <= ' ' || c == '<' || c == '|' || c == '`') break;
    if (c == '[') ++brackets;
    if (c == ']' && brackets-- == 0) break;
  }
  return at;
}

bool ends_in_reference(std::string_view text, std::size_t& begin) {
  std::size_t at = text.size() - 1;
  while (at > 0 && is_alnum(text[at - 1])) --at;
  if (at == 0 || text[at - 1] != '&' || at == text.size() - 1) return false;
  begin = at - 1;
  return true;
}

// Punctuation at the end belongs to the sentence; a ")" too, unless it was opened inside.
std::size_t without_tail(std::string_view address) {
  auto opened = std::count(address.begin(), address.end(), '(');
  auto closed = std::count(address.begin(), address.end(), ')');
  while (!address.empty()) {
    const char last = address.back();
    std::size_t reference = 0;
    if (last == ';' && ends_in_reference(address, reference)) {
      address = address.substr(0, reference);
    } else if (last == ')' && closed > opened) {
      --closed;
      address.remove_suffix(1);
    } else if (std::string_view("?!.,:;*_~'\"").find(last) != std::string_view::npos) {
      address.remove_suffix(1);
    } else {
      break;
    }
  }
  return address.size();
}

std::optional<BareLink> finish(std::string_view text, std::size_t begin, std::size_t domain) {
  const std::size_t end = end_of_domain(text, domain);
  if (end == domain) return std::nullopt;
  const std::size_t stop = begin + without_tail(text.substr(begin, end_of_address(text, end) - begin));
  if (stop <= domain) return std::nullopt;
  return BareLink{begin, stop};
}

std::optional<BareLink> find_url(std::string_view text, std::size_t colon, std::size_t floor) {
  std::size_t begin = colon;
  while (begin > floor && colon - begin < 6 && is_letter(text[begin - 1])) --begin;
  const std::string_view scheme = text.substr(begin, colon - begin);
  const bool is_known = equals_ignoring_case(scheme, "http") || equals_ignoring_case(scheme, "https") ||
                        equals_ignoring_case(scheme, "ftp");
  if (!is_known || (begin > 0 && is_alnum(text[begin - 1]))) return std::nullopt;
  return finish(text, begin, colon + 3);
}

std::optional<BareLink> find_www(std::string_view text, std::size_t dot, std::size_t floor) {
  if (dot < floor + 3 || !equals_ignoring_case(text.substr(dot - 3, 3), "www")) return std::nullopt;
  const std::size_t begin = dot - 3;
  constexpr std::string_view kMayPrecede = " \t\n*_~(\"'>";
  if (begin > 0 && kMayPrecede.find(text[begin - 1]) == std::string_view::npos) return std::nullopt;
  return finish(text, begin, dot + 1);
}

std::optional<BareLink> find_mail(std::string_view text, std::size_t at, std::size_t floor) {
  const auto is_local = [](char c) { return is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '+'; };
  std::size_t begin = at;
  while (begin > floor && at - begin <= kLongestLocalPart && is_local(text[begin - 1])) --begin;
  if (begin == at || at - begin > kLongestLocalPart) return std::nullopt;
  constexpr std::string_view kMailto = "mailto:";
  if (begin >= floor + kMailto.size() && text.substr(begin - kMailto.size(), kMailto.size()) == kMailto)
    begin -= kMailto.size();
  if (begin > 0 && text[begin - 1] == '/') return std::nullopt;
  std::size_t end = at + 1;
  std::size_t dots = 0;
  for (; end < text.size() && (is_alnum(text[end]) || text[end] == '-' || text[end] == '_' || text[end] == '.'); ++end)
    if (text[end] == '.') {
      if (text[end - 1] == '.' || text[end - 1] == '@') break;
      ++dots;
    }
  while (end > at && text[end - 1] == '.') {
    --end;
    --dots;
  }
  if (dots == 0 || !is_letter(text[end - 1])) return std::nullopt;
  return BareLink{begin, end};
}

}  // namespace

std::optional<BareLink> find_bare_link(std::string_view text, std::size_t at, std::size_t floor) {
  if (text[at] == '@') return find_mail(text, at, floor);
  if (text[at] == '.') return find_www(text, at, floor);
  return text.substr(at, 3) == "://" ? find_url(text, at, floor) : std::nullopt;
}

}  // namespace sitepod::builder::markdown
