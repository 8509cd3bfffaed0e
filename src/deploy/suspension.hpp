// Taking a project off and putting it back: its visitors get 451 in between, its owner keeps everything. Durable when
// they return; visible once the publisher has published the project. Any thread; blocks.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "identity/caller.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"

namespace sitepod::deploy {

// Requires: `actor` acts as admin. Errors of both: not_found. Repeating is harmless.
Result<meta::Project> suspend_project(meta::MetaStore& meta, const identity::Caller& actor, std::string_view name,
                                      std::string_view reason, Instant now);
Result<meta::Project> unsuspend_project(meta::MetaStore& meta, const identity::Caller& actor, std::string_view name,
                                        Instant now);

}  // namespace sitepod::deploy
