#include "builder/markdown/source.hpp"

#include <algorithm>
#include <charconv>

namespace sitepod::builder::markdown {

std::uint32_t Source::line_at(std::size_t offset) const {
  const auto after = std::upper_bound(line_starts.begin(), line_starts.end(), offset,
                                      [](std::size_t wanted, const auto& start) { return wanted < start.first; });
  return after == line_starts.begin() ? 1 : std::prev(after)->second;
}

std::optional<Placeholder> find_placeholder(std::string_view text, std::size_t from) {
  const std::size_t begin = text.find(kPlaceholderStart, from);
  if (begin == std::string_view::npos) return std::nullopt;
  Placeholder found{begin, 0, 0};
  const char* digits = text.data() + begin + kPlaceholderStart.size();
  const auto [end, error] = std::from_chars(digits, text.data() + text.size(), found.index);
  found.end = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || !text.substr(found.end).starts_with(kPlaceholderEnd)) return std::nullopt;
  found.end += kPlaceholderEnd.size();
  return found;
}

void append_restored(std::string_view text, const Source& source, std::string& out) {
  std::size_t copied = 0;
  while (const auto found = find_placeholder(text, copied)) {
    out.append(text, copied, found->begin - copied).append(source.specials[found->index].source);
    copied = found->end;
  }
  out.append(text, copied);
}

}  // namespace sitepod::builder::markdown
