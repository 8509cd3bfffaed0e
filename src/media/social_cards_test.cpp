#include "media/social_cards.hpp"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <memory>
#include <set>

#include "base/file.hpp"
#include "media/indexed_png.hpp"
#include "media/temporary_folder.hpp"

namespace sitepod::media {
namespace {

SocialCard card(std::string title) {
  return {"Engines & <Looms>", std::move(title), "", "Ada Lovelace · 10 July 1843", "en", "#9fb2ff"};
}

std::uint32_t number_at(const std::string& bytes, std::size_t at) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < 4; ++i) number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

// A PNG file of write_indexed_png, decoded.
struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::string palette;
  std::string rows;  // each with its filter in front

  explicit Picture(const std::string& png) {
    EXPECT_EQ(png.substr(0, 8), std::string("\x89PNG\r\n\x1a\n", 8));
    for (std::size_t at = 8; at + 12 <= png.size();) {
      const std::uint32_t size = number_at(png, at);
      const std::string kind = png.substr(at + 4, 4);
      EXPECT_EQ(number_at(png, at + 8 + size), libdeflate_crc32(0, png.data() + at + 4, size + 4)) << kind;
      const std::string data = png.substr(at + 8, size);
      if (kind == "IHDR") width = number_at(data, 0), height = number_at(data, 4);
      if (kind == "PLTE") palette = data;
      if (kind == "IDAT") inflate(data);
      at += 12 + size;
    }
  }

  std::uint32_t color(std::uint32_t x, std::uint32_t y) const {
    const auto index = static_cast<unsigned char>(rows[y * (width + 1) + 1 + x]);
    std::uint32_t color = 0;
    for (std::size_t i = 0; i < 3; ++i) color = color << 8 | static_cast<unsigned char>(palette[index * 3U + i]);
    return color;
  }

  // How many pixels of these rows and columns are not as the last pixel of the picture, which nothing is drawn on.
  std::size_t drawn(std::uint32_t left, std::uint32_t top, std::uint32_t right, std::uint32_t bottom) const {
    std::size_t count = 0;
    for (std::uint32_t y = top; y < bottom; ++y)
      for (std::uint32_t x = left; x < right; ++x) count += color(x, y) != color(width - 1, height - 1);
    return count;
  }

 private:
  void inflate(const std::string& data) {
    const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> decompressor(
        libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
    rows.resize(std::size_t{width + 1} * height);
    EXPECT_EQ(
        libdeflate_zlib_decompress(decompressor.get(), data.data(), data.size(), rows.data(), rows.size(), nullptr),
        LIBDEFLATE_SUCCESS);
  }
};

class Cards : public testing::Test {
 protected:
  std::vector<std::string> draw(const std::vector<SocialCard>& cards) {
    std::vector<std::string> lines;
    for (const SocialCard& each : cards) lines.push_back(write_card(each));
    const auto paths = press_.draw(lines, folder_.path());
    EXPECT_TRUE(paths.ok()) << paths.error().message << paths.error().context;
    std::vector<std::string> files;
    if (!paths.ok()) return std::vector<std::string>(cards.size());
    for (const std::string& path : *paths) files.push_back(*read_file(path));
    EXPECT_EQ(files.size(), cards.size());
    return files;
  }

  TemporaryFolder folder_ = TemporaryFolder::make("/tmp").value();
  CardPress press_;
};

TEST_F(Cards, AreOfTheSizeThatNetworksShow) {
  const auto files = draw({card("A title")});
  const Picture picture(files[0]);
  EXPECT_EQ(picture.width, 1200U);
  EXPECT_EQ(picture.height, 630U);
  EXPECT_LT(files[0].size(), 40'000U);
}

TEST_F(Cards, ShowTheSiteTheTitleAndTheByline) {
  const auto files = draw({card("A title"), {"", "", "", "", "", "#ff0000"}});
  const Picture picture(files[0]);
  EXPECT_EQ(picture.color(600, 5), 0x9fb2ffU) << "the bar has the site's colour";
  EXPECT_GT(picture.drawn(80, 60, 1120, 130), 1000U) << "the site";
  EXPECT_GT(picture.drawn(80, 140, 1120, 300), 3000U) << "the title";
  EXPECT_GT(picture.drawn(80, 500, 1120, 600), 1000U) << "the byline";
  const Picture empty(files[1]);
  EXPECT_EQ(empty.color(600, 5), 0xff0000U);
  EXPECT_EQ(empty.drawn(0, 20, 1200, 630), 0U);
}

TEST_F(Cards, OfDifferentTextsDifferAndOfEqualTextsAreEqual) {
  const auto files = draw({card("One"), card("Two"), card("One")});
  EXPECT_NE(files[0], files[1]);
  EXPECT_EQ(files[0], files[2]);
}

TEST_F(Cards, LeaveOutWhatNoFontHas) {
  const auto files = draw({card("One two three"), card("One\U0010FFFD two\U0010FFFD three"),
                           card("\U0010FFFD\U0010FFFD\U0010FFFD\U0010FFFD\U0010FFFD,\U0010FFFD"), card("")});
  EXPECT_EQ(files[1], files[0]);
  EXPECT_EQ(files[2], files[3]) << "commas of what cannot be shown";
}

TEST_F(Cards, KeepTextsOfAnyLengthAndLanguageWithinTheirMargins) {
  const std::string zalgo =
      "Z\u0335\u0321\u0338\u0322\u0336\u0323\u0330\u0331\u0340\u0341\u0342\u0343a\u0335\u0321\u0338lgo";
  const std::vector<std::string> titles = {
      std::string(5000, 'W'),
      "How we made " + std::string(120, 'a') + " and then " + std::string(400, 'b'),
      "words and words and words and words and words and words and words and words and words and words and words and "
      "words and words and words and words and words and words and words and words and words and words and words",
      "כותרת ארוכה מאוד שנכתבת מימין לשמאל עם English באמצע ועוד הרבה מילים שממלאות שורות רבות מאוד",
      "Where does a long heading break? "
      "日本語のとても長い見出しはどこで折り返されるべきか、という問いに答えるための長い長い見出し",
      "हिन्दी में एक शीर्षक — ภาษาไทยไม่มีช่องว่างระหว่างคำ "
      "🎉🇪🇺👩‍👩‍👧‍👦",
      zalgo,
      "\u202e\u2066\u2067 overridden \u2028 separated \u0007",
  };
  std::vector<SocialCard> cards;
  for (const std::string& title : titles) cards.push_back(card(title));
  for (SocialCard& each : cards) each.site = each.subtitle = each.byline = each.title;
  const auto files = draw(cards);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const Picture picture(files[i]);
    EXPECT_GT(picture.drawn(80, 20, 1120, 630), 1000U) << titles[i];
    EXPECT_EQ(picture.drawn(0, 20, 60, 630), 0U) << titles[i];
    EXPECT_EQ(picture.drawn(1140, 20, 1200, 630), 0U) << titles[i];
    EXPECT_EQ(picture.drawn(0, 610, 1200, 630), 0U) << titles[i];
    EXPECT_EQ(picture.drawn(0, 502, 1200, 512), 0U) << "the byline is apart: " << titles[i];
  }
}

TEST_F(Cards, WriteMarkupAsItIs) {
  const auto files =
      draw({card("<span size='1'>Small</span> &amp; <b>bold"), card("Small & bold"), card("\xff\xfe broken \xc3")});
  EXPECT_NE(files[0], files[1]);
  EXPECT_GT(Picture(files[0]).drawn(80, 140, 1120, 400), Picture(files[1]).drawn(80, 140, 1120, 400));
}

TEST_F(Cards, ThatAreNoneFailWithoutAFile) {
  const std::vector<std::string> lines = {"one field only"};
  EXPECT_FALSE(press_.draw(lines, folder_.path()).ok());
  const std::vector<std::string> colors = {write_card({"site", "title", "", "", "en", "red"})};
  EXPECT_FALSE(press_.draw(colors, folder_.path()).ok());
}

TEST_F(Cards, AreNotDrawnByAPressThatStopped) {
  press_.stop();
  const std::vector<std::string> lines = {write_card(card("Late"))};
  const auto drawn = press_.draw(lines, folder_.path());
  ASSERT_FALSE(drawn.ok());
  EXPECT_EQ(drawn.error().kind, ErrorKind::Unavailable);
}

TEST(SocialCards, AreReadAsTheyWereWritten) {
  for (const SocialCard& each : {card("A title"), SocialCard(), SocialCard{"", "", "", "", "", "#000000"}}) {
    const auto read = read_card(write_card(each));
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(*read, each);
  }
  EXPECT_EQ(read_card(write_card(card("two\nlines\tand more")))->title, "two lines and more");
  EXPECT_FALSE(read_card("a\tb").ok());
  EXPECT_FALSE(read_card("a\tb\tc\td\te\tf\tg").ok());
}

TEST(IndexedPng, KeepsFewColoursExactly) {
  const std::vector<std::uint32_t> pixels = {0x000000, 0xffffff, 0x123456, 0x9fb2ff, 0x123456, 0xffffff};
  const Picture picture(*write_indexed_png(pixels, 3, 2));
  for (std::uint32_t i = 0; i < 6; ++i) EXPECT_EQ(picture.color(i % 3, i / 3), pixels[i]);
}

TEST(IndexedPng, OfManyColoursUsesTheNearestOnes) {
  std::vector<std::uint32_t> pixels;
  for (std::uint32_t i = 0; i < 65'536; ++i) pixels.push_back((i * 2'654'435'761U) >> 8);
  const Picture picture(*write_indexed_png(pixels, 256, 256));
  EXPECT_LE(picture.palette.size(), 256U * 3);
  for (std::uint32_t i = 0; i < pixels.size(); i += 97)
    for (const int shift : {16, 8, 0}) {
      const auto channel = [&](std::uint32_t color) { return static_cast<int>(color >> shift & 0xFF); };
      EXPECT_LT(std::abs(channel(picture.color(i % 256, i / 256)) - channel(pixels[i])), 64);
    }
}

TEST(IndexedPng, RefusesWhatIsNoPicture) { EXPECT_FALSE(write_indexed_png({}, 1, 1).ok()); }

}  // namespace
}  // namespace sitepod::media
