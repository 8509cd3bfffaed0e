// Turns a picture into WebP, upright, in sRGB, without metadata, in its own width and in narrower ones. Runs in the
// confined worker only: libvips and its decoders see foreign bytes.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.hpp"
#include "media/kind.hpp"
#include "media/worker_report.hpp"

namespace sitepod::media {

// What a picture may have; checked in its header before a pixel is decoded.
inline constexpr int kMaxPictureSide = 16383;  // WebP's own limit
inline constexpr std::int64_t kMaxPicturePixels = 100'000'000;
inline constexpr std::int64_t kMaxAnimationPixels = 200'000'000;  // of all frames together
// A wider picture is published in this width: no screen shows more of it.
inline constexpr int kMaxPublishedWidth = 2560;
// The narrower copies of a still picture that is wider than they are.
inline constexpr int kCopyWidths[] = {480, 960, 1600};

class PictureShop {
 public:
  // Loads libvips: before the process is confined, since its libraries lie anywhere.
  static Result<PictureShop> open();
  PictureShop(PictureShop&&) noexcept;
  ~PictureShop();

  // Reads the picture from the descriptor, writes `whole` and `{width}.webp` into the current folder.
  // Errors: Invalid for what cannot be decoded or is too large.
  Result<WorkerReport> process(int input, Kind kind);

 private:
  struct Library;
  explicit PictureShop(std::unique_ptr<Library> library);

  std::unique_ptr<Library> library_;
};

}  // namespace sitepod::media
