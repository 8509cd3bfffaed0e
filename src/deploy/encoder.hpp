// Encoded variants of an image's files (gzip, zstd, br), made once per blob and kept as blobs of their own.
// Work is state, not a queue: images.encoding_state says what is missing, so a crash loses nothing. Any thread may
// call; the background stage runs on one thread of idle priority, owned by the Encoder.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "blob/blob_store.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"
#include "model/manifest.hpp"

namespace sitepod::deploy {

struct EncoderSettings {
  std::uint64_t min_file_bytes = 1024;            // smaller files gain nothing on the wire
  std::uint64_t max_file_bytes = 16u << 20;       // encoded in memory
  std::size_t early_max_files = 100;              // deploys of at most so many files get gzip before commit answers …
  std::uint64_t early_max_file_bytes = 1u << 20;  // … for files up to this size
  std::chrono::milliseconds longest_pause{100};   // before each encoding, while somebody waits for something else
};

class Encoder {
 public:
  enum class Made : std::uint8_t { Nothing, Encodings };
  // Called on the encoder's thread when a stage of an image is in the database, durable like the variants that it made:
  // none where other images had them already, or nothing became smaller.
  using Encoded = std::function<void(const std::string& image_id, const std::string& project_id, Made made)>;

  // Both outlive the Encoder.
  Encoder(meta::MetaStore& meta, blob::BlobStore& blobs, EncoderSettings settings = {});
  // Stops after the encoding in work.
  ~Encoder();

  // Requires: called once, before start() and before the first commit. Not called: nobody is told.
  void on_encoded(Encoded encoded);
  // Takes up images whose encodings an earlier run left unfinished, then whatever wake() announces.
  void start();
  // An image was committed.
  void wake();

  // While one lives, the background stage makes an encoding only now and then: with idle priority alone it would slow
  // down the other thread of its core, and its commits to the database would stand in the way.
  class Pause {
   public:
    explicit Pause(Encoder& encoder);
    ~Pause();
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Encoder& encoder_;
  };

  // Whether a file can get encodings: of a new image each file is asked.
  bool may_encode(const model::ManifestEntry& entry) const;
  // What stands in images.encoding_state of a new image: where no file can get any, there is nothing to do.
  static std::string_view first_state(bool may_encode_any);

  // The first stage of a small deploy, on the caller's thread: gzip of its small files, durable when this returns.
  // Larger deploys are left to the background.
  Result<void> encode_early(const meta::Image& image);

  // Encodes what is pending on the caller's thread; for tests and tools. Unavailable: what is left stays pending.
  Result<void> run_pending();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::deploy
