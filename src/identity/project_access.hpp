// The project that a caller means, when it may be used by them. Any thread; inside the transaction of the Session.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "identity/caller.hpp"
#include "meta/session.hpp"

namespace sitepod::identity {

// By its id, its name, or both, which must belong together; one of them may be empty. Errors: NotFound; Forbidden;
// Invalid when they name different projects.
Result<meta::Project> load_project(meta::Session& session, const Caller& caller, std::string_view name,
                                   std::string_view id);

}  // namespace sitepod::identity
