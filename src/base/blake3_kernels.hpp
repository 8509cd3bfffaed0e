// The inner loops of BLAKE3: one block at a time, and many inputs of equal length side by side in vector registers.
// Only blake3.cpp and its test include this. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sitepod::blake3_kernels {

inline constexpr std::size_t kBlockBytes = 64;
inline constexpr std::size_t kChunkBytes = 1024;
inline constexpr std::size_t kMaxLanes = 16;

// Domain flags, table 3 of the paper.
inline constexpr std::uint32_t kChunkStart = 1;
inline constexpr std::uint32_t kChunkEnd = 2;
inline constexpr std::uint32_t kParent = 4;
inline constexpr std::uint32_t kRoot = 8;

// The same constants as SHA-256's initial state.
inline constexpr std::uint32_t kIv[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                         0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};

struct ChainingValue {
  std::uint32_t words[8];
};

// What every input of one call has in common.
struct Shape {
  std::size_t blocks;          // 64-byte blocks per input
  std::uint64_t counter;       // of the first input
  std::uint32_t counter_step;  // 1 for chunks, 0 for parents
  std::uint32_t flags;         // on every block
  std::uint32_t first_flags;   // on the first block besides
  std::uint32_t last_flags;    // on the last block besides
};

// Compresses one block into `value`.
void compress(ChainingValue& value, const std::uint8_t* block, std::uint32_t block_length, std::uint64_t counter,
              std::uint32_t flags);

// Hashes `lanes` inputs; each starts from the initial state. All `lanes` pointers must be readable; repeat one to pad.
struct Kernel {
  const char* name;
  std::size_t lanes;
  void (*hash)(const std::uint8_t* const* inputs, const Shape& shape, ChainingValue* out);
};

// Those that this processor can run, slowest first; never empty.
std::span<const Kernel> usable_kernels();

}  // namespace sitepod::blake3_kernels
