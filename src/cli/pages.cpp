// pages list, get, put, delete.
#include <unistd.h>

#include <fmt/format.h>

#include "api/json_writer.hpp"
#include "base/file.hpp"
#include "base/time.hpp"
#include "cli/exit_code.hpp"
#include "cli/exported_page.hpp"
#include "cli/page_name.hpp"
#include "cli/publish.hpp"
#include "cli/site.hpp"
#include "model/page_fields.hpp"

namespace sitepod::cli {
namespace {

constexpr std::uint64_t kMaxFileBytes = 8 << 20;

void write_list(api::JsonWriter& json, std::string_view name, const std::vector<std::string>& items) {
  json.key(name).begin_array();
  for (const std::string& item : items) json.value(item);
  json.end_array();
}

void write_page(api::JsonWriter& json, const api::RemotePage& page) {
  const model::PageChange& fields = page.fields;
  json.begin_object().member("page", page_label(fields));
  for (const model::TextField& each : model::kTextFields)
    if (const auto& value = fields.*each.field; value && !value->empty()) json.member(each.name, *value);
  for (const model::FlagField& each : model::kFlagFields)
    if (const auto& value = fields.*each.field) json.member(each.name, *value);
  for (const model::ListField& each : model::kListFields)
    if (const auto& value = fields.*each.field) write_list(json, each.name, *value);
  if (fields.order) json.member(model::kOrderField, *fields.order);
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    if (fields.switches[i].value_or("inherit") != "inherit")
      json.member(model::to_string(static_cast<model::Switch>(i)), *fields.switches[i]);
  json.member("hasPassword", page.has_password).member("contentHash", page.content_hash);
  json.member("updatedAt", page.updated_at).member("url", page.url).end_object();
}

std::string status_of(const api::RemotePage& page) {
  if (page.fields.draft.value_or(false)) return "draft";
  const auto date = parse_rfc3339(page.fields.published_at.value_or(""));
  if (date && now().unix_ms < date->unix_ms) return "planned";
  return page.has_password ? "password" : "public";
}

Result<std::string> read_standard_input() {
  std::string text, piece(64 * 1024, '\0');
  for (;;) {
    const std::size_t count =
        SITEPOD_TRY(read_some(STDIN_FILENO, std::as_writable_bytes(std::span(piece.data(), piece.size()))));
    if (count == 0) return text;
    text.append(piece, 0, count);
    if (text.size() > kMaxFileBytes) return usage("Standard input has more than 8 MiB.");
  }
}

// One file as a folder of its own; the media that it shows lie where it lies.
Result<PageFolder> folder_of_file(Context& context, const PagesOptions& options) {
  if (options.file == "-") {
    if (options.path.empty())
      return usage("Say with --path which page standard input is, such as docs/guide/start.md.");
    return page_from_text(context, SITEPOD_TRY(read_standard_input()), options.path);
  }
  return load_page_file(context, options.file, options.path);
}

}  // namespace

Result<void> list_pages(Context& context, const PagesOptions& options) {
  Site site = SITEPOD_TRY(open_site_content(context, options.project));
  const auto pages = SITEPOD_TRY(site.content->list_pages(options.type, api::ContentClient::Texts::No));
  if (context.console.json()) {
    std::string out;
    api::JsonWriter json(out);
    json.begin_object().key("pages").begin_array();
    for (const api::RemotePage& page : pages) write_page(json, page);
    json.end_array().end_object();
    context.console.print(out);
    return {};
  }
  if (pages.empty()) context.console.info("No pages yet. Next: sitepod publish DIR");
  std::vector<std::vector<std::string>> rows{{"PAGE", "TITLE", "STATUS", "UPDATED"}};
  for (const api::RemotePage& page : pages)
    rows.push_back({page_label(page.fields), page.fields.title.value_or(""), status_of(page), page.updated_at});
  for (const std::string& line : format_table(rows)) context.console.print(line);
  return {};
}

Result<void> get_page(Context& context, const PagesOptions& options) {
  Site site = SITEPOD_TRY(open_site_content(context, options.project));
  const PageName name = parse_page_name(options.page, options.type, options.section);
  const api::RemotePage page = SITEPOD_TRY(site.content->find_page(name.slug, name.content_type, name.section));
  std::string out;
  if (context.console.json()) {
    api::JsonWriter json(out);
    write_page(json, page);
  } else {
    out = manuscript::write_page_file(exported_fields(page, ""));
    if (out.ends_with('\n')) out.pop_back();
  }
  context.console.print(out);
  return {};
}

Result<void> put_page(Context& context, const PagesOptions& options) {
  PageFolder folder = SITEPOD_TRY(folder_of_file(context, options));
  if (options.wait && options.no_build) return usage("--wait and --no-build contradict each other.");
  PublishOptions publishing;
  publishing.project = options.project;
  publishing.is_single_page = true;
  publishing.wait = options.wait;
  publishing.no_build = options.no_build;
  Site site = SITEPOD_TRY(open_site_content(context, options.project));
  SITEPOD_TRY(publish_folder(context, std::move(folder), *site.content, publishing));
  return {};
}

Result<void> delete_page(Context& context, const PagesOptions& options) {
  Site site = SITEPOD_TRY(open_site_content(context, options.project));
  const PageName name = parse_page_name(options.page, options.type, options.section);
  if (!options.yes) {
    if (!context.console.may_ask()) return usage("There is no terminal to ask on; give --yes.");
    if (!SITEPOD_TRY(context.console.confirm("Delete the page " + options.page + "?", WhenEmpty::No)))
      return invalid_request("Nothing was deleted.");
  }
  SITEPOD_TRY(site.content->delete_page(name.slug, name.content_type, name.section));
  context.console.done("Page deleted; 'sitepod build' takes it off the site");
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out).begin_object().member("page", options.page).member("deleted", true).end_object();
    context.console.print(out);
  }
  return {};
}

}  // namespace sitepod::cli
