// What publishing a folder changes on the server: pure, from both sides' pages. One thread.
#pragma once

#include <string>
#include <vector>

#include "api/content_client.hpp"
#include "cli/page_folder.hpp"

namespace sitepod::cli {

struct PageToSend {
  std::size_t local = 0;  // place in PageFolder::pages
  bool is_new = false;
  model::PageChange change;         // its key, and what is different
  std::vector<std::string> fields;  // their names
};

struct PublishPlan {
  std::vector<PageToSend> pages;
  std::vector<model::PageChange> gone;  // on the server and not in the folder
  std::size_t unchanged = 0;
  std::string newest_change;  // of the server's pages, RFC 3339
};

// The folder says what a page is: a field that it does not name goes back to its default. Only dates, passwords,
// aliases and order stay as they are where the folder is silent.
PublishPlan plan_publish(const PageFolder& folder, const std::vector<api::RemotePage>& remote);

}  // namespace sitepod::cli
