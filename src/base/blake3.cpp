#include "base/blake3.hpp"

#include "base/blake3_kernels.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace sitepod {

using namespace blake3_kernels;

namespace {

constexpr std::size_t kBatchChunks = 128;
constexpr std::size_t kMaxDepth = 54;  // 2^64 bytes are 2^54 chunks

// The last compression of a node, kept open because the root flag is known only when the input has ended.
struct Node {
  ChainingValue input;
  alignas(64) std::uint8_t block[kBlockBytes];
  std::uint32_t length;
  std::uint64_t counter;
  std::uint32_t flags;

  ChainingValue close(std::uint32_t more_flags = 0) const {
    ChainingValue value = input;
    compress(value, block, length, counter, flags | more_flags);
    return value;
  }
};

ChainingValue initial_value() {
  ChainingValue value;
  std::memcpy(value.words, kIv, sizeof kIv);
  return value;
}

// Requires: length <= kChunkBytes.
Node open_chunk(const std::uint8_t* data, std::size_t length, std::uint64_t counter) {
  Node node{initial_value(), {}, 0, counter, kChunkStart};
  while (length > kBlockBytes) {
    compress(node.input, data, kBlockBytes, counter, node.flags);
    node.flags = 0;
    data += kBlockBytes;
    length -= kBlockBytes;
  }
  std::memcpy(node.block, data, length);
  node.length = static_cast<std::uint32_t>(length);
  node.flags |= kChunkEnd;
  return node;
}

Node open_parent(const ChainingValue& left, const ChainingValue& right) {
  Node node{initial_value(), {}, kBlockBytes, 0, kParent};
  std::memcpy(node.block, &left, sizeof left);
  std::memcpy(node.block + sizeof left, &right, sizeof right);
  return node;
}

const Kernel& best_kernel() {
  static const Kernel& best = usable_kernels().back();
  return best;
}

// Hashes `count` inputs of equal shape, as many at once as the registers hold; a last group is padded by repeating its
// first input.
void hash_many(const std::uint8_t* const* inputs, std::size_t count, Shape shape, ChainingValue* out) {
  const Kernel& kernel = best_kernel();
  for (std::size_t done = 0; done < count; done += kernel.lanes) {
    Shape group = shape;
    group.counter += done * shape.counter_step;
    if (count - done >= kernel.lanes) {
      kernel.hash(inputs + done, group, out + done);
      continue;
    }
    const std::uint8_t* padded[kMaxLanes];
    ChainingValue values[kMaxLanes];
    for (std::size_t lane = 0; lane < kernel.lanes; ++lane)
      padded[lane] = inputs[done + (done + lane < count ? lane : 0)];
    kernel.hash(padded, group, values);
    std::copy_n(values, count - done, out + done);
  }
}

// Hashes whole chunks that are not the end of the input.
void hash_chunks(const std::uint8_t* const* chunks, std::size_t count, std::uint64_t counter, ChainingValue* out) {
  if (count == 1)
    out[0] = open_chunk(chunks[0], kChunkBytes, counter).close();
  else
    hash_many(chunks, count, {kChunkBytes / kBlockBytes, counter, 1, 0, kChunkStart, kChunkEnd}, out);
}

// Folds 2^n neighbouring values into the value of their subtree, in place. Requires: more input follows the subtree.
ChainingValue reduce(ChainingValue* values, std::size_t count) {
  const std::uint8_t* pairs[kBatchChunks / 2];
  for (; count > 2; count /= 2) {
    for (std::size_t i = 0; i < count / 2; ++i) pairs[i] = reinterpret_cast<const std::uint8_t*>(values + 2 * i);
    ChainingValue parents[kBatchChunks / 2];
    hash_many(pairs, count / 2, {1, 0, 0, kParent, 0, 0}, parents);
    std::copy_n(parents, count / 2, values);
  }
  return count == 2 ? open_parent(values[0], values[1]).close() : values[0];
}

}  // namespace

// The chunk in `buffer` is never compressed before more input proves that it is not the last one.
struct Blake3::State {
  std::uint64_t chunk_count = 0;  // compressed chunks
  std::size_t buffered = 0;
  std::size_t depth = 0;  // one entry of `stack` per set bit of chunk_count
  ChainingValue stack[kMaxDepth];
  std::uint8_t buffer[kChunkBytes];

  // Adds the value of a subtree of 2^level chunks that begins at chunk_count.
  void add_subtree(ChainingValue value, int level) {
    chunk_count += std::uint64_t{1} << level;
    for (std::uint64_t rest = chunk_count >> level; (rest & 1) == 0; rest >>= 1)
      value = open_parent(stack[--depth], value).close();
    stack[depth++] = value;
  }

  // Requires: count <= kBatchChunks; more input follows.
  void add_chunks(const std::uint8_t* const* chunks, std::size_t count) {
    ChainingValue values[kBatchChunks];
    hash_chunks(chunks, count, chunk_count, values);
    for (std::size_t done = 0; done < count;) {
      int level = std::min(std::countr_zero(chunk_count), static_cast<int>(std::bit_width(count - done)) - 1);
      add_subtree(reduce(values + done, std::size_t{1} << level), level);
      done += std::size_t{1} << level;
    }
  }

  void update(const std::uint8_t* data, std::size_t size) {
    while (buffered + size > kChunkBytes) {
      const std::uint8_t* chunks[kBatchChunks];
      std::size_t count = 0;
      if (buffered > 0) {
        std::size_t fill = kChunkBytes - buffered;
        if (fill > 0) std::memcpy(buffer + buffered, data, fill);
        data += fill;
        size -= fill;
        buffered = 0;
        chunks[count++] = buffer;
      }
      for (; count < kBatchChunks && size > kChunkBytes; ++count) {
        chunks[count] = data;
        data += kChunkBytes;
        size -= kChunkBytes;
      }
      add_chunks(chunks, count);
    }
    if (size > 0) std::memcpy(buffer + buffered, data, size);
    buffered += size;
  }

  Digest finish() const {
    Node node = open_chunk(buffer, buffered, chunk_count);
    for (std::size_t i = depth; i > 0; --i) node = open_parent(stack[i - 1], node.close());
    ChainingValue value = node.close(kRoot);
    Digest digest;
    std::memcpy(digest.bytes.data(), value.words, sizeof value.words);
    return digest;
  }
};

Blake3::Blake3() : state_(std::make_unique<State>()) {}
Blake3::~Blake3() = default;
Blake3::Blake3(Blake3&&) noexcept = default;
Blake3& Blake3::operator=(Blake3&&) noexcept = default;

void Blake3::update(std::span<const std::byte> data) {
  state_->update(reinterpret_cast<const std::uint8_t*>(data.data()), data.size());
}

Digest Blake3::finish() const { return state_->finish(); }

Digest blake3(std::span<const std::byte> data) {
  Blake3 hasher;
  hasher.update(data);
  return hasher.finish();
}

}  // namespace sitepod
