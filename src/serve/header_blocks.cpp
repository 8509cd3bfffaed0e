#include "serve/header_blocks.hpp"

#include <charconv>
#include <cstring>

#include "base/base64.hpp"

namespace sitepod::serve {
namespace {

constexpr std::string_view kContentLengthName = "Content-Length: ";

std::string_view encoding_line(Encoding encoding) {
  switch (encoding) {
    case Encoding::Identity:
      return {};
    case Encoding::Gzip:
      return "Content-Encoding: gzip\r\n";
    case Encoding::Zstd:
      return "Content-Encoding: zstd\r\n";
    case Encoding::Brotli:
      return "Content-Encoding: br\r\n";
  }
  return {};
}

char* put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

std::size_t decimal_digits(std::uint64_t number) {
  std::size_t digits = 1;
  for (; number >= 10; number /= 10) ++digits;
  return digits;
}

}  // namespace

bool is_clean_media_type(std::string_view media_type) {
  if (media_type.empty() || media_type.size() > 255 || media_type.front() == ' ' || media_type.back() == ' ')
    return false;
  for (char c : media_type)
    if (c < 0x20 || c > 0x7e) return false;
  return true;
}

CommonBlock common_block(std::string_view media_type, Encoding encoding, bool immutable, bool compressible,
                         bool sandboxed, std::string_view last_modified) {
  CommonBlock block;
  block.media_type_length = static_cast<std::uint16_t>(media_type.size());
  block.text.append(kContentTypeName)
      .append(media_type)
      .append("\r\n")
      .append(encoding_line(encoding))
      .append(kNosniffLine)
      .append(sandboxed ? kSandboxLine : std::string_view());
  block.details_at = static_cast<std::uint16_t>(block.text.size());
  block.text.append("Accept-Ranges: bytes\r\nLast-Modified: ").append(last_modified).append("\r\n");
  block.vary_at = static_cast<std::uint16_t>(block.text.size());
  if (compressible) block.text.append("Vary: Accept-Encoding\r\n");
  block.cache_at = static_cast<std::uint16_t>(block.text.size());
  block.text.append(immutable ? kImmutableLine : kRevalidateLine);
  return block;
}

std::size_t content_length_place(Encoding encoding) {
  return encoding == Encoding::Identity ? kEtagLineBytes + kReprDigestLineBytes : kEtagLineBytes;
}

std::size_t own_block_bytes(Encoding encoding, std::uint64_t size) {
  return content_length_place(encoding) + kContentLengthName.size() + decimal_digits(size) + 2;
}

void write_own_block(char* to, Encoding encoding, const Digest& blob, std::uint64_t size) {
  to = put(put(to, kEtagName), "\"");
  blob.hex_into(to);
  to = put(to + 64, "\"\r\n");
  // Of encoded variants the digest would be of bytes that most clients never see as such; they have the entity tag.
  if (encoding == Encoding::Identity) to = put(write_base64(put(to, kReprDigestName), blob.bytes), ":\r\n");
  to = put(to, kContentLengthName);
  to = std::to_chars(to, to + 20, size).ptr;
  put(to, "\r\n");
}

}  // namespace sitepod::serve
