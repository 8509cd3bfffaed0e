#include <sys/wait.h>

#include <cstdlib>

#include "media/processing_fixture.hpp"
#include "media/video_facts.hpp"

namespace sitepod::media {
namespace {

// Films are made by ffmpeg as cameras make them: with a title, a position and a time.
class Videos : public Processing {
 protected:
  std::string film(const std::string& name, const std::string& options) {
    const std::string path = folder_.path() + "/" + name;
    const std::string secret(samples::kSecret);
    const std::string command =
        "ffmpeg -nostdin -v error -f lavfi -i testsrc=s=64x48:r=10:d=1 -f lavfi -i sine=d=1 " + options +
        " -metadata title='" + secret + "' -metadata location='+48.2082+016.3738/' -metadata artist='" + secret +
        "' -metadata creation_time=2020-01-02T03:04:05Z -metadata:s:v handler_name='" + secret +
        "' -metadata:s:a handler_name='" + secret + "' -movflags use_metadata_tags -y '" + path + "'";
    EXPECT_EQ(std::system(command.c_str()), 0) << command;
    const std::string bytes = *read_file(path);
    EXPECT_TRUE(contains(bytes, samples::kSecret));
    std::filesystem::remove(path);
    return bytes;
  }

  // Streams and tags as ffprobe sees them.
  std::string probe(const std::string& path) {
    const std::string output = folder_.path() + "/probe";
    EXPECT_EQ(std::system(("ffprobe -v error -show_format -show_streams '" + path + "' > '" + output + "'").c_str()),
              0);
    return *read_file(output);
  }

  void expect_without_metadata(const std::string& path) {
    const std::string bytes = *read_file(path);
    EXPECT_FALSE(contains(bytes, samples::kSecret));
    EXPECT_FALSE(contains(bytes, "48.2082"));
    const std::string facts = probe(path);
    for (const char* tag : {"TAG:title", "TAG:location", "TAG:artist", "TAG:creation_time"})
      EXPECT_FALSE(contains(facts, tag)) << facts;
  }
};

TEST_F(Videos, AnMp4LosesItsMetadataAndKeepsItsStreams) {
  const auto processed = process(film("a.mp4", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"), "film.mp4");
  ASSERT_TRUE(processed.ok()) << processed.error().message << processed.error().context;
  EXPECT_EQ(processed->form.extension, "mp4");
  EXPECT_EQ(processed->width, 64);
  EXPECT_EQ(processed->height, 48);
  EXPECT_FALSE(processed->transcoding_due);
  expect_without_metadata(processed->path);
  const std::string facts = probe(processed->path);
  EXPECT_TRUE(contains(facts, "codec_name=h264") && contains(facts, "codec_name=aac")) << facts;
}

TEST_F(Videos, AWebmLosesItsMetadata) {
  const auto processed = process(film("a.webm", "-c:v libvpx -b:v 100k -c:a libvorbis"), "film.webm");
  ASSERT_TRUE(processed.ok()) << processed.error().message << processed.error().context;
  EXPECT_EQ(processed->form.media_type, "video/webm");
  EXPECT_EQ(classify(read_file(processed->path)->substr(0, kHeadBytes)), Kind::WebM);
  const std::string bytes = *read_file(processed->path);
  EXPECT_FALSE(contains(bytes, samples::kSecret) || contains(bytes, "48.2082"));
}

TEST_F(Videos, AQuickTimeFilmIsRepackedAsMp4WhenBrowsersPlayItsCodecs) {
  const auto processed = process(film("a.mov", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac"), "film.mov",
                                 Transcoding::Later);
  ASSERT_TRUE(processed.ok()) << processed.error().message << processed.error().context;
  EXPECT_EQ(processed->form.extension, "mp4");
  EXPECT_FALSE(processed->transcoding_due);
  EXPECT_EQ(classify(*read_file(processed->path)), Kind::Mp4);
  expect_without_metadata(processed->path);
}

TEST_F(Videos, AnotherQuickTimeFilmIsTranscodedNowOrLater) {
  const std::string original = film("a.mov", "-c:v mjpeg -c:a pcm_s16le");
  const auto later = process(original, "film.mov", Transcoding::Later);
  ASSERT_TRUE(later.ok()) << later.error().message << later.error().context;
  EXPECT_TRUE(later->transcoding_due);
  EXPECT_EQ(later->form.extension, "mp4") << "its address is final";
  EXPECT_EQ(classify(*read_file(later->path)), Kind::QuickTime);
  expect_without_metadata(later->path);

  const auto now = process(original, "film.mov");
  ASSERT_TRUE(now.ok()) << now.error().message << now.error().context;
  EXPECT_FALSE(now->transcoding_due);
  expect_without_metadata(now->path);
  const std::string facts = probe(now->path);
  EXPECT_TRUE(contains(facts, "codec_name=h264") && contains(facts, "codec_name=aac")) << facts;
}

TEST_F(Videos, EqualFilmsGiveEqualBytes) {
  const std::string original = film("a.mov", "-c:v mjpeg -c:a pcm_s16le");
  const auto first = process(original, "a.mov");
  const auto second = process(original, "b.mov");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*read_file(first->path), *read_file(second->path));
}

TEST_F(Videos, BrokenFilmsAreRefused) {
  const std::string whole =
      film("a.mp4", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac -movflags +faststart");
  EXPECT_EQ(code_of(process(whole.substr(0, whole.size() / 2), "truncated.mp4")), "media_unreadable");
  EXPECT_EQ(code_of(process(whole.substr(0, 40), "head.mp4")), "media_unreadable");
  EXPECT_EQ(code_of(process("\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm and then nothing", "head.webm")), "media_unreadable");
}

TEST_F(Videos, AMissingProgramIsNamed) {
  const std::string original = film("a.mp4", "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac");
  const std::string path = std::getenv("PATH");
  ASSERT_EQ(::setenv("PATH", folder_.path().c_str(), 1), 0);
  const auto processed = process(original, "film.mp4");
  ASSERT_EQ(::setenv("PATH", path.c_str(), 1), 0);
  ASSERT_FALSE(processed.ok());
  EXPECT_EQ(processed.error().kind, ErrorKind::Unavailable);
  EXPECT_TRUE(contains(processed.error().message, "ffmpeg")) << processed.error().message;
}

TEST(VideoFacts, AreThoseOfTheFirstTracksAsTheyAreShown) {
  const VideoFacts facts = parse_video_facts(
      "[STREAM]\ncodec_name=png\ncodec_type=video\nwidth=9\nheight=9\nDISPOSITION:attached_pic=1\n[/STREAM]\n"
      "[STREAM]\ncodec_name=pcm_s16le\ncodec_type=audio\nDISPOSITION:attached_pic=0\n[/STREAM]\n"
      "[STREAM]\ncodec_name=hevc\ncodec_type=video\nwidth=1920\nheight=1080\nDISPOSITION:attached_pic=0\n"
      "[SIDE_DATA]\nrotation=-90\n[/SIDE_DATA]\n[/STREAM]\n");
  EXPECT_EQ(facts.video_codec, "hevc");
  EXPECT_EQ(facts.audio_codec, "pcm_s16le");
  EXPECT_EQ(facts.shown, (Size{1080, 1920}));
  EXPECT_TRUE(facts.video_fits_mp4());
  EXPECT_FALSE(facts.audio_fits_mp4());
}

}  // namespace
}  // namespace sitepod::media
