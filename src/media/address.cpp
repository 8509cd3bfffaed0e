#include "media/address.hpp"

#include <fmt/format.h>

namespace sitepod::media {

std::string media_url(const Digest& original, std::string_view extension) {
  const std::string name = sha256(fmt::format("sitepod media {}\n{}\n", kProcessingVersion, original.hex())).hex();
  return fmt::format("/media/{}/{}.{}", std::string_view(name).substr(0, 2), name, extension);
}

std::string narrower_url(std::string_view url, int width) {
  const std::size_t dot = url.rfind('.');
  return fmt::format("{}-{}{}", url.substr(0, dot), width,
                     dot == std::string_view::npos ? std::string_view() : url.substr(dot));
}

}  // namespace sitepod::media
