#include "media/indexed_png.hpp"

#include <libdeflate.h>

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace sitepod::media {
namespace {

constexpr int kEffort = 6;  // of 1–12; 9 takes half as long again for files that are 3 % smaller
constexpr std::size_t kMaxColors = 256;

// How many bits of each channel decide which pixels share a colour of the palette.
struct Depth {
  int red, green, blue;
};
constexpr Depth kDepths[] = {{6, 6, 6}, {5, 5, 5}, {4, 4, 4}, {3, 3, 2}};  // the last has no more than 256

std::uint32_t bin_of(std::uint32_t pixel, const Depth& depth) {
  const std::uint32_t red = (pixel >> 16 & 0xFF) >> (8 - depth.red);
  const std::uint32_t green = (pixel >> 8 & 0xFF) >> (8 - depth.green);
  const std::uint32_t blue = (pixel & 0xFF) >> (8 - depth.blue);
  return (red << depth.green | green) << depth.blue | blue;
}

struct Indexed {
  std::string palette;  // RGB
  std::vector<std::uint8_t> indices;
};

// A colour of the palette is the mean of the pixels that share it. Nothing: there would be too many.
std::optional<Indexed> reduce(std::span<const std::uint32_t> pixels, const Depth& depth) {
  struct Sum {
    std::uint64_t red = 0, green = 0, blue = 0, count = 0;
  };
  std::vector<std::int16_t> index_of_bin(std::size_t{1} << (depth.red + depth.green + depth.blue), -1);
  std::vector<Sum> sums;
  Indexed indexed;
  indexed.indices.reserve(pixels.size());
  for (const std::uint32_t pixel : pixels) {
    std::int16_t& index = index_of_bin[bin_of(pixel, depth)];
    if (index < 0) {
      if (sums.size() == kMaxColors) return std::nullopt;
      index = static_cast<std::int16_t>(sums.size());
      sums.emplace_back();
    }
    Sum& sum = sums[static_cast<std::size_t>(index)];
    sum.red += pixel >> 16 & 0xFF;
    sum.green += pixel >> 8 & 0xFF;
    sum.blue += pixel & 0xFF;
    ++sum.count;
    indexed.indices.push_back(static_cast<std::uint8_t>(index));
  }
  for (const Sum& sum : sums)
    for (const std::uint64_t channel : {sum.red, sum.green, sum.blue})
      indexed.palette += static_cast<char>((channel + sum.count / 2) / sum.count);
  return indexed;
}

void add_number(std::string& out, std::uint32_t number) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(number >> shift);
}

// PNG (third edition) §5.3: length, type, data, and the CRC of the last two.
void add_chunk(std::string& out, std::string_view type, std::string_view data) {
  add_number(out, static_cast<std::uint32_t>(data.size()));
  const std::size_t begin = out.size();
  out.append(type).append(data);
  add_number(out, libdeflate_crc32(0, out.data() + begin, out.size() - begin));
}

Result<std::string> compress(std::string_view bytes) {
  const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
      libdeflate_alloc_compressor(kEffort), libdeflate_free_compressor);
  if (!compressor) return internal("media worker: no memory for compression");
  std::string out(libdeflate_zlib_compress_bound(compressor.get(), bytes.size()), '\0');
  out.resize(libdeflate_zlib_compress(compressor.get(), bytes.data(), bytes.size(), out.data(), out.size()));
  return out;
}

}  // namespace

Result<std::string> write_indexed_png(std::span<const std::uint32_t> pixels, std::uint32_t width,
                                      std::uint32_t height) {
  std::optional<Indexed> indexed;
  for (const Depth& depth : kDepths) {
    indexed = reduce(pixels, depth);
    if (indexed) break;
  }
  if (!indexed || pixels.size() != std::size_t{width} * height) return internal("media worker: no drawing to write");
  std::string rows;
  rows.reserve(pixels.size() + height);
  for (std::size_t row = 0; row < height; ++row) {
    rows += '\0';  // no filter, which is best for palettes (§12.7)
    rows.append(reinterpret_cast<const char*>(indexed->indices.data()) + row * width, width);
  }
  std::string png("\x89PNG\r\n\x1a\n", 8);
  std::string header;
  add_number(header, width);
  add_number(header, height);
  header.append("\x08\x03\x00\x00\x00", 5);  // eight bits, palette, deflate, filters by row, not interlaced
  add_chunk(png, "IHDR", header);
  add_chunk(png, "PLTE", indexed->palette);
  add_chunk(png, "IDAT", SITEPOD_TRY(compress(rows)));
  add_chunk(png, "IEND", {});
  return png;
}

}  // namespace sitepod::media
