// delete, delete-account.
#include "api/json_writer.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"

namespace sitepod::cli {
namespace {

// What cannot be undone needs a yes from somebody.
Result<void> confirm(Context& context, bool yes, const std::string& question) {
  if (yes) return {};
  if (!context.console.may_ask()) return usage("There is no terminal to ask on; give --yes.");
  if (!SITEPOD_TRY(context.console.confirm(question, WhenEmpty::No))) return invalid_request("Nothing was deleted.");
  return {};
}

}  // namespace

Result<void> delete_project(Context& context, const DeleteOptions& options) {
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  SITEPOD_TRY(confirm(context, options.yes,
                      "Delete " + options.project + " with all its versions, previews and domains for good?"));
  SITEPOD_TRY(client->delete_project(options.project));
  context.console.done("Project deleted");
  context.console.field("project", options.project);
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out).begin_object().member("project", options.project).member("deleted", true).end_object();
    context.console.print(out);
  }
  return {};
}

Result<void> delete_account(Context& context, const DeleteOptions& options) {
  ServerSettings server = SITEPOD_TRY(context.server());
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  const api::AccountAnswer account = SITEPOD_TRY(client->account());
  SITEPOD_TRY(
      confirm(context, options.yes, "Delete the account " + account.email + " with all its projects for good?"));
  const std::int64_t projects = SITEPOD_TRY(client->delete_account());
  SITEPOD_TRY(forget_server(context.paths(), server.endpoint));
  context.console.done("Account deleted");
  context.console.field("projects", std::to_string(projects));
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out)
        .begin_object()
        .member("email", account.email)
        .member("deleted", true)
        .member("deleted_projects", projects)
        .end_object();
    context.console.print(out);
  }
  return {};
}

}  // namespace sitepod::cli
