// The Content-Digest of a request (RFC 9530 §2): a body whose bytes are others than the client meant is refused. Of the
// algorithms SHA-256 counts; others are passed over, as the RFC wants it. Pool thread of the request.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "http/api_exchange.hpp"

namespace sitepod::control {

// Nothing: the field says nothing that can be checked. Errors: "invalid_request".
Result<std::optional<Digest>> parse_content_digest(std::string_view field);

// Passes a body on. The read that completes it fails when it is not the one: "hash_mismatch".
class CheckedBody final : public http::BodyReader {
 public:
  // `body` outlives it.
  CheckedBody(http::BodyReader& body, const Digest& expected, std::optional<std::uint64_t> length)
      : body_(body), expected_(expected), length_(length) {}
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
