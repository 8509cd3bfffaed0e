#include "media/video_facts.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace sitepod::media {
namespace {

using namespace std::string_view_literals;

int parse_number(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

struct Track {
  std::string_view type, codec;
  Size size;
  int rotation = 0;
  bool is_cover = false;
};

void take_line(std::string_view line, Track& track) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return;
  const std::string_view key = line.substr(0, equals);
  const std::string_view value = line.substr(equals + 1);
  if (key == "codec_type") track.type = value;
  if (key == "codec_name") track.codec = value;
  if (key == "width") track.size.width = parse_number(value);
  if (key == "height") track.size.height = parse_number(value);
  if (key == "rotation") track.rotation = parse_number(value);
  if (key == "DISPOSITION:attached_pic") track.is_cover = value == "1";
}

void take_track(const Track& track, VideoFacts& facts) {
  if (track.type == "audio" && facts.audio_codec.empty()) facts.audio_codec = track.codec;
  if (track.type != "video" || track.is_cover || !facts.video_codec.empty()) return;
  facts.video_codec = track.codec;
  facts.shown = track.size;
  if (track.rotation % 180 != 0) std::swap(facts.shown.width, facts.shown.height);
}

}  // namespace

bool VideoFacts::video_fits_mp4() const {
  constexpr std::array kCodecs = {"h264"sv, "hevc"sv, "av1"sv, "vp9"sv};
  return video_codec.empty() || std::find(kCodecs.begin(), kCodecs.end(), video_codec) != kCodecs.end();
}

bool VideoFacts::audio_fits_mp4() const {
  constexpr std::array kCodecs = {"aac"sv, "mp3"sv, "opus"sv, "flac"sv};
  return audio_codec.empty() || std::find(kCodecs.begin(), kCodecs.end(), audio_codec) != kCodecs.end();
}

VideoFacts parse_video_facts(std::string_view probe) {
  VideoFacts facts;
  Track track;
  while (!probe.empty()) {
    const std::size_t end = std::min(probe.find('\n'), probe.size());
    const std::string_view line = probe.substr(0, end);
    probe.remove_prefix(std::min(end + 1, probe.size()));
    if (line == "[STREAM]") track = Track();
    take_line(line, track);
    if (line == "[/STREAM]") take_track(track, facts);
  }
  return facts;
}

}  // namespace sitepod::media
