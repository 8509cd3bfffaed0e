// Makes one upload body of many files: a tar (ustar, pax where sizes need it) whose members are named by their hash,
// zstd on wish. Pulled piece by piece while it is sent, so memory is constant; every file is hashed again on the way. A
// resource of one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "tree/file_list.hpp"

namespace sitepod::tree {

enum class PackCompression : std::uint8_t { None, Zstd };

class PackReader {
 public:
  // The files at `positions` of the list, named by their BLAKE3. Requires: both outlive the reader; digests are filled.
  PackReader(const FileList& files, std::span<const std::uint32_t> positions, PackCompression compression);
  ~PackReader();
  PackReader(const PackReader&) = delete;
  PackReader& operator=(const PackReader&) = delete;

  // The next bytes of the pack; 0 at its end. Errors: "changed" when a file is not what was hashed, "unreadable": both
  // name it.
  Result<std::size_t> read(std::span<std::byte> out);
  // File bytes read so far, for a progress bar.
  std::uint64_t file_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// zstd, when at least a quarter of the bytes are of types that compression makes smaller.
PackCompression choose_compression(const FileList& files, std::span<const std::uint32_t> positions);

}  // namespace sitepod::tree
