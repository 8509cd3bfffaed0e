// Where a media file is published. The address depends on the original bytes and on how they are processed, so it is
// final before the processing ends, and sending the same file again yields the same address. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/digest.hpp"

namespace sitepod::media {

// Grows with every change that makes other bytes of the same original.
inline constexpr int kProcessingVersion = 1;

// `/media/{first two digits}/{64 digits}.{extension}`; `original` is the SHA-256 of the file as it was sent.
std::string media_url(const Digest& original, std::string_view extension);
// The address of a narrower copy, from the address of the whole: `….webp` → `…-480.webp`.
std::string narrower_url(std::string_view url, int width);

}  // namespace sitepod::media
