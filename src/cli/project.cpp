// list, history, open, console, rollback.
#include <algorithm>

#include "api/json_writer.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/process.hpp"
#include "model/names.hpp"

namespace sitepod::cli {
namespace {

constexpr int kPickerSize = 10;
constexpr int kLongestHistory = 200;

std::string short_hash(std::string_view hash) {
  return hash.size() > 16 ? std::string(hash.substr(0, 16)) + "..." : std::string(hash);
}
std::string joined(const std::vector<std::string>& texts) {
  std::string out;
  for (const std::string& text : texts) out += (out.empty() ? "" : ",") + text;
  return out;
}

void write_image(api::JsonWriter& json, const api::ImageSummary& image) {
  json.begin_object()
      .member("image_id", image.image_id)
      .member("version", image.version)
      .member("created_at", image.created_at)
      .member("content_hash", image.content_hash)
      .member("git_commit", image.git_commit)
      .member("message", image.message)
      .member("file_count", image.file_count)
      .member("total_size", image.total_size)
      .member("status", image.status);
  json.key("deployed_to").begin_array();
  for (const std::string& environment : image.deployed_to) json.value(environment);
  json.end_array().end_object();
}

Result<std::string> pick_image(Context& context, api::Client& client, const std::string& project,
                               const std::string& environment) {
  auto images = SITEPOD_TRY(client.history(project, environment, kPickerSize));
  if (images.empty()) return not_found("image_not_found", "Nothing was ever released to " + environment + ".");
  for (std::size_t i = 0; i < images.size(); ++i)
    context.console.field(std::to_string(i + 1), images[i].image_id + "  " + images[i].created_at + "  " +
                                                     images[i].message +
                                                     (images[i].status == "current" ? "  (current)" : ""));
  std::string answer = SITEPOD_TRY(context.console.ask("Roll back to", images.size() > 1 ? "2" : "1"));
  char* end = nullptr;
  unsigned long number = std::strtoul(answer.c_str(), &end, 10);
  if (answer.empty() || *end != '\0' || number < 1 || number > images.size())
    return usage("\"" + answer + "\" is not a number of the list.");
  return images[number - 1].image_id;
}

// Refused here, where it is a wrong argument, and not by the server.
Result<void> check_environment(const std::string& name) {
  auto valid = model::parse_environment_name(name);
  return valid.ok() ? Result<void>() : usage(valid.error().message);
}

// "v12" → the image of that version; an id stays what it is.
Result<std::string> image_from(api::Client& client, const std::string& project, const std::string& to) {
  bool is_version = to.size() > 1 && to[0] == 'v' &&
                    std::all_of(to.begin() + 1, to.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!is_version) return to;
  for (const api::ImageSummary& image : SITEPOD_TRY(client.history(project, "", kLongestHistory)))
    if (image.version == to) return image.image_id;
  return not_found("image_not_found", "There is no " + to + " among the last " + std::to_string(kLongestHistory) +
                                          " images of " + project + ".");
}

}  // namespace

Result<std::string> project_here(Context& context, std::string_view flag) {
  ProjectFile file = SITEPOD_TRY(load_project_file("."));
  return resolve_project(flag, context.environment, file, ".").name;
}

void open_browser(Context& context, const std::string& url) {
  std::string browser = context.environment("BROWSER").value_or("xdg-open");
  if (!start({browser, url})) context.console.warn("The browser " + browser + " could not be started.");
}

Result<void> open_console(Context& context, const ConsoleOptions& options) {
  std::string url = SITEPOD_TRY(context.server()).endpoint + "/";
  if (!options.project.empty()) url += "#/project/" + options.project;
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out).begin_object().member("url", url).end_object();
    context.console.print(out);
  } else {
    context.console.print(url);
  }
  if (context.console.may_ask()) open_browser(context, url);
  return {};
}

Result<void> list(Context& context) {
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  auto projects = SITEPOD_TRY(client->projects());
  if (context.console.json()) {
    std::string out;
    api::JsonWriter json(out);
    json.begin_object().key("projects").begin_array();
    for (const auto& project : projects)
      json.begin_object()
          .member("id", project.id)
          .member("name", project.name)
          .member("subdomain", project.subdomain)
          .member("created_at", project.created_at)
          .member("updated_at", project.updated_at)
          .end_object();
    json.end_array().end_object();
    context.console.print(out);
    return {};
  }
  if (projects.empty()) context.console.info("No projects yet. Next: sitepod deploy");
  std::vector<std::vector<std::string>> rows{{"NAME", "SUBDOMAIN", "CREATED", "UPDATED"}};
  for (const auto& project : projects)
    rows.push_back({project.name, project.subdomain, project.created_at, project.updated_at});
  for (const std::string& line : format_table(rows)) context.console.print(line);
  return {};
}

Result<void> history(Context& context, const HistoryOptions& options) {
  if (!options.environment.empty()) SITEPOD_TRY(check_environment(options.environment));
  std::string project = SITEPOD_TRY(project_here(context, options.project));
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  auto images = SITEPOD_TRY(client->history(project, options.environment, options.limit));
  if (context.console.json()) {
    std::string out;
    api::JsonWriter json(out);
    json.begin_object().member("project", project).key("items").begin_array();
    for (const auto& image : images) write_image(json, image);
    json.end_array().end_object();
    context.console.print(out);
    return {};
  }
  std::vector<std::vector<std::string>> rows{
      {"IMAGE ID", "VERSION", "CREATED", "CONTENT HASH", "GIT COMMIT", "LIVE IN"}};
  for (const auto& image : images)
    rows.push_back({image.image_id, image.version, image.created_at, short_hash(image.content_hash),
                    image.git_commit.substr(0, 12), joined(image.deployed_to)});
  for (const std::string& line : format_table(rows)) context.console.print(line);
  return {};
}

Result<void> open_site(Context& context, const OpenOptions& options) {
  SITEPOD_TRY(check_environment(options.environment));
  std::string project = SITEPOD_TRY(project_here(context, options.project));
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  api::CurrentAnswer current = SITEPOD_TRY(client->current(project, options.environment));
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out)
        .begin_object()
        .member("url", current.url)
        .member("image_id", current.image_id)
        .member("environment", options.environment)
        .end_object();
    context.console.print(out);
  } else {
    context.console.print(current.url);
  }
  if (context.console.may_ask()) open_browser(context, current.url);
  return {};
}

Result<void> rollback(Context& context, const RollbackOptions& options) {
  SITEPOD_TRY(check_environment(options.environment));
  std::string project = SITEPOD_TRY(project_here(context, options.project));
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  api::ReleaseQuestion question{project, options.environment, {}, options.expected_image, {}};
  if (!options.to.empty())
    question.image_id = SITEPOD_TRY(image_from(*client, project, options.to));
  else if (context.console.may_ask())
    question.image_id = SITEPOD_TRY(pick_image(context, *client, project, options.environment));
  context.console.step("Rolling back " + options.environment + " of " + project);
  api::ReleaseAnswer answer = SITEPOD_TRY(client->rollback(question));
  context.console.done("Rollback complete");
  context.console.field("url", answer.url);
  context.console.field("previous", answer.previous_image_id);
  context.console.field("image", answer.image_id);
  for (const std::string& warning : answer.warnings) context.console.warn(warning);
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out)
        .begin_object()
        .member("url", answer.url)
        .member("project", project)
        .member("environment", options.environment)
        .member("image_id", answer.image_id)
        .member("previous_image_id", answer.previous_image_id)
        .end_object();
    context.console.print(out);
  } else {
    context.console.print(answer.url);
  }
  return {};
}

}  // namespace sitepod::cli
