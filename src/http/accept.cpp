#include "http/accept.hpp"

#include <algorithm>

#include "http/syntax.hpp"

namespace sitepod::http {

namespace {

// Cuts text off up to `delimiter`, which does not count inside a quoted string (RFC 9110 §5.6.4).
std::string_view cut_unquoted(std::string_view& rest, char delimiter) {
  bool quoted = false;
  std::size_t i = 0;
  for (; i < rest.size() && (quoted || rest[i] != delimiter); ++i) {
    if (rest[i] == '"') quoted = !quoted;
    if (rest[i] == '\\' && quoted) ++i;
  }
  const std::string_view piece = rest.substr(0, i);
  rest = i < rest.size() ? rest.substr(i + 1) : std::string_view();
  return trim_whitespace(piece);
}

// How precisely a media range names text/html; -1 when it does not include it.
int specificity(std::string_view range) {
  if (equal_ignoring_case(range, "text/html")) return 2;
  if (equal_ignoring_case(range, "text/*")) return 1;
  return range == "*/*" || range == "*" ? 0 : -1;
}

// The weight among the parameters; 1000 without one, and with one that is malformed: a page is the better guess.
int weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = cut_unquoted(parameters, ';');
    if (parameter.size() < 2 || to_lower(parameter[0]) != 'q' || parameter[1] != '=') continue;
    const int weight = parse_weight(parameter.substr(2));
    return weight < 0 ? 1000 : weight;
  }
  return 1000;
}

}  // namespace

bool accepts_html(std::string_view accept) {
  accept = trim_whitespace(accept);
  if (accept.empty()) return true;
  int best = -1;
  int weight = 0;
  while (!accept.empty()) {
    std::string_view element = cut_unquoted(accept, ',');
    const int precision = specificity(cut_unquoted(element, ';'));
    if (precision < 0 || precision < best) continue;
    weight = precision == best ? std::max(weight, weight_of(element)) : weight_of(element);
    best = precision;
  }
  return weight > 0;
}

int named_weight(std::string_view accept, std::string_view media_type) {
  int weight = -1;
  while (!accept.empty()) {
    std::string_view element = cut_unquoted(accept, ',');
    if (equal_ignoring_case(cut_unquoted(element, ';'), media_type)) weight = std::max(weight, weight_of(element));
  }
  return weight;
}

}  // namespace sitepod::http
