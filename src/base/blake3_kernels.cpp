#include "base/blake3_kernels.hpp"

#include <bit>
#include <cstring>

static_assert(std::endian::native == std::endian::little, "BLAKE3 reads its words as the machine stores them");

namespace sitepod::blake3_kernels {
namespace {

constexpr std::uint8_t kSchedule[7][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8},
    {3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1}, {10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6},
    {12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4}, {9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7},
    {11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13}};

inline void quarter(std::uint32_t* v, int a, int b, int c, int d, std::uint32_t x, std::uint32_t y) {
  v[a] += v[b] + x;
  v[d] = std::rotr(v[d] ^ v[a], 16);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 12);
  v[a] += v[b] + y;
  v[d] = std::rotr(v[d] ^ v[a], 8);
  v[c] += v[d];
  v[b] = std::rotr(v[b] ^ v[c], 7);
}

#define UNPACK(...) __VA_ARGS__

// The four bytes a, b, c, d of every 32-bit word, for vectors of 16, 32 and 64 bytes.
#define BYTES_4(o, a, b, c, d) (o) + (a), (o) + (b), (o) + (c), (o) + (d)
#define BYTES_16(o, a, b, c, d) \
  BYTES_4(o, a, b, c, d), BYTES_4((o) + 4, a, b, c, d), BYTES_4((o) + 8, a, b, c, d), BYTES_4((o) + 12, a, b, c, d)
#define BYTES_32(o, a, b, c, d) BYTES_16(o, a, b, c, d), BYTES_16((o) + 16, a, b, c, d)
#define BYTES_64(o, a, b, c, d) BYTES_32(o, a, b, c, d), BYTES_32((o) + 32, a, b, c, d)

// Transposition by exchanging ever smaller blocks off the diagonal: log2(LANES) stages of shuffles.
#define STAGES(STEP)                  \
  STEP(2, (0, 1, 4, 5), (2, 3, 6, 7)) \
  STEP(1, (0, 4, 2, 6), (1, 5, 3, 7))
#define LANES 4
#define TARGET
#define NAME hash_4_portable
#include "base/blake3_lanes.inc"
#undef TARGET
#undef NAME
#if defined(__x86_64__)
#define BYTE_SHUFFLE(x, a, b, c, d) __builtin_shufflevector(x, x, BYTES_16(0, a, b, c, d))
#define TARGET __attribute__((target("sse4.1")))
#define NAME hash_4_sse41
#include "base/blake3_lanes.inc"
#undef BYTE_SHUFFLE
#undef TARGET
#undef NAME
#endif
#undef LANES
#undef STAGES

#if defined(__x86_64__)
#define STAGES(STEP)                                                \
  STEP(4, (0, 1, 2, 3, 8, 9, 10, 11), (4, 5, 6, 7, 12, 13, 14, 15)) \
  STEP(2, (0, 1, 8, 9, 4, 5, 12, 13), (2, 3, 10, 11, 6, 7, 14, 15)) \
  STEP(1, (0, 8, 2, 10, 4, 12, 6, 14), (1, 9, 3, 11, 5, 13, 7, 15))
#define LANES 8
#define BYTE_SHUFFLE(x, a, b, c, d) __builtin_shufflevector(x, x, BYTES_32(0, a, b, c, d))
#define TARGET __attribute__((target("avx2")))
#define NAME hash_8_avx2
#include "base/blake3_lanes.inc"
#undef LANES
#undef BYTE_SHUFFLE
#undef TARGET
#undef NAME
#undef STAGES

#define STAGES(STEP)                                                   \
  STEP(8, (0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23),    \
       (8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)) \
  STEP(4, (0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27),  \
       (4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31))   \
  STEP(2, (0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29),  \
       (2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31))   \
  STEP(1, (0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30), \
       (1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#define LANES 16
#define BYTE_SHUFFLE(x, a, b, c, d) __builtin_shufflevector(x, x, BYTES_64(0, a, b, c, d))
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl")))
#define NAME hash_16_avx512
#include "base/blake3_lanes.inc"
#undef LANES
#undef BYTE_SHUFFLE
#undef TARGET
#undef NAME
#undef STAGES
#endif

struct KernelList {
  Kernel kernels[4];
  std::size_t count = 0;

  KernelList() {
    kernels[count++] = {"portable", 4, hash_4_portable};
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("sse4.1")) kernels[count++] = {"sse4.1", 4, hash_4_sse41};
    if (__builtin_cpu_supports("avx2")) kernels[count++] = {"avx2", 8, hash_8_avx2};
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl"))
      kernels[count++] = {"avx512", 16, hash_16_avx512};
#endif
  }
};

}  // namespace

void compress(ChainingValue& value, const std::uint8_t* block, std::uint32_t block_length, std::uint64_t counter,
              std::uint32_t flags) {
  std::uint32_t m[16];
  std::memcpy(m, block, sizeof m);
  std::uint32_t v[16];
  std::memcpy(v, value.words, sizeof value.words);
  std::memcpy(v + 8, kIv, 16);
  v[12] = static_cast<std::uint32_t>(counter);
  v[13] = static_cast<std::uint32_t>(counter >> 32);
  v[14] = block_length;
  v[15] = flags;
  for (const auto& s : kSchedule) {
    quarter(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
    quarter(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
    quarter(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
    quarter(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
    quarter(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
    quarter(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
    quarter(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
    quarter(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
  }
  for (int i = 0; i < 8; ++i) value.words[i] = v[i] ^ v[i + 8];
}

std::span<const Kernel> usable_kernels() {
  static const KernelList list;
  return {list.kernels, list.count};
}

}  // namespace sitepod::blake3_kernels
