// How a project comes to be: name, subdomain, quota, event. Every function runs inside the write transaction of the
// Session it is given; the caller adds a change row, so that the publisher hears of it.
#pragma once

#include <string>

#include "base/result.hpp"
#include "deploy/deployer.hpp"
#include "identity/caller.hpp"
#include "meta/records.hpp"

namespace sitepod::deploy {

// Errors: quota_exceeded, Forbidden (a token of another project), invalid_request (reserved). Requires: the name is
// parsed and nobody has it.
Result<meta::Project> create_project(meta::Session& session, const identity::Caller& caller, const std::string& name,
                                     const Quotas& quotas, Instant now);
// The same for a name that nobody has chosen: where it is taken or reserved it gets "-" and four characters.
Result<meta::Project> create_suffixed_project(meta::Session& session, const identity::Caller& caller,
                                              const std::string& stem, const Quotas& quotas, Instant now);

}  // namespace sitepod::deploy
