// A set of digests too large for memory: written in any order, then read in ascending order beside another sorted list.
// Lives in a temporary file without a name that goes with the object. Memory stays the same however many there are.
// A resource of one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace sitepod::deploy {

class DigestFile {
 public:
  // `folder`: where the temporary file is made. `buffered`: digests held in memory before they are written.
  static Result<DigestFile> create(const std::string& folder, std::size_t buffered = std::size_t{1} << 18);

  Result<void> add(const Digest& digest);
  // Ends writing; from here on contains() may be asked, over and over after each rewind().
  Result<void> finish();
  Result<void> rewind();
  // Requires: not smaller than what was asked before (since rewind).
  Result<bool> contains(const Digest& digest);

 private:
  // Digests in ascending order, one behind the other in the file.
  struct Run {
    std::uint64_t begin = 0;  // bytes in the file
    std::uint64_t end = 0;
    std::uint64_t next = 0;  // what the buffer does not have yet
    std::vector<Digest> buffer;
    std::size_t place = 0;  // in the buffer
  };
  DigestFile(UniqueFd file, std::size_t buffered) : file_(std::move(file)), buffered_(buffered) {}
  Result<void> write_run();
  Result<void> refill(Run& run);

  UniqueFd file_;
  std::size_t buffered_;
  std::vector<Digest> gathered_;
  std::vector<Run> runs_;
  std::uint64_t written_ = 0;
};

}  // namespace sitepod::deploy
