// Any bytes as an archive, in one piece and in small ones: read to its end or refused with a reason, the same both
// ways (how much of a damaged one the decoder hands out first depends on the pieces); no member is longer than it says.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "deploy/archive_reader.hpp"

namespace {

using sitepod::Result;
using sitepod::deploy::ArchiveReader;

struct Outcome {
  std::size_t members = 0;
  std::uint64_t bytes = 0;
  bool refused = false;
  bool operator==(const Outcome& other) const {
    if (refused || other.refused) return refused == other.refused;
    return members == other.members && bytes == other.bytes;
  }
};

Outcome read_all(const std::uint8_t* data, std::size_t size, std::size_t piece) {
  std::size_t at = 0;
  const sitepod::deploy::ReadBody body = [&](std::span<std::byte> out) -> Result<std::size_t> {
    const std::size_t count = std::min({out.size(), size - at, piece});
    if (count > 0) std::memcpy(out.data(), data + at, count);
    at += count;
    return count;
  };
  sitepod::deploy::ArchiveLimits limits;
  limits.max_members = 1000;
  limits.ratio_counts_from = 1u << 20;
  ArchiveReader reader(body, limits, "/tmp", [](std::string_view name) { return name.starts_with(".git"); });
  Outcome outcome;
  std::byte buffer[4096];
  for (;;) {
    auto member = reader.next();
    if (!member.ok()) {
      if (member.error().message.empty()) std::abort();
      outcome.refused = true;
      return outcome;
    }
    if (!member->has_value()) return outcome;
    ++outcome.members;
    for (std::uint64_t read = 0;;) {
      auto count = reader.read(buffer);
      if (!count.ok()) {
        outcome.refused = true;
        return outcome;
      }
      if (*count == 0) break;
      read += *count;
      outcome.bytes += *count;
      if (read > (*member)->size) std::abort();
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Outcome whole = read_all(data, size, SIZE_MAX);
  if (read_all(data, size, 61) != whole) std::abort();
  return 0;
}
