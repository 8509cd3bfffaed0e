// Everything a build needs of a site, read in one transaction: what is public at one instant.
#pragma once

#include <string>

#include "base/result.hpp"
#include "base/time.hpp"
#include "builder/site.hpp"
#include "content/page_shelf.hpp"
#include "deploy/site_urls.hpp"
#include "meta/records.hpp"
#include "meta/session.hpp"

namespace sitepod::content {

struct SiteSnapshot {
  builder::Site site;
  std::string environment;  // where it is released to
};

// Without drafts and without pages of after `now`. `shelf`: the site's own.
Result<SiteSnapshot> load_snapshot(meta::Session& session, const meta::Project& project, const deploy::SiteUrls& urls,
                                   PageShelf& shelf, Instant now);

}  // namespace sitepod::content
