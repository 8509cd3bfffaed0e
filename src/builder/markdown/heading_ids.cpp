#include "builder/markdown/heading_ids.hpp"

#include "builder/markdown/text.hpp"
#include "builder/markdown/unicode.hpp"

namespace sitepod::builder::markdown {
namespace {

// What a byte of ASCII becomes in a slug; 0: nothing.
constexpr auto kSlugBytes = [] {
  auto table = kAsciiWordBytes;
  table[' '] = table['-'] = '-';
  return table;
}();

}  // namespace

std::string heading_slug(std::string_view text) {
  std::string slug;
  text = trim(text);
  slug.reserve(text.size());
  while (!text.empty()) {
    if (const auto byte = static_cast<unsigned char>(text.front()); byte < kSlugBytes.size()) {
      if (kSlugBytes[byte] != 0) slug.push_back(kSlugBytes[byte]);
      text.remove_prefix(1);
      continue;
    }
    const CodePoint next = next_code_point(text);
    text.remove_prefix(next.length);
    if (is_word_character(next.value)) append_utf8(lower_case(next.value), slug);
  }
  return slug.empty() ? "section" : slug;
}

std::string HeadingIds::unique_id(std::string_view text) {
  const std::string slug = heading_slug(text);
  const auto [entry, is_new] = used_.try_emplace(slug, 0);
  if (is_new) return slug;
  // Elements of an unordered map stay where they are while others are added.
  std::size_t& number = entry->second;
  for (;;) {
    std::string id = slug + "-" + std::to_string(++number);
    if (used_.try_emplace(id, 0).second) return id;
  }
}

}  // namespace sitepod::builder::markdown
