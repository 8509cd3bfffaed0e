// Files through the real processor and its real worker. For tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>

#include "base/file.hpp"
#include "media/media.hpp"
#include "media/media_samples.hpp"
#include "media/temporary_folder.hpp"

namespace sitepod::media {

class Processing : public testing::Test {
 protected:
  Result<Processed> process(const std::string& bytes, const std::string& name,
                            Transcoding transcoding = Transcoding::Now) {
    return process_with(processor_, bytes, name, transcoding);
  }
  Result<Processed> process_with(Processor& processor, const std::string& bytes, const std::string& name,
                                 Transcoding transcoding = Transcoding::Now) {
    const std::string path = folder_.path() + "/input";
    write(path, bytes);
    return processor.process({path, name, folder_.path(), transcoding});
  }

  static void write(const std::string& path, const std::string& bytes, unsigned mode = 0600) {
    std::filesystem::remove(path);
    const UniqueFd file = open_file(path, O_WRONLY | O_CREAT | O_EXCL, mode).value();
    write_all(file.get(), bytes).value();
  }

  static std::string code_of(const Result<Processed>& processed) {
    return processed.ok() ? "ok" : std::string(processed.error().code);
  }

  TemporaryFolder folder_ = TemporaryFolder::make("/tmp").value();
  Processor processor_;
};

inline bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// How often a chunk of that name stands in a WebP file.
inline std::size_t count_chunks(const std::string& webp, const std::string& name) {
  std::size_t count = 0;
  for (std::size_t at = 12; at + 8 <= webp.size();) {
    std::uint32_t size = 0;
    for (std::size_t i = 4; i > 0; --i) size = size << 8 | static_cast<unsigned char>(webp[at + 3 + i]);
    count += webp.compare(at, 4, name) == 0;
    at += 8 + size + size % 2;
  }
  return count;
}

}  // namespace sitepod::media
