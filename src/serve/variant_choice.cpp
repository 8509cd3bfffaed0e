#include "serve/variant_choice.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "http/accept_encoding.hpp"
#include "serve/conditional.hpp"
#include "serve/request_fields.hpp"

namespace sitepod::serve {
namespace {

// http counts codings in our order of preference, the index file in the order in which they were introduced.
constexpr Encoding encoding_of(http::Coding coding) {
  switch (coding) {
    case http::Coding::Brotli:
      return Encoding::Brotli;
    case http::Coding::Zstd:
      return Encoding::Zstd;
    case http::Coding::Gzip:
      return Encoding::Gzip;
    case http::Coding::Identity:
      return Encoding::Identity;
  }
  return Encoding::Identity;
}

http::CodingSet stored_codings(const IndexEntry& entry) {
  http::CodingSet set = 0;
  for (unsigned i = 0; i < http::kCodingCount; ++i)
    if (auto coding = static_cast<http::Coding>(i); entry.has(encoding_of(coding))) set |= http::coding_bit(coding);
  return set;
}

// Browsers of a kind all send the same few words, so that each worker remembers what it read last.
http::AcceptEncoding read_accepted(std::string_view field) {
  struct Remembered {
    std::array<char, 64> text;
    std::size_t length = SIZE_MAX;
    http::AcceptEncoding meaning;
  };
  thread_local Remembered last;
  if (last.length == field.size() && std::memcmp(last.text.data(), field.data(), field.size()) == 0)
    return last.meaning;
  const http::AcceptEncoding meaning(field);
  if (field.size() > last.text.size()) return meaning;
  std::copy(field.begin(), field.end(), last.text.begin());
  last.length = field.size();
  return last.meaning = meaning;
}

http::AcceptEncoding read_accepted(const http::RequestHead& request) {
  if (!request.is_repeated(http::Known::AcceptEncoding)) return read_accepted(request[http::Known::AcceptEncoding]);
  http::AcceptEncoding accepted;
  any_line(request, http::Known::AcceptEncoding, "Accept-Encoding", [&](std::string_view line) {
    accepted.add(line);
    return false;
  });
  return accepted;
}

}  // namespace

Encoding choose_encoding(const IndexEntry& entry, const http::RequestHead& request) {
  if (!entry.has_encoded_variants() || !request.has(http::Known::AcceptEncoding)) return Encoding::Identity;
  const auto best = read_accepted(request).best_of(stored_codings(entry));
  return encoding_of(best.value_or(http::Coding::Identity));
}

http::RangeChoice choose_part(const IndexEntry& entry, const http::RequestHead& request, Instant last_modified,
                              std::string_view now_date) {
  if (request.method != http::Method::Get || !request.has(http::Known::Range) ||
      request.is_repeated(http::Known::Range))
    return {};
  http::RangeChoice part = http::choose_range(request[http::Known::Range], entry.size());
  if (part.kind == http::RangeChoice::Kind::Whole) return {};
  if (!if_range_holds(request, entry.variant(Encoding::Identity).etag(), last_modified, now_date)) return {};
  return part;
}

}  // namespace sitepod::serve
