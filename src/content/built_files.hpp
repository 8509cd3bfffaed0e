// What a built site is as files of an image, and what its owner should know about it. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "builder/site.hpp"
#include "deploy/deployer.hpp"

namespace sitepod::content {

// The built files, the site's media, and its redirects as `_redirects`. The texts of locked pages are left out: where they
// would stand visitors find the form that asks for the password.
std::vector<deploy::MadeFile> files_of(const builder::BuiltSite& built, const builder::Site& site);

// The broken links: one a line, page, line and target separated by tabs. Cut when there are very many.
std::string report_of(const builder::BuiltSite& built);

}  // namespace sitepod::content
