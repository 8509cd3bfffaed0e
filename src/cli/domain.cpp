// domain add, list, verify, remove, rename.
#include "api/json_writer.hpp"
#include "cli/command.hpp"
#include "cli/settings.hpp"
#include "model/domain_name.hpp"

namespace sitepod::cli {
namespace {

void write_domain(api::JsonWriter& json, const api::DomainSummary& domain) {
  json.begin_object()
      .member("domain", domain.domain)
      .member("slug", domain.slug)
      .member("type", domain.type)
      .member("status", domain.status)
      .member("is_primary", domain.is_primary);
  json.member_or_null("verification_txt", domain.verification_txt);
  json.end_object();
}

// "www.example.com", "www.example.com/blog"
std::string place_of(const api::DomainSummary& domain) {
  return domain.domain + (domain.slug == "/" ? std::string() : domain.slug);
}

// The entries of the project with the domain, and with the path when one is given.
Result<std::vector<api::DomainSummary>> entries_of(api::Client& client, const DomainOptions& options) {
  const std::string domain = SITEPOD_TRY(model::parse_domain_name(options.domain));
  std::vector<api::DomainSummary> entries = SITEPOD_TRY(client.domains(options.project));
  std::erase_if(entries, [&](const api::DomainSummary& each) {
    return each.domain != domain || (!options.slug.empty() && each.slug != options.slug);
  });
  if (entries.empty()) return not_found("not_found", options.project + " has no such domain.");
  return entries;
}

}  // namespace

Result<void> add_domain(Context& context, const DomainOptions& options) {
  const std::string project = SITEPOD_TRY(project_here(context, options.project));
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  const api::DomainSummary added =
      SITEPOD_TRY(client->add_domain(project, options.domain, options.slug.empty() ? "/" : options.slug));
  Console& console = context.console;
  console.done("Domain added");
  console.field("domain", place_of(added));
  console.field("project", project);
  console.field("status", added.status);
  if (!added.verification_txt.empty()) {
    console.warn("Prove that it is yours: add this TXT record, then run 'sitepod domain verify " + added.domain + "'");
    if (!console.json()) console.print(added.verification_txt);
  }
  if (!console.json()) return {};
  std::string out;
  api::JsonWriter json(out);
  write_domain(json, added);
  console.print(out);
  return {};
}

// Of the project that was named somehow; where only the folder has a name, of all projects.
Result<void> list_domains(Context& context, const DomainOptions& options) {
  const ProjectFile file = SITEPOD_TRY(load_project_file("."));
  const ProjectName named = resolve_project(options.project, context.environment, file, ".");
  const std::string project = named.guessed ? std::string() : named.name;
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  const std::vector<api::DomainSummary> domains = SITEPOD_TRY(client->domains(project));
  Console& console = context.console;
  if (console.json()) {
    std::string out;
    api::JsonWriter json(out);
    json.begin_object().key("domains").begin_array();
    for (const api::DomainSummary& domain : domains) write_domain(json, domain);
    json.end_array().end_object();
    console.print(out);
    return {};
  }
  for (const api::DomainSummary& domain : domains)
    console.print(domain.status + " " + domain.domain + " → " + domain.slug + " [" + domain.type + "]" +
                  (domain.is_primary ? " (primary)" : ""));
  return {};
}

Result<void> verify_domain(Context& context, const DomainOptions& options) {
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  if (!options.project.empty()) SITEPOD_TRY(entries_of(*client, options));
  const api::VerifyAnswer answer = SITEPOD_TRY(client->verify_domain(options.domain));
  if (!answer.verified)
    return Error{ErrorKind::Invalid, "not_verified", answer.message, {}, {}}
        .detail("domain", answer.domain)
        .detail("status", answer.status);
  Console& console = context.console;
  console.done("Domain verified");
  console.field("domain", answer.domain);
  if (!console.json()) return {};
  std::string out;
  api::JsonWriter(out)
      .begin_object()
      .member("domain", answer.domain)
      .member("status", answer.status)
      .member("verified", answer.verified)
      .member("message", answer.message)
      .end_object();
  console.print(out);
  return {};
}

Result<void> remove_domain(Context& context, const DomainOptions& options) {
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  if (options.project.empty()) {
    SITEPOD_TRY(client->remove_domain(options.domain, options.slug));
  } else {
    for (const api::DomainSummary& entry : SITEPOD_TRY(entries_of(*client, options)))
      SITEPOD_TRY(client->remove_domain(entry.domain, entry.slug));
  }
  context.console.done("Domain removed");
  context.console.field("domain", options.domain + options.slug);
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out).begin_object().member("domain", options.domain).member("deleted", true).end_object();
    context.console.print(out);
  }
  return {};
}

Result<void> rename_domain(Context& context, const DomainOptions& options) {
  const std::string project = SITEPOD_TRY(project_here(context, options.project));
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  const std::string host = SITEPOD_TRY(client->rename_subdomain(project, options.subdomain));
  context.console.done("Subdomain updated");
  if (!context.console.json()) {
    context.console.print(host);
    return {};
  }
  std::string out;
  api::JsonWriter(out).begin_object().member("project", project).member("domain", host).end_object();
  context.console.print(out);
  return {};
}

}  // namespace sitepod::cli
