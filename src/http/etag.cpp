#include "http/etag.hpp"

#include "http/syntax.hpp"

namespace sitepod::http {

namespace {

bool is_weak(std::string_view etag) { return etag.starts_with("W/"); }

// The length of the entity tag at the start of `text`; 0 when there is none.
std::size_t etag_length(std::string_view text) {
  std::size_t i = is_weak(text) ? 2 : 0;
  if (i >= text.size() || text[i] != '"') return 0;
  for (++i; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (!has_class(text[i], kEtagBit)) return 0;
  }
  return 0;
}

}  // namespace

bool is_valid_etag(std::string_view text) { return !text.empty() && etag_length(text) == text.size(); }

bool etags_equal(std::string_view a, std::string_view b, EtagCompare compare) {
  if (compare == EtagCompare::Strong) return a == b && !is_weak(a);
  return a.substr(is_weak(a) ? 2 : 0) == b.substr(is_weak(b) ? 2 : 0);
}

bool etag_list_matches(std::string_view list, std::string_view etag, EtagCompare compare) {
  list = trim_whitespace(list);
  if (list == "*") return true;
  bool matched = false;
  bool comma_needed = false;
  // Read to the end even after a match: a list that is wrong anywhere is wrong as a whole.
  while (!list.empty()) {
    if (is_whitespace(list.front())) {
      list.remove_prefix(1);
    } else if (list.front() == ',') {
      comma_needed = false;
      list.remove_prefix(1);
    } else {
      const std::size_t length = comma_needed ? 0 : etag_length(list);
      if (length == 0) return false;
      matched = matched || etags_equal(list.substr(0, length), etag, compare);
      comma_needed = true;
      list.remove_prefix(length);
    }
  }
  return matched;
}

}  // namespace sitepod::http
