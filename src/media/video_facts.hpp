// What ffprobe says about a film, as far as it decides how the film is published. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "media/worker_report.hpp"

namespace sitepod::media {

struct VideoFacts {
  std::string video_codec;  // of the first film track, ffmpeg's names; empty without one
  std::string audio_codec;  // of the first sound track
  Size shown;               // turned as the film says; zeros without a film track

  // Whether browsers play the codecs inside MP4.
  bool video_fits_mp4() const;
  bool audio_fits_mp4() const;
};

// From `-of default` with codec_type, codec_name, width, height, attached_pic and rotation.
VideoFacts parse_video_facts(std::string_view probe);

}  // namespace sitepod::media
