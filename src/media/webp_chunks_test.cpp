#include "media/webp_chunks.hpp"

#include <gtest/gtest.h>

#include "media/media_samples.hpp"
#include "media/processing_fixture.hpp"

namespace sitepod::media {
namespace {

using samples::little_endian;

std::string chunk(const std::string& name, const std::string& content) {
  return name + little_endian(static_cast<std::uint32_t>(content.size()), 4) + content +
         (content.size() % 2 != 0 ? std::string(1, '\0') : "");
}
std::string file_of(const std::string& chunks) {
  return "RIFF" + little_endian(static_cast<std::uint32_t>(chunks.size() + 4), 4) + "WEBP" + chunks;
}

TEST(WebpChunks, MetadataGoesWithItsFlagsAndPicturesStay) {
  const std::string flags(1, '\x3e');  // everything: profile, alpha, EXIF, XMP, animation
  const std::string rest(9, '\x01');
  const std::string pictures = chunk("ANIM", "123456") + chunk("ANMF", "odd");
  const std::string with = file_of(chunk("VP8X", flags + rest) + chunk("ICCP", "p") + pictures + chunk("EXIF", "e") +
                                   chunk("XMP ", "x") + chunk("JUNK", "?"));
  EXPECT_EQ(without_metadata(with), file_of(chunk("VP8X", "\x12" + rest) + pictures));
}

TEST(WebpChunks, APlainFileStaysAsItIs) { EXPECT_EQ(without_metadata(samples::webp()), samples::webp()); }

TEST(WebpChunks, RefusesWhatEndsInsideAChunk) {
  const std::string whole = file_of(chunk("VP8 ", "1234"));
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(without_metadata(whole.substr(0, size)).has_value(), size == 12) << size;
  EXPECT_EQ(without_metadata(file_of("VP8 \xff\xff\xff\xff....")), std::nullopt);
  EXPECT_EQ(without_metadata(file_of(chunk("VP8X", "short"))), std::nullopt);
}

}  // namespace
}  // namespace sitepod::media
