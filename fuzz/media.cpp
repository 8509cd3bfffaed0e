// What the server itself reads of foreign media and of its worker's reports. The first byte chooses the reader.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "media/kind.hpp"
#include "media/video_facts.hpp"
#include "media/webp_chunks.hpp"
#include "media/worker_report.hpp"

namespace {

using namespace sitepod::media;

void classify_file(std::string_view text) {
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view name = text.substr(0, line);
  const std::string_view head = text.substr(line);
  const auto form = form_of(head, name);
  if (!form.ok()) {
    SITEPOD_CHECK(form.error().code == "media_unreadable" && classify(head) == Kind::Other);
    return;
  }
  SITEPOD_CHECK(!form->extension.empty() && !form->media_type.empty());
  for (const char c : form->extension) SITEPOD_CHECK((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'));
  SITEPOD_CHECK(kind_named(name_of(form->kind)) == form->kind);
}

void read_report(std::string_view text) {
  const auto report = parse_report(text);
  if (!report.ok()) return;
  const auto again = parse_report(write_report(*report));
  SITEPOD_CHECK(again.ok() && *again == *report);
}

void clean_webp(std::string_view text) {
  const auto kept = without_metadata(text);
  if (!kept) return;
  SITEPOD_CHECK(kept->size() <= text.size());
  SITEPOD_CHECK(without_metadata(*kept) == kept);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string text(data + 1, data + size);
  switch (data[0] % 4) {
    case 0:
      classify_file(text);
      break;
    case 1:
      read_report(text);
      break;
    case 2:
      clean_webp(text);
      break;
    default:
      static_cast<void>(parse_video_facts(text));
  }
  return 0;
}
