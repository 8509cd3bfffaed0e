#include "http/accept_encoding.hpp"

#include <algorithm>

#include "http/syntax.hpp"

namespace sitepod::http {

namespace {

constexpr int kMaxWeight = 1000;

void limit(std::uint16_t& slot, int weight) { slot = std::min(slot, static_cast<std::uint16_t>(weight)); }

std::optional<Coding> find_coding(std::string_view name) {
  switch (name.size()) {
    case 2:
      return equal_ignoring_case(name, "br") ? std::optional(Coding::Brotli) : std::nullopt;
    case 4:
      if (equal_ignoring_case(name, "gzip")) return Coding::Gzip;
      return equal_ignoring_case(name, "zstd") ? std::optional(Coding::Zstd) : std::nullopt;
    case 6:
      return equal_ignoring_case(name, "x-gzip") ? std::optional(Coding::Gzip) : std::nullopt;
    case 8:
      return equal_ignoring_case(name, "identity") ? std::optional(Coding::Identity) : std::nullopt;
    default:
      return std::nullopt;
  }
}

// The weight behind the ";" of an element in thousandths; -1 when it is not a weight.
int parse_weight_parameter(std::string_view parameter) {
  parameter = trim_whitespace(parameter);
  if (parameter.size() < 3 || to_lower(parameter[0]) != 'q' || parameter[1] != '=') return -1;
  return parse_weight(parameter.substr(2));
}

}  // namespace

std::string_view coding_name(Coding coding) {
  constexpr std::string_view kNames[] = {"br", "zstd", "gzip", "identity"};
  return kNames[static_cast<std::size_t>(coding)];
}

void AcceptEncoding::add(std::string_view field) {
  // What today's browsers send, word for word; reading it element by element gives the same.
  constexpr std::string_view kBrowsers = "gzip, deflate, br, zstd";
  if (field == kBrowsers) {
    for (const Coding coding : {Coding::Brotli, Coding::Zstd, Coding::Gzip}) limit(slot_of(coding), kMaxWeight);
    return;
  }
  while (!field.empty()) {
    const std::string_view element = next_list_element(field);
    if (!element.empty()) list(element);
  }
}

void AcceptEncoding::list(std::string_view element) {
  int weight = kMaxWeight;
  const std::size_t semicolon = element.find(';');
  if (semicolon != std::string_view::npos) weight = parse_weight_parameter(element.substr(semicolon + 1));
  if (weight < 0) return;
  const std::string_view name = trim_whitespace(element.substr(0, semicolon));
  if (name == "*") return limit(others_, weight);
  if (const auto coding = find_coding(name)) limit(slot_of(*coding), weight);
}

unsigned AcceptEncoding::weight(Coding coding) const {
  const std::uint16_t own = listed_[static_cast<std::size_t>(coding)];
  if (own != kNotListed) return own;
  if (others_ != kNotListed) return others_;
  return coding == Coding::Identity ? 1 : 0;
}

std::optional<Coding> AcceptEncoding::best_of(CodingSet available) const {
  std::optional<Coding> best;
  unsigned best_weight = 0;
  for (std::size_t i = 0; i < kCodingCount; ++i) {
    const auto coding = static_cast<Coding>(i);
    if ((available & coding_bit(coding)) == 0 || weight(coding) <= best_weight) continue;
    best = coding;
    best_weight = weight(coding);
  }
  return best;
}

}  // namespace sitepod::http
