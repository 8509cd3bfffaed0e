// publish: a folder of markdown becomes the site's pages.
#include <algorithm>

#include <fmt/format.h>

#include "api/json_writer.hpp"
#include "cli/builds.hpp"
#include "cli/exit_code.hpp"
#include "cli/page_folder.hpp"
#include "cli/publish.hpp"
#include "cli/publish_plan.hpp"
#include "cli/site.hpp"

namespace sitepod::cli {
namespace {

// Of one request; the server takes more of each (content API §3, §4).
constexpr std::size_t kBatchPages = 5'000;
constexpr std::size_t kBatchDeletions = 5'000;
constexpr std::size_t kBatchFiles = 500;
constexpr std::size_t kBatchTextBytes = 40u << 20;
constexpr std::uint64_t kBatchFileBytes = std::uint64_t{4} << 30;

struct Batch {
  api::PagesQuestion question;
  std::vector<const PageToSend*> pages;
  std::vector<std::size_t> media;
  std::size_t text_bytes = 0;
  std::uint64_t file_bytes = 0;
};

class Publishing {
 public:
  Publishing(Context& context, api::ContentClient& content, const PublishOptions& options)
      : context_(context), content_(content), options_(options) {}

  Result<Published> run(PageFolder folder) {
    folder_ = std::move(folder);
    context_.console.step("Comparing with the site");
    api::MediaListing listing;
    if (!folder_.media.empty()) listing = SITEPOD_TRY(content_.list_media());
    url_ = listing.site_url;
    resolve_links(folder_, listing);
    plan_ = plan_publish(folder_, SITEPOD_TRY(content_.list_pages("", api::ContentClient::Texts::No)));
    pruned_ = options_.prune ? plan_.gone.size() : 0;
    for (const PageToSend& page : plan_.pages) created_ += page.is_new ? 1 : 0;
    if (options_.dry_run) {
      finish_dry_run();
      return Published{};
    }
    SITEPOD_TRY(send());
    tell_rest();
    SITEPOD_TRY(finish_build());
    if (start_ && !start_->deploy_url.empty()) url_ = start_->deploy_url;
    if (url_.empty()) url_ = SITEPOD_TRY(content_.list_media()).site_url;
    if (options_.prints_result) print_result();
    if (build_ && build_->status == "failed") SITEPOD_TRY(tell_build(context_, *build_));
    return Published{url_};
  }

 private:
  Console& console() { return context_.console; }

  // ---- what would change ------------------------------------------------------------------------------------------
  void finish_dry_run() {
    console().info("Dry run: nothing was sent.");
    if (console().json()) return print_json(true);
    for (const PageToSend& page : plan_.pages) console().print(line_of(page));
    if (options_.prune)
      for (const model::PageChange& page : plan_.gone) console().print("- " + page_label(page));
    for (const LocalMedia& media : folder_.media)
      if (media.url.empty()) console().print("+ " + media.path);
    tell_rest();
    console().info(summary());
  }
  std::string line_of(const PageToSend& page) const {
    const LocalPage& local = folder_.pages[page.local];
    std::string line = (page.is_new ? "+ " : "~ ") + page_label(local.page()) + " (" + local.path;
    if (!page.fields.empty()) line += ": ";
    for (std::size_t i = 0; i < page.fields.size(); ++i) line += (i > 0 ? ", " : "") + page.fields[i];
    return line + ")";
  }
  std::string summary() const {
    return fmt::format("{} created, {} updated, {} deleted, {} unchanged, {} media files", human_count(created_),
                       human_count(plan_.pages.size() - created_), human_count(pruned_), human_count(plan_.unchanged),
                       human_count(new_media()));
  }
  std::size_t new_media() const {
    return static_cast<std::size_t>(std::count_if(folder_.media.begin(), folder_.media.end(),
                                                  [](const LocalMedia& each) { return each.url.empty(); }));
  }
  void tell_rest() {
    if (options_.prune || options_.is_single_page || plan_.gone.empty()) return;
    console().info(fmt::format("{} pages of the site are not in this folder; --prune deletes them.",
                               human_count(plan_.gone.size())));
  }

  // ---- sending ----------------------------------------------------------------------------------------------------
  Result<void> send() {
    std::vector<Batch> batches = SITEPOD_TRY(make_batches());
    for (std::size_t i = 0; i < batches.size(); ++i) {
      if (interruption()) return stopped(i);
      batches[i].question.build = !options_.no_build && i + 1 == batches.size();
      SITEPOD_TRY(send(batches[i]));
      if (batches.size() > 1) console().progress("Publishing", i + 1, batches.size());
    }
    console().end_progress();
    if (batches.empty())
      console().done("The site has these pages already");
    else
      console().done("Saved: " + summary());
    return {};
  }
  // What was saved is no half-written site: nothing is public before a build.
  Error stopped(std::size_t batches) const {
    Error error = interrupted();
    if (batches > 0) error.message = "Interrupted; some pages are saved, and none is public before the next build.";
    return error;
  }

  // Deletions come first, so that what is moved finds its place free. Most sites are one batch: one transaction.
  Result<std::vector<Batch>> make_batches() {
    std::vector<Batch> batches;
    const auto next = [&]() -> Batch& { return batches.emplace_back(); };
    if (options_.prune)
      for (const model::PageChange& page : plan_.gone) {
        if (batches.empty() || batches.back().question.deletions.size() == kBatchDeletions) next();
        batches.back().question.deletions.push_back(
            {page.slug.value_or(""), page.content_type.value_or(""), page.section.value_or("")});
      }
    for (const PageToSend& page : plan_.pages) {
      if (batches.empty() || !fits(batches.back(), page)) next();
      SITEPOD_TRY(add(batches.back(), page));
    }
    return batches;
  }
  std::vector<std::size_t> missing_media(const Batch& batch, const PageToSend& page) const {
    std::vector<std::size_t> missing;
    if (!page.change.content) return missing;
    for (const std::size_t place : folder_.pages[page.local].media)
      if (folder_.media[place].url.empty() &&
          std::find(batch.media.begin(), batch.media.end(), place) == batch.media.end())
        missing.push_back(place);
    return missing;
  }
  bool fits(const Batch& batch, const PageToSend& page) const {
    std::uint64_t bytes = batch.file_bytes;
    const std::vector<std::size_t> missing = missing_media(batch, page);
    for (const std::size_t place : missing) bytes += folder_.media[place].size;
    return batch.pages.size() < kBatchPages && batch.media.size() + missing.size() <= kBatchFiles &&
           batch.text_bytes + page.change.content.value_or("").size() <= kBatchTextBytes &&
           (bytes <= kBatchFileBytes || missing.empty());
  }
  Result<void> add(Batch& batch, const PageToSend& page) {
    const std::vector<std::size_t> missing = missing_media(batch, page);
    if (batch.media.size() + missing.size() > kBatchFiles)
      return invalid_request(fmt::format("{} refers to {} new media files; a page may bring {}. Split it.",
                                         folder_.pages[page.local].path, missing.size(), kBatchFiles));
    for (const std::size_t place : missing) {
      const LocalMedia& media = folder_.media[place];
      batch.media.push_back(place);
      batch.file_bytes += media.size;
      batch.question.files.push_back({media.path, folder_.full_path(media.path), media.size});
    }
    batch.text_bytes += page.change.content.value_or("").size();
    batch.question.pages.push_back(&page.change);
    batch.pages.push_back(&page);
    return {};
  }

  Result<void> send(const Batch& batch) {
    console().detail(fmt::format("sending {} pages, {} deletions, {} media files", batch.pages.size(),
                                 batch.question.deletions.size(), batch.media.size()));
    api::PagesAnswer answer = SITEPOD_TRY(content_.save_pages(batch.question));
    if (!answer.refused.empty() || !answer.unresolved.empty()) return tell_refused(batch, answer);
    if (answer.build) start_ = answer.build;
    return {};
  }
  Result<void> tell_refused(const Batch& batch, const api::PagesAnswer& answer) {
    std::size_t count = 0;
    const auto tell = [&](std::size_t place, std::string_view field, const std::string& message) {
      if (place >= batch.pages.size()) return;
      const LocalPage& page = folder_.pages[batch.pages[place]->local];
      const std::uint32_t line = field == "content" ? page.file.body_line : page.file.line_of(field);
      console().fail(fmt::format("{}{}: {}", page.path, line > 0 ? ":" + std::to_string(line) : "", message));
      ++count;
    };
    for (const auto& [place, faults] : answer.refused)
      for (const auto& [field, message] : faults) tell(place, field, message);
    for (const auto& [place, number] : answer.unresolved)
      tell(place, "content", fmt::format("{} links begin with file: and name nothing that was sent", number));
    return invalid("invalid_pages", fmt::format("The server refused {} of the pages; nothing of this batch was saved.",
                                                human_count(count)));
  }

  // ---- the build --------------------------------------------------------------------------------------------------
  Result<void> finish_build() {
    if (options_.no_build) return {};
    if (!start_ && !SITEPOD_TRY(needs_build())) return {};
    const bool is_refused = !start_ || start_->deploy_url.empty();
    if (start_ && is_refused && !options_.wait) {
      console().warn("The pages are saved but no build was started: " + start_->message + " Then run 'sitepod build'.");
      return {};
    }
    if (is_refused) start_ = api::BuildStart{SITEPOD_TRY(content_.start_build()), {}, {}};
    if (!options_.wait) {
      console().done("The build is queued; 'sitepod build --wait' shows its report");
      return {};
    }
    build_ = SITEPOD_TRY(wait_for_build(context_, content_));
    if (build_->status == "failed") return {};
    return tell_build(context_, *build_);
  }
  // The pages are there, but perhaps from a time when nothing was built.
  Result<bool> needs_build() {
    if (folder_.pages.empty()) return false;
    auto latest = content_.latest_build();
    if (!latest.ok() && latest.error().kind == ErrorKind::NotFound) return true;
    const api::BuildAnswer build = SITEPOD_TRY(std::move(latest));
    return build.status == "failed" || (build.is_over() && build.started_at <= plan_.newest_change);
  }

  // ---- the result -------------------------------------------------------------------------------------------------
  void print_result() {
    if (console().json()) return print_json(false);
    console().print(url_);
  }
  void print_json(bool is_dry_run) {
    std::string out;
    api::JsonWriter json(out);
    json.begin_object();
    if (is_dry_run)
      json.member("dry_run", true);
    else
      json.member("url", url_);
    write_pages(json, "created", true);
    write_pages(json, "updated", false);
    json.key("deleted").begin_array();
    if (options_.prune)
      for (const model::PageChange& page : plan_.gone) json.value(page_label(page));
    json.end_array()
        .member("unchanged", plan_.unchanged)
        .member("not_in_folder", options_.is_single_page ? 0 : plan_.gone.size());
    json.key("media").begin_array();
    for (const LocalMedia& media : folder_.media)
      if (media.url.empty()) json.value(media.path);
    json.end_array().key("warnings").begin_array();
    for (const std::string& warning : folder_.warnings) json.value(warning);
    json.end_array();
    if (build_ || start_) {
      json.key("build").begin_object();
      if (build_)
        write_build(json, *build_);
      else if (start_->deploy_url.empty())
        json.member("status", "refused").member("error", start_->error).member("message", start_->message);
      else
        json.member("status", "queued");
      json.end_object();
    }
    json.end_object();
    console().print(out);
  }
  void write_pages(api::JsonWriter& json, std::string_view name, bool is_new) {
    json.key(name).begin_array();
    for (const PageToSend& page : plan_.pages) {
      if (page.is_new != is_new) continue;
      const LocalPage& local = folder_.pages[page.local];
      json.begin_object().member("page", page_label(local.page())).member("file", local.path);
      if (!is_new) {
        json.key("fields").begin_array();
        for (const std::string& field : page.fields) json.value(field);
        json.end_array();
      }
      json.end_object();
    }
    json.end_array();
  }

  Context& context_;
  api::ContentClient& content_;
  const PublishOptions& options_;
  PageFolder folder_;
  PublishPlan plan_;
  std::size_t created_ = 0;
  std::size_t pruned_ = 0;
  std::string url_;
  std::optional<api::BuildStart> start_;
  std::optional<api::BuildAnswer> build_;
};

}  // namespace

Result<void> publish(Context& context, const PublishOptions& options) {
  if (options.wait && options.no_build) return usage("--wait and --no-build contradict each other.");
  PageFolder folder = SITEPOD_TRY(load_page_folder(context, options.directory));
  Site site = SITEPOD_TRY(open_site_content(context, options.project));
  SITEPOD_TRY(publish_folder(context, std::move(folder), *site.content, options));
  return {};
}

Result<Published> publish_folder(Context& context, PageFolder folder, api::ContentClient& content,
                                 const PublishOptions& options) {
  return Publishing(context, content, options).run(std::move(folder));
}

}  // namespace sitepod::cli
