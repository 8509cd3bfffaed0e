#include "control/checked_body.hpp"

namespace sitepod::control {

// Whoever knows the body's length need not ask for its end.
Result<std::size_t> CheckedBody::read(std::span<std::byte> out) {
  const std::size_t count = SITEPOD_TRY(body_.read(out));
  hasher_.update(out.first(count));
  received_ += count;
  const bool is_complete = (count == 0 && !out.empty()) || received_ == length_;
  if (!is_complete || is_checked_) return count;
  is_checked_ = true;
  if (hasher_.finish() == expected_) return count;
  return invalid("hash_mismatch", "The body does not have the digest of its Content-Digest; send it again.");
}

}  // namespace sitepod::control
