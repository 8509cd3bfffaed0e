#include <chrono>

#include "media/pictures.hpp"
#include "media/processing_fixture.hpp"

namespace sitepod::media {
namespace {

using Pictures = Processing;

TEST_F(Pictures, AJpegBecomesWebpWithoutMetadata) {
  const auto processed = process(samples::jpeg(), "photo.jpg");
  ASSERT_TRUE(processed.ok()) << processed.error().message << processed.error().context;
  EXPECT_EQ(processed->form.extension, "webp");
  EXPECT_EQ(processed->width, 64);
  EXPECT_EQ(processed->height, 32);
  EXPECT_TRUE(processed->copies.empty());
  const std::string bytes = *read_file(processed->path);
  EXPECT_EQ(classify(bytes), Kind::Webp);
  EXPECT_FALSE(contains(bytes, samples::kSecret));
  for (const char* chunk : {"EXIF", "XMP ", "ICCP"}) EXPECT_EQ(count_chunks(bytes, chunk), 0u) << chunk;
}

TEST_F(Pictures, TheOrientationIsAppliedBeforeItIsForgotten) {
  const auto processed = process(samples::jpeg(6), "photo.jpg");
  ASSERT_TRUE(processed.ok()) << processed.error().message;
  EXPECT_EQ(processed->width, 32);
  EXPECT_EQ(processed->height, 64);
}

TEST_F(Pictures, TheOriginalIsLeftAlone) {
  ASSERT_TRUE(process(samples::jpeg(6), "photo.jpg").ok());
  EXPECT_EQ(*read_file(folder_.path() + "/input"), samples::jpeg(6));
}

TEST_F(Pictures, AWidePictureGetsNarrowerCopies) {
  const auto processed = process(samples::png(1700, 100), "wide.png");
  ASSERT_TRUE(processed.ok()) << processed.error().message;
  EXPECT_EQ(processed->width, 1700);
  ASSERT_EQ(processed->copies.size(), 3u);
  const int expected[][2] = {{480, 28}, {960, 56}, {1600, 94}};
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(processed->copies[i].width, expected[i][0]);
    EXPECT_EQ(processed->copies[i].height, expected[i][1]);
    EXPECT_EQ(classify(*read_file(processed->copies[i].path)), Kind::Webp);
  }
  EXPECT_FALSE(contains(*read_file(processed->path), samples::kSecret));
}

TEST_F(Pictures, ACopyIsNeverAsWideAsTheWhole) {
  EXPECT_TRUE(process(samples::png(480, 10), "a.png")->copies.empty());
  EXPECT_EQ(process(samples::png(481, 10), "a.png")->copies.size(), 1u);
}

TEST_F(Pictures, AVeryWidePictureIsPublishedNarrower) {
  const auto processed = process(samples::png(5120, 40), "panorama.png");
  ASSERT_TRUE(processed.ok()) << processed.error().message;
  EXPECT_EQ(processed->width, kMaxPublishedWidth);
  EXPECT_EQ(processed->height, 20);
}

TEST_F(Pictures, AnAnimatedGifStaysAnimated) {
  const auto processed = process(samples::gif(5), "dance.gif");
  ASSERT_TRUE(processed.ok()) << processed.error().message;
  EXPECT_EQ(processed->width, 16);
  EXPECT_EQ(processed->height, 8);
  const std::string bytes = *read_file(processed->path);
  EXPECT_EQ(count_chunks(bytes, "ANIM"), 1u);
  EXPECT_EQ(count_chunks(bytes, "ANMF"), 5u);
  EXPECT_FALSE(contains(bytes, samples::kSecret));
  const auto again = process(bytes, "dance.webp");
  ASSERT_TRUE(again.ok()) << again.error().message;
  EXPECT_EQ(count_chunks(*read_file(again->path), "ANMF"), 5u);
}

TEST_F(Pictures, AGifWithOneFrameIsAStillPicture) {
  const auto processed = process(samples::gif(1), "still.gif");
  ASSERT_TRUE(processed.ok()) << processed.error().message;
  EXPECT_EQ(count_chunks(*read_file(processed->path), "ANIM"), 0u);
}

TEST_F(Pictures, WebpStaysWebp) {
  const auto processed = process(samples::webp(), "red.webp");
  ASSERT_TRUE(processed.ok()) << processed.error().message;
  EXPECT_EQ(processed->width, 8);
}

TEST_F(Pictures, EqualPicturesGiveEqualBytes) {
  for (const std::string& picture : {samples::jpeg(3), samples::png(700, 50), samples::gif(3)}) {
    const auto first = process(picture, "a");
    const auto second = process(picture, "b");
    ASSERT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(*read_file(first->path), *read_file(second->path));
    ASSERT_EQ(first->copies.size(), second->copies.size());
    for (std::size_t i = 0; i < first->copies.size(); ++i)
      EXPECT_EQ(*read_file(first->copies[i].path), *read_file(second->copies[i].path));
  }
}

TEST_F(Pictures, BombsAreRefusedByTheirHeaders) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(code_of(process(samples::png_bomb(30'000, 30'000), "bomb.png")), "media_too_large");
  EXPECT_EQ(code_of(process(samples::png_bomb(12'000, 12'000), "bomb.png")), "media_too_large") << "pixels";
  EXPECT_EQ(code_of(process(samples::png_bomb(kMaxPictureSide + 1, 1), "bomb.png")), "media_too_large") << "side";
  EXPECT_EQ(code_of(process(samples::gif(2'000, 3'000, 3'000, 4), "bomb.gif")), "media_too_large") << "frames";
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST_F(Pictures, BrokenPicturesAreRefused) {
  const std::string whole_png = samples::png(100, 100);
  const std::pair<std::string, std::string> broken[] = {
      {samples::jpeg().substr(0, samples::jpeg().size() - 20), "truncated.jpg"},
      {"\xff\xd8\xff\xe0 nothing of a JPEG", "rubbish.jpg"},
      {whole_png.substr(0, whole_png.size() / 2), "truncated.png"},
      {samples::webp().substr(0, 40), "truncated.webp"},
      {samples::gif(1).substr(0, 60), "truncated.gif"},
      {"GIF89a", "empty.gif"},
      {"this is text", "text.png"},
  };
  for (const auto& [bytes, name] : broken) {
    const auto processed = process(bytes, name);
    EXPECT_EQ(code_of(processed), "media_unreadable") << name;
    if (processed.ok()) continue;
    EXPECT_EQ(processed.error().kind, ErrorKind::Invalid);
    EXPECT_TRUE(contains(processed.error().message, name)) << processed.error().message;
  }
}

TEST_F(Pictures, NothingButTheResultsIsLeftInTheFolder) {
  ASSERT_TRUE(process(samples::png(700, 10), "a.png").ok());
  ASSERT_FALSE(process("GIF89a", "a.gif").ok());
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    EXPECT_TRUE(entry.is_regular_file()) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 3u) << "the input, the whole, one copy";
}

}  // namespace
}  // namespace sitepod::media
