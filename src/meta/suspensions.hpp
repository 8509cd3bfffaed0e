// Projects that the operator has taken off: visitors get 451 until the row is gone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

struct Suspension {
  std::string project_id;
  std::string reason;
  std::string suspended_by;  // e-mail
  Instant suspended_at;
};
Result<std::optional<Suspension>> find_suspension(Session&, std::string_view project_id);
// Keeps an earlier one. The caller adds a change, so that the publisher hears of it.
Result<void> insert_suspension(Session&, const Suspension&);
// False: there was none.
Result<bool> delete_suspension(Session&, std::string_view project_id);

}  // namespace sitepod::meta
