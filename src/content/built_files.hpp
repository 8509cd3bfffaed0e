// What a built site is as files of an image, and what its owner should know about it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "builder/site.hpp"
#include "deploy/deployer.hpp"

namespace sitepod::content {

// The built files and the site's media.
std::vector<deploy::MadeFile> files_of(std::vector<builder::BuiltFile> built, const builder::Site& site);

// The broken links as the build's row keeps them: one a line, page, line and target separated by tabs. A target may
// hold any byte: those that would end it are written as in an address, %0A. Cut when there are very many.
std::string report_of(const builder::BuiltSite& built);
// The way back. Rows that are not whole are left out.
std::vector<builder::BrokenLink> read_report(std::string_view report);

}  // namespace sitepod::content
