// Takes rights away from the calling process for good, before it reads foreign bytes: no network, no signals to others,
// no files but its own, no new privileges, bounded memory, computing time and output. Only the worker's main thread,
// before there is another.
#pragma once

#include <cstdint>

#include "base/result.hpp"

namespace sitepod::media {

struct Confinement {
  int input = 0;  // the one file outside of the current folder that may be read
  bool may_start_programs = false;
  std::uint64_t memory_bytes = 0;  // address space
  std::uint64_t output_bytes = 0;  // of one file
  std::uint64_t cpu_seconds = 0;
};

// Which user a worker of the superuser becomes.
inline constexpr unsigned kNobody = 65534;

// The process also ends with the thread that started it. Only kernels with Landlock (Linux 5.13) confine it to its own
// files; everything else is certain. Errors: Unavailable when a right cannot be taken away.
Result<void> confine(const Confinement& confinement);

}  // namespace sitepod::media
