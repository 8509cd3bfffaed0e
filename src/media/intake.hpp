// Receives a multipart form: texts into memory, files onto the disk, both bounded, each file hashed on its way.
// Any thread; blocks for as long as the sender takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace sitepod::media {

// The body as a stream: fills some of `out`; 0 is its end.
using ReadBody = std::function<Result<std::size_t>(std::span<std::byte> out)>;

struct IntakeLimits {
  std::uint64_t text_bytes = 100ull << 20;  // of all text parts together
  // Asked once, before the texts take more memory than this; its error ends the intake.
  std::uint64_t small_text_bytes = 8ull << 20;
  std::function<Result<void>()> allow_large_texts = {};
  std::size_t texts = 100;
  // The first part of this name is a text also as the file "blob" or "….json", as browsers and curl send JSON.
  std::string_view json_part = {};
  std::size_t files = 500;
  std::uint64_t file_bytes = 10ull << 30;             // of one file
  std::uint64_t all_files_bytes = ~std::uint64_t{0};  // of all files together: what the owner has left
};

struct ReceivedText {
  std::string name;
  std::string value;
};

struct ReceivedFile {
  std::string part_name;
  std::string name;  // as sent: valid UTF-8 without control characters, perhaps with folders in it
  std::string path;  // complete, not fsynced
  std::uint64_t size = 0;
  Digest sha256;
  std::string head;  // the first kHeadBytes, for form_of()
};

struct ReceivedForm {
  std::vector<ReceivedText> texts;  // in the order in which they were sent
  std::vector<ReceivedFile> files;
  // First of that name; null when there is none.
  const std::string* find_text(std::string_view name) const;
};

// A part with a file name is a file; one with an empty name and no content is a form's unused field and left out.
// Files are made in `folder`, which the caller owns, and has to remove also after an error.
// Errors: Invalid (no form, incomplete, too many files), TooLarge `file_too_large`, `text_too_large`,
// `storage_exceeded` (all_files_bytes), and those of `allow_large_texts`, of `read` and of the disk.
Result<ReceivedForm> receive_form(std::string_view boundary, const ReadBody& read, const IntakeLimits& limits,
                                  const std::string& folder);

}  // namespace sitepod::media
