// Answers that are given again to a request with the same Idempotency-Key. Rows only; control decides what they mean.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "base/time.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

struct KeptAnswer {
  std::string account_id;
  Digest key;      // SHA-256 of the key
  Digest request;  // SHA-256 of what was asked
  std::string sealed;
  Instant created_at;
};
Result<std::optional<KeptAnswer>> find_kept_answer(Session&, std::string_view account_id, const Digest& key);
// Takes the place of an older one.
Result<void> keep_answer(Session&, const KeptAnswer&);
Result<void> delete_kept_answers(Session&, Instant before);

}  // namespace sitepod::meta
