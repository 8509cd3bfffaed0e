// Rows of the audit log with who did it filled in. Pure; any thread.
#pragma once

#include <string_view>

#include "base/time.hpp"
#include "identity/caller.hpp"
#include "meta/records.hpp"

namespace sitepod::identity {

// In the log of the caller's own account; about no project yet.
meta::Event make_event(const Caller& caller, std::string_view action, Instant now);
// In the log of a project and of its owner.
meta::Event make_event(const Caller& caller, std::string_view action, const meta::Project& project, Instant now);

}  // namespace sitepod::identity
