// Any bytes as a page's file: every problem names a line of the file, what is accepted reads the same after it was
// written again, and destinations that nobody replaces leave the text as it was.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "manuscript/destinations.hpp"
#include "manuscript/page_file.hpp"

namespace {

using sitepod::manuscript::PageFile;

// The content API refuses these before anybody writes them to a file.
bool is_text(std::string_view text) { return text.find('\0') == std::string_view::npos; }

void check_round_trip(const PageFile& file) {
  const PageFile back =
      sitepod::manuscript::read_page_file("somewhere/else.md", sitepod::manuscript::write_page_file(file.page));
  SITEPOD_CHECK(back.errors.empty() && back.warnings.empty());
  SITEPOD_CHECK(back.page.content == file.page.content);
  SITEPOD_CHECK(back.page.title == file.page.title && back.page.slug == file.page.slug);
  SITEPOD_CHECK(back.page.section == file.page.section && back.page.description == file.page.description);
  SITEPOD_CHECK(back.page.tags == file.page.tags && back.page.switches == file.page.switches);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = static_cast<std::uint32_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  const PageFile file = sitepod::manuscript::read_page_file("docs/some/page.md", text);
  for (const auto* notices : {&file.errors, &file.warnings})
    for (const auto& notice : *notices) SITEPOD_CHECK(notice.line <= lines && !notice.message.empty());
  const std::string body = file.page.content.value_or("");
  SITEPOD_CHECK(sitepod::manuscript::replace_destinations(body, [&](const auto& destination) {
                  SITEPOD_CHECK(destination.line <= lines);
                  return std::optional<std::string>();
                }) == body);
  // Text beside YAML may be anything, but a title that comes from it must be text before it can be written.
  if (file.errors.empty() && file.line_of("title") != 0 && is_text(text)) check_round_trip(file);
  return 0;
}
