#include "media/webp_chunks.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sitepod::media {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kHeaderBytes = 12;           // "RIFF", size, "WEBP"
constexpr std::size_t kChunkHeaderBytes = 8;       // name, size
constexpr std::size_t kExtendedBytes = 10;         // of VP8X
constexpr unsigned char kKeptFlags = 0x10 | 0x02;  // alpha, animation

std::uint32_t size_at(std::string_view bytes, std::size_t at) {
  std::uint32_t size = 0;
  for (std::size_t i = 4; i > 0; --i) size = size << 8 | static_cast<unsigned char>(bytes[at + i - 1]);
  return size;
}

bool is_picture_chunk(std::string_view name) {
  constexpr std::array kNames = {"VP8 "sv, "VP8L"sv, "VP8X"sv, "ALPH"sv, "ANIM"sv, "ANMF"sv};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

}  // namespace

std::optional<std::string> without_metadata(std::string_view webp) {
  if (webp.size() < kHeaderBytes || !webp.starts_with("RIFF"sv) || webp.substr(8, 4) != "WEBP"sv) return std::nullopt;
  std::string kept(webp.substr(0, kHeaderBytes));
  std::string_view rest = webp.substr(kHeaderBytes);
  while (!rest.empty()) {
    if (rest.size() < kChunkHeaderBytes) return std::nullopt;
    const std::uint64_t size = size_at(rest, 4);
    const std::uint64_t padded = kChunkHeaderBytes + size + size % 2;
    if (padded > rest.size()) return std::nullopt;
    const std::string_view chunk = rest.substr(0, static_cast<std::size_t>(padded));
    rest.remove_prefix(chunk.size());
    if (!is_picture_chunk(chunk.substr(0, 4))) continue;
    kept += chunk;
    if (!chunk.starts_with("VP8X"sv)) continue;
    if (size < kExtendedBytes) return std::nullopt;
    char& flags = kept[kept.size() - chunk.size() + kChunkHeaderBytes];
    flags = static_cast<char>(static_cast<unsigned char>(flags) & kKeptFlags);
  }
  const std::size_t size = kept.size() - kChunkHeaderBytes;
  for (std::size_t i = 0; i < 4; ++i) kept[4 + i] = static_cast<char>(size >> 8 * i & 0xff);
  return kept;
}

}  // namespace sitepod::media
