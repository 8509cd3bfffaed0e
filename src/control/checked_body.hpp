// A body that must have the digest of its Content-Digest: passed on as it comes, refused when it was another. Pool
// thread of the request.
#pragma once

#include <cstdint>
#include <optional>

#include "base/digest.hpp"
#include "http/api_exchange.hpp"

namespace sitepod::control {

class CheckedBody final : public http::BodyReader {
 public:
  // `body` outlives it.
  CheckedBody(http::BodyReader& body, const Digest& expected, std::optional<std::uint64_t> length)
      : body_(body), expected_(expected), length_(length) {}
  // The read that completes the body fails when it is not the one: "hash_mismatch".
  Result<std::size_t> read(std::span<std::byte> out) override;

 private:
  http::BodyReader& body_;
  const Digest expected_;
  const std::optional<std::uint64_t> length_;
  std::uint64_t received_ = 0;
  bool is_checked_ = false;
  Sha256 hasher_;
};

}  // namespace sitepod::control
