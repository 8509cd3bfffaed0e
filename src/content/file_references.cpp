#include "content/file_references.hpp"

#include "manuscript/destinations.hpp"

namespace sitepod::content {
namespace {

constexpr std::string_view kScheme = "file:";

}  // namespace

ReplacedReferences replace_file_references(std::string_view markdown, const FindFile& find_file) {
  if (markdown.find(kScheme) == std::string_view::npos) return {std::string(markdown), 0};
  ReplacedReferences out;
  const auto choose = [&](const manuscript::Destination& destination) -> std::optional<std::string> {
    if (!destination.written.starts_with(kScheme)) return std::nullopt;
    const std::string_view name = destination.written.substr(kScheme.size());
    std::optional<std::string> url = find_file(name);
    if (!url) url = find_file(manuscript::percent_decoded(name));
    // "file:manual.pdf#page=2"
    if (const std::size_t hash = name.find('#'); !url && hash != std::string_view::npos) {
      url = find_file(manuscript::percent_decoded(name.substr(0, hash)));
      if (url) url->append(name.substr(hash));
    }
    if (!url) ++out.unresolved;
    return url;
  };
  out.text = manuscript::replace_destinations(markdown, choose);
  return out;
}

}  // namespace sitepod::content
