// The site that a command about pages means, and the way to it. One thread.
#pragma once

#include <memory>
#include <string>

#include "api/content_client.hpp"
#include "cli/command.hpp"

namespace sitepod::cli {

struct Site {
  std::unique_ptr<api::Client> client;
  std::unique_ptr<api::ContentClient> content;  // lives by `client`
};

// The project of the flag, of SITEPOD_SITE or of sitepod.toml; without any the server's default site: the one that the
// token is bound to, else the account's. Errors: Unauthenticated, "project_not_found".
Result<Site> open_site_content(Context& context, std::string_view project);

}  // namespace sitepod::cli
