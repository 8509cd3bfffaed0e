// init, and what a deploy makes of it.
#include <unistd.h>

#include <algorithm>

#include "api/json_writer.hpp"
#include "base/file.hpp"
#include "base/random.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "model/names.hpp"

namespace sitepod::cli {
namespace {

constexpr std::size_t kRandomEnding = 4;
constexpr int kLongestHistory = 200;

Result<void> ask_routing(Console& console, ProjectFile& file) {
  const std::string mode =
      SITEPOD_TRY(console.ask("Routing: a subdomain of its own, or a path of a shared domain", "subdomain"));
  if (mode == "path") {
    file.routing_domain = SITEPOD_TRY(console.ask("Domain", ""));
    file.routing_slug = SITEPOD_TRY(console.ask("Path", "/" + file.name));
    return {};
  }
  if (mode != "subdomain") return usage("\"" + mode + "\" is neither subdomain nor path.");
  file.subdomain = SITEPOD_TRY(console.ask("Subdomain (- for a random ending)", model::subdomain_from(file.name)));
  return {};
}

Result<void> settle_subdomain(ProjectFile& file) {
  if (file.subdomain == "-") file.subdomain = model::subdomain_from(file.name) + "-" + random_base36(kRandomEnding);
  if (file.subdomain.empty()) return {};
  const std::string subdomain = model::subdomain_from(file.subdomain);
  if (subdomain != file.subdomain || model::is_reserved_subdomain(subdomain))
    return usage("The subdomain \"" + file.subdomain +
                 "\" cannot be used: it has 1 to 63 of a-z, 0-9 and \"-\", and is not reserved.");
  return {};
}

void report(Console& console, const ProjectFile& file) {
  console.done("sitepod.toml written");
  console.field("name", file.name);
  if (!file.subdomain.empty()) console.field("subdomain", file.subdomain);
  if (!file.routing_domain.empty()) console.field("routing", file.routing_domain + file.routing_slug);
  console.field("directory", file.directory);
  console.info("Next: sitepod deploy");
  if (!console.json()) return;
  std::string out;
  api::JsonWriter(out)
      .begin_object()
      .member("file", "sitepod.toml")
      .member("name", file.name)
      .member("subdomain", file.subdomain)
      .member("directory", file.directory)
      .end_object();
  console.print(out);
}

bool is_shown(const std::vector<api::DomainSummary>& domains, const ProjectFile& file) {
  return std::any_of(domains.begin(), domains.end(), [&](const api::DomainSummary& one) {
    return one.domain == file.routing_domain && one.slug == file.routing_slug;
  });
}

// Only while nothing of the project is live: `domain rename` may have changed it since.
Result<void> take_subdomain(Console& console, api::Client& client, const ProjectFile& file) {
  for (const api::ImageSummary& image : SITEPOD_TRY(client.history(file.name, "", kLongestHistory)))
    if (!image.deployed_to.empty()) return {};
  auto host = client.rename_subdomain(file.name, file.subdomain);
  if (host.ok()) {
    console.detail("the project is at " + *host);
    return {};
  }
  Error error = std::move(host).error();
  if (error.kind != ErrorKind::Conflict) return error;
  error.kind = ErrorKind::Forbidden;
  const auto suggestion = client.suggest_name(file.subdomain);
  if (!suggestion.ok() || suggestion->empty()) return error;
  error.message += " Free is \"" + *suggestion + "\": write it into " + file.path + ".";
  error.details.emplace_back("suggestion", *suggestion);
  return error;
}

}  // namespace

Result<void> init(Context& context, const InitOptions& options) {
  if (::access("sitepod.toml", F_OK) == 0 && !options.yes)
    return usage("There is a sitepod.toml here already; --yes overwrites it.");
  Console& console = context.console;
  const bool asks = console.may_ask() && !options.yes;
  ProjectFile file;
  file.directory = options.directory.empty() ? resolve_directory("", {}) : options.directory;
  file.name = options.project.empty() ? resolve_project("", context.environment, {}, ".").name : options.project;
  file.subdomain = options.subdomain;
  if (asks && options.project.empty()) file.name = SITEPOD_TRY(console.ask("Name of the project", file.name));
  if (auto valid = model::parse_project_name(file.name); !valid.ok()) return usage(valid.error().message);
  if (asks && options.directory.empty()) file.directory = SITEPOD_TRY(console.ask("Folder to deploy", file.directory));
  if (asks && options.subdomain.empty()) SITEPOD_TRY(ask_routing(console, file));
  SITEPOD_TRY(settle_subdomain(file));
  SITEPOD_TRY(replace_file("sitepod.toml", render_project_file(file)));
  report(console, file);
  return {};
}

Result<void> apply_routing(Context& context, api::Client& client, const ProjectFile& file, const std::string& project) {
  if (file.name != project) return {};  // -n names another project than the file is about
  if (!file.subdomain.empty()) SITEPOD_TRY(take_subdomain(context.console, client, file));
  if (file.routing_domain.empty() || is_shown(SITEPOD_TRY(client.domains(project)), file)) return {};
  const api::DomainSummary added =
      SITEPOD_TRY(client.add_domain(project, file.routing_domain, file.routing_slug.empty() ? "/" : file.routing_slug));
  context.console.done("Domain added");
  context.console.field("domain", added.domain + added.slug);
  if (added.status != "active") context.console.warn("Prove that it is yours: " + added.verification_txt);
  return {};
}

}  // namespace sitepod::cli
