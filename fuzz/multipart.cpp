// The multipart reader: the same result however the bytes arrive, and agreement with a naive reader of whole bodies on
// what stands between boundaries.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.hpp"
#include "http/limits.hpp"
#include "http/multipart.hpp"

namespace {

using sitepod::http::MultipartReader;
using Event = MultipartReader::Event;

struct Part {
  std::string name, file_name, media_type, content;
  bool complete = false;
  friend bool operator==(const Part&, const Part&) = default;
};
struct Form {
  std::vector<Part> parts;
  bool done = false;
  std::string problem;
  friend bool operator==(const Form&, const Form&) = default;
};

void feed_all(MultipartReader& reader, std::string_view input, Form& form) {
  // A copy of its own, so that a sanitizer sees a step beyond this piece.
  const std::vector<char> copy(input.begin(), input.end());
  std::string_view rest(copy.data(), copy.size());
  for (;;) {
    const MultipartReader::Step step = reader.feed(rest);
    SITEPOD_CHECK(step.consumed <= rest.size());
    rest.remove_prefix(step.consumed);
    if (step.event == Event::PartBegin) {
      const auto& disposition = reader.part().disposition;
      SITEPOD_CHECK(form.parts.empty() || form.parts.back().complete);
      form.parts.push_back(
          {disposition.name, disposition.file_name.value_or("<none>"), reader.part().media_type, "", false});
    }
    if (step.event == Event::Content) {
      SITEPOD_CHECK(!step.piece.empty());
      form.parts.back().content += step.piece;
    }
    if (step.event == Event::PartEnd) form.parts.back().complete = true;
    form.done = reader.is_done();
    form.problem = reader.problem();
    if (step.event == Event::NeedMore) SITEPOD_CHECK(rest.empty());
    if (step.event == Event::NeedMore || step.event == Event::Done || step.event == Event::Refused) return;
  }
}

// Cuts a body at "\r\n--B" and each piece at its first blank line.
void check_against_cuts(std::string_view body, const Form& form) {
  const std::string text = "\r\n" + std::string(body);
  std::size_t at = text.find("\r\n--B");
  for (const Part& part : form.parts) {
    SITEPOD_CHECK(at != std::string::npos);
    const std::size_t blank = text.find("\r\n\r\n", at + 5);
    SITEPOD_CHECK(blank != std::string::npos);
    // The line break before the next boundary may be the second one of the blank line.
    at = text.find("\r\n--B", blank + 2);
    if (!part.complete) break;
    SITEPOD_CHECK(at != std::string::npos);
    const std::size_t start = blank + 4;
    SITEPOD_CHECK(part.content == (at < start ? std::string() : text.substr(start, at - start)));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Short, so that mutation finds it.
  const std::string body(data, data + size);
  MultipartReader reader("B");
  Form whole;
  feed_all(reader, body, whole);
  const std::size_t step = size / 48 + 1;
  for (std::size_t cut = 0; cut <= size; cut += step) {
    MultipartReader other("B");
    Form pieces;
    feed_all(other, std::string_view(body).substr(0, cut), pieces);
    feed_all(other, std::string_view(body).substr(cut, 1), pieces);
    if (cut < size) feed_all(other, std::string_view(body).substr(cut + 1), pieces);
    SITEPOD_CHECK(pieces == whole);
  }
  check_against_cuts(body, whole);
  // The other grammars on any text.
  static_cast<void>(sitepod::http::parse_form_disposition(body));
  if (const auto boundary = sitepod::http::boundary_of(body))
    SITEPOD_CHECK(!boundary->empty() && boundary->size() <= 70);
  return 0;
}
