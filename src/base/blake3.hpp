// BLAKE3-256, streaming, as the paper "BLAKE3: one function, fast everywhere" (2020) describes; default hash mode,
// 32-byte output. Own code because Debian 12 packages no BLAKE3 library. A resource of one thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "base/digest.hpp"

namespace sitepod {

class Blake3 {
 public:
  Blake3();
  ~Blake3();
  Blake3(Blake3&&) noexcept;
  Blake3& operator=(Blake3&&) noexcept;
  // Fastest in pieces of 16 KiB and more: whole chunks are then hashed side by side in vector registers.
  void update(std::span<const std::byte> data);
  void update(std::string_view data) { update(std::as_bytes(std::span(data.data(), data.size()))); }
  Digest finish() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

Digest blake3(std::span<const std::byte> data);
inline Digest blake3(std::string_view data) { return blake3(std::as_bytes(std::span(data.data(), data.size()))); }

}  // namespace sitepod
