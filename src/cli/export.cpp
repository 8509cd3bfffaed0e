// export: the site's pages and media as a folder; publishing it again changes nothing.
#include <fcntl.h>

#include <filesystem>
#include <unordered_map>

#include <fmt/format.h>

#include "api/json_writer.hpp"
#include "base/file.hpp"
#include "cli/exit_code.hpp"
#include "cli/exported_page.hpp"
#include "cli/page_folder.hpp"
#include "cli/site.hpp"
#include "http/client.hpp"
#include "manuscript/destinations.hpp"
#include "model/names.hpp"
#include "tree/scan.hpp"

namespace sitepod::cli {
namespace {

using manuscript::Destination;

// Leads from the file of a page to one of the folder's root: "docs/a/b.md" → "../../".
std::string way_up(std::string_view path) {
  std::string up;
  for (const char c : path)
    if (c == '/') up += "../";
  return up;
}

class Exporting {
 public:
  Exporting(Context& context, const ExportOptions& options) : context_(context), options_(options) {}

  Result<void> run() {
    SITEPOD_TRY(check_folder());
    site_ = SITEPOD_TRY(open_site_content(context_, options_.project));
    context_.console.step("Reading the site");
    const auto pages = SITEPOD_TRY(site_.content->list_pages("", api::ContentClient::Texts::Yes));
    const api::MediaListing listing = SITEPOD_TRY(site_.content->list_media());
    for (const api::RemoteMedia& each : listing.media) media_.emplace(each.url, each.url.substr(1));
    for (const api::RemotePage& page : pages) SITEPOD_TRY(write(page));
    for (std::size_t i = 0; i < listing.media.size(); ++i) {
      if (interruption()) return interrupted();
      context_.console.progress("Media", i, listing.media.size());
      SITEPOD_TRY(fetch(listing.site_url, listing.media[i]));
    }
    context_.console.end_progress();
    finish(pages, listing.media.size());
    return {};
  }

 private:
  // Files of before would become pages at the next publish.
  Result<void> check_folder() {
    std::error_code error;
    if (!std::filesystem::exists(options_.directory, error)) return make_directories(options_.directory);
    if (options_.force || std::filesystem::is_empty(options_.directory, error)) return {};
    if (error) return usage("The folder " + options_.directory + " cannot be used: " + error.message() + ".");
    return usage("The folder " + options_.directory + " is not empty; --force writes over what is there.");
  }
  // A server's word is no reason to write outside the folder.
  Result<std::string> place_of(const std::string& path) {
    const auto parsed = model::parse_manifest_path(path);
    if (!parsed.ok() || *parsed != path)
      return Error{ErrorKind::Internal,
                   "invalid_answer",
                   "The server names an impossible file: " + tree::printable(path),
                   {},
                   {}};
    const std::string full = options_.directory + "/" + path;
    SITEPOD_TRY(make_directories(full.substr(0, full.rfind('/'))));
    return full;
  }

  Result<void> write(const api::RemotePage& page) {
    const std::string path =
        manuscript::path_of_page(*page.fields.content_type, *page.fields.section, *page.fields.slug);
    model::PageChange fields = exported_fields(page, path);
    const auto choose = [&](const Destination& each) -> std::optional<std::string> {
      const std::size_t end = std::min(each.written.find_first_of("?#"), each.written.size());
      const auto found = media_.find(std::string(each.written.substr(0, end)));
      if (found == media_.end()) return std::nullopt;
      std::string way = way_up(path) + found->second + std::string(each.written.substr(end));
      return each.is_bracketed ? "<" + way + ">" : way;
    };
    fields.content = manuscript::replace_destinations(*fields.content, choose);
    if (page.has_password) ++with_password_;
    return replace_file(SITEPOD_TRY(place_of(path)), manuscript::write_page_file(fields));
  }

  Result<void> fetch(const std::string& site_url, const api::RemoteMedia& media) {
    const std::string place = SITEPOD_TRY(place_of(media.url.substr(1)));
    if (is_there(place, media)) return {};
    const std::string temporary = place + ".part";
    UniqueFd file = SITEPOD_TRY(open_file(temporary, O_WRONLY | O_CREAT | O_TRUNC));
    Sha256 hash;
    http::ClientRequest request;
    request.url = site_url + media.url;
    request.on_body = [&](std::string_view piece) {
      hash.update(piece);
      return write_all(file.get(), piece);
    };
    const http::ClientResponse response = SITEPOD_TRY(http_.send(request));
    if (response.status != 200 || hash.finish() != media.sha256) {
      SITEPOD_TRY(remove_file(temporary));
      return unavailable(fmt::format("The file {} did not arrive (status {}). Run the export again with --force.",
                                     request.url, response.status));
    }
    std::error_code error;
    std::filesystem::rename(temporary, place, error);
    if (error) return from_errno(error.value(), "renaming " + temporary);
    return {};
  }
  static bool is_there(const std::string& place, const api::RemoteMedia& media) {
    std::error_code error;
    if (std::filesystem::file_size(place, error) != media.size || error) return false;
    const auto bytes = read_file(place);
    return bytes.ok() && sha256(*bytes) == media.sha256;
  }

  void finish(const std::vector<api::RemotePage>& pages, std::size_t media) {
    if (with_password_ > 0)
      context_.console.warn(
          fmt::format("{} pages have a password. It is not in their files; published again to this "
                      "site they keep it, on another they would be public.",
                      human_count(with_password_)));
    context_.console.done(fmt::format("{} pages, {} media files", human_count(pages.size()), human_count(media)));
    if (!context_.console.json()) return context_.console.print(options_.directory);
    std::string out;
    api::JsonWriter(out)
        .begin_object()
        .member("directory", options_.directory)
        .member("pages", pages.size())
        .member("media", media)
        .member("with_password", with_password_)
        .end_object();
    context_.console.print(out);
  }

  static http::ClientOptions http_options() {
    http::ClientOptions options;
    options.cancelled = &interruption();
    return options;
  }

  Context& context_;
  const ExportOptions& options_;
  Site site_;
  http::Client http_{http_options()};
  std::unordered_map<std::string, std::string> media_;  // address → path in the folder
  std::size_t with_password_ = 0;
};

}  // namespace

Result<void> export_site(Context& context, const ExportOptions& options) { return Exporting(context, options).run(); }

}  // namespace sitepod::cli
