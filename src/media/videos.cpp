#include "media/videos.hpp"

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <utility>
#include <vector>

#include "media/dynamic_library.hpp"
#include "media/outcome.hpp"
#include "media/program.hpp"
#include "media/video_facts.hpp"

namespace sitepod::media {
namespace {

using Words = std::vector<std::string>;

// A confined process may read descriptor 0 and nothing else, by this name, since ffmpeg wants to seek. Only the one
// container is tried: others can name further files.
Words input_words(int input, Kind kind) {
  return {"-protocol_whitelist",
          "file",
          "-f",
          kind == Kind::WebM ? "matroska" : "mov",
          "-i",
          fmt::format("file:/proc/self/fd/{}", input)};
}

void append(Words& words, const Words& more) { words.insert(words.end(), more.begin(), more.end()); }

// The last line says why.
std::string_view last_line(std::string_view output) {
  while (output.ends_with('\n')) output.remove_suffix(1);
  const std::size_t line_break = output.rfind('\n');
  return line_break == std::string_view::npos ? output : output.substr(line_break + 1);
}

Error failure_of(const ProgramEnd& end) {
  if (end.output.find("No space left on device") != std::string::npos)
    return cannot_now("The server has no room to process the video.");
  if (end.signal == SIGXCPU || end.signal == SIGKILL) return too_large("The video takes too long to process.");
  if (end.signal == SIGXFSZ) return too_large("The processed video would be too large.");
  if (end.output.find("Cannot allocate memory") != std::string::npos)
    return too_large("The video takes too much memory to process.");
  Error error = unreadable("The video is damaged or not in a format that can be processed.");
  error.context =
      fmt::format("ffmpeg ended with signal {}, status {}: {}", end.signal, end.status, last_line(end.output));
  return error;
}

// `V` are the film tracks without cover pictures; tracks of data (where, when, how the camera moved) are left out.
Words track_words(bool keeps_subtitles) {
  Words words = {"-map", "0:V?", "-map", "0:a?", "-dn"};
  append(words, keeps_subtitles ? Words{"-map", "0:s?"} : Words{"-sn"});
  return words;
}

const Words kWithoutMetadata = {"-map_metadata:g", "-1", "-map_metadata:s", "-1",       "-map_metadata:c", "-1",
                                "-map_chapters",   "-1", "-fflags",         "+bitexact"};

// The number of threads decides about the bytes, so it must not depend on the machine.
const Words kH264 = {"-c:v",     "libx264",  "-preset",  "veryfast", "-crf",
                     "21",       "-pix_fmt", "yuv420p",  "-vf",      "scale=trunc(iw/2)*2:trunc(ih/2)*2",
                     "-threads", "2",        "-flags:v", "+bitexact"};
const Words kAac = {"-c:a", "aac", "-b:a", "160k", "-ac", "2", "-flags:a", "+bitexact"};

// What to write, and how.
struct Recipe {
  std::string_view container;
  bool transcodes_video = false;
  bool transcodes_audio = false;
  bool is_final = true;
};

Recipe recipe_of(Kind kind, const VideoFacts& facts, Transcoding transcoding) {
  if (kind == Kind::WebM) return {"webm"};
  if (kind == Kind::Mp4) return {"mp4"};
  const bool fits = facts.video_fits_mp4() && facts.audio_fits_mp4();
  if (!fits && transcoding == Transcoding::Later) return {.container = "mov", .is_final = false};
  return {"mp4", !facts.video_fits_mp4(), !facts.audio_fits_mp4()};
}

Words output_words(Kind kind, const VideoFacts& facts, const Recipe& recipe) {
  Words words = track_words(kind != Kind::QuickTime);
  append(words, {"-c", "copy"});
  if (recipe.transcodes_video) append(words, kH264);
  if (recipe.transcodes_audio) append(words, kAac);
  // Safari plays HEVC only under this name.
  if (!recipe.transcodes_video && facts.video_codec == "hevc" && recipe.container == "mp4")
    append(words, {"-tag:v", "hvc1"});
  append(words, kWithoutMetadata);
  if (recipe.container != "webm") append(words, {"-movflags", "+faststart"});
  append(words, {"-f", std::string(recipe.container), "file:" + std::string(kWholeFile)});
  return words;
}

}  // namespace

Result<VideoShop> VideoShop::open() {
  const auto ffmpeg = find_program("ffmpeg");
  const auto ffprobe = find_program("ffprobe");
  if (!ffmpeg || !ffprobe) return lacks_package(!ffmpeg ? "the program ffmpeg" : "the program ffprobe", "ffmpeg");
  VideoShop shop;
  shop.ffmpeg_ = *ffmpeg;
  shop.ffprobe_ = *ffprobe;
  return shop;
}

Result<WorkerReport> VideoShop::process(int input, Kind kind, Transcoding transcoding) const {
  Words probe = {ffprobe_, "-v", "error", "-show_entries",
                 "stream=codec_type,codec_name,width,height:stream_disposition=attached_pic:stream_side_data=rotation"};
  append(probe, input_words(input, kind));
  const ProgramEnd probed = SITEPOD_TRY(run_program(probe));
  if (!probed.is_good()) return failure_of(probed);
  const VideoFacts facts = parse_video_facts(probed.output);
  if (facts.video_codec.empty() && facts.audio_codec.empty())
    return unreadable("The video is damaged: it has neither pictures nor sound.");

  const Recipe recipe = recipe_of(kind, facts, transcoding);
  Words command = {ffmpeg_, "-nostdin", "-v", "error", "-xerror", "-err_detect", "explode"};
  append(command, input_words(input, kind));
  append(command, output_words(kind, facts, recipe));
  const ProgramEnd processed = SITEPOD_TRY(run_program(command));
  // It goes on with what it could read of a truncated file; with this level, whatever it says is an error.
  if (!processed.is_good() || !processed.output.empty()) return failure_of(processed);
  WorkerReport report;
  report.whole = facts.shown;
  report.transcoding_due = !recipe.is_final;
  return report;
}

}  // namespace sitepod::media
