// Removes the metadata of a film without touching its pictures and sound, and turns QuickTime into MP4: by repacking
// when browsers play its codecs, else by transcoding. Runs in the confined worker only; starts ffmpeg there.
#pragma once

#include <string>

#include "base/result.hpp"
#include "media/kind.hpp"
#include "media/media.hpp"
#include "media/worker_report.hpp"

namespace sitepod::media {

class VideoShop {
 public:
  // Finds ffmpeg and ffprobe in $PATH. Errors: Unavailable, naming the missing program.
  static Result<VideoShop> open();

  // Reads the film from the descriptor, writes `whole` into the current folder.
  // Errors: Invalid for what is damaged.
  Result<WorkerReport> process(int input, Kind kind, Transcoding transcoding) const;

 private:
  std::string ffmpeg_;
  std::string ffprobe_;
};

}  // namespace sitepod::media
