// For `sitepod dev` alone: pages that look themselves up again when the site was built anew. Pure; any thread.
#pragma once

#include "builder/site.hpp"

namespace sitepod::content {

// Adds a script to every page, the file with it, and one that names this build.
void add_live_reload(builder::BuiltSite& built);

}  // namespace sitepod::content
