// Publishing what was read already. One thread.
#pragma once

#include "cli/command.hpp"
#include "cli/page_folder.hpp"

namespace sitepod::cli {

struct Published {
  std::string url;  // of the site; empty after a dry run
};
// As `publish` with these options, whose directory and project do not count.
Result<Published> publish_folder(Context& context, PageFolder folder, api::ContentClient& content,
                                 const PublishOptions& options);

}  // namespace sitepod::cli
