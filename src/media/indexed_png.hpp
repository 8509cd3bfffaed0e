// A drawing of few colours as a small PNG file: a palette of at most 256 colours, compressed without filters. An order
// of magnitude quicker than general quantisation, for pictures that are flat but for the edges of letters. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/result.hpp"

namespace sitepod::media {

// `pixels` are 0x00RRGGBB, row by row without gaps.
Result<std::string> write_indexed_png(std::span<const std::uint32_t> pixels, std::uint32_t width, std::uint32_t height);

}  // namespace sitepod::media
