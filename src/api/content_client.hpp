// The content API from the caller's side, with the Client's retries. A resource of one thread; calls block. Errors as
// in client.hpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/client.hpp"
#include "base/digest.hpp"
#include "model/page_change.hpp"

namespace sitepod::api {

struct RemotePage {
  model::PageChange fields;  // all that the server tells, also where it is empty
  std::string content_hash;  // SHA-256 of the content, in hexadecimal
  std::string url, updated_at;
  bool has_password = false;
};

struct RemoteMedia {
  std::string url;  // "/media/ab/….webp"
  Digest sha256;    // of the bytes that are served
  std::uint64_t size = 0;
};
struct MediaListing {
  std::string site_url;
  std::vector<RemoteMedia> media;
};

struct AttachedFile {
  std::string name;  // as "file:" destinations call it
  std::string path;  // on this machine
  std::uint64_t size = 0;
};

struct PagesQuestion {
  std::string site_id;  // empty: the default site
  std::vector<const model::PageChange*> pages;
  std::vector<model::PageDeletion> deletions;
  std::vector<AttachedFile> files;
  bool build = false;
};

struct BuildStart {
  std::string deploy_url;      // empty: it was refused
  std::string error, message;  // why
};

struct PagesAnswer {
  struct Page {
    std::string slug, content_type, section;
    bool created = false;
  };
  std::vector<Page> pages;
  std::vector<std::string> deleted;
  std::optional<BuildStart> build;
  // Either of these is not empty, and nothing was saved; by the page's place in the question.
  std::map<std::size_t, std::vector<std::pair<std::string, std::string>>> refused;  // field, message
  std::map<std::size_t, std::int64_t> unresolved;                                   // "file:" without a file
};

struct BuildAnswer {
  struct Link {
    std::string page, target;
    std::int64_t line = 0;
  };
  std::string id, status, triggered_by, error, image_id, started_at;
  std::int64_t duration_ms = 0;
  std::vector<Link> broken_links;

  bool is_over() const { return status == "success" || status == "failed"; }
};

class ContentClient {
 public:
  // `client` outlives it. `site_id` empty: the default site.
  ContentClient(Client& client, std::string site_id) : client_(client), site_id_(std::move(site_id)) {}

  enum class Texts : std::uint8_t { No, Yes };
  Result<std::vector<RemotePage>> list_pages(std::string_view content_type, Texts texts);
  // Empty type and no section: whatever has the slug. Errors: "not_found"; Invalid, naming the pages that it may be.
  Result<RemotePage> find_page(std::string_view slug, std::string_view content_type,
                               const std::optional<std::string>& section);
  Result<PagesAnswer> save_pages(const PagesQuestion& question);
  Result<void> delete_page(std::string_view slug, std::string_view content_type,
                           const std::optional<std::string>& section);
  Result<MediaListing> list_media();
  // Where the site will be. Waits for the end of a cool-down.
  Result<std::string> start_build();
  Result<BuildAnswer> latest_build();

 private:
  std::string with_site(std::string path) const;

  Client& client_;
  const std::string site_id_;
};

// The id of a project for the content API. Errors: "project_not_found" and the like.
Result<std::string> find_site_id(Client& client, std::string_view project);

}  // namespace sitepod::api
