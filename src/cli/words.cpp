#include "cli/words.hpp"

namespace sitepod::cli {
namespace {

// An option that a script gives with a variable that is not set must not count as one that was left out: it would mean
// another project, all of them, or nobody's password.
void never_empty(::CLI::Option* option) {
  option->check([](const std::string& text) {
    return text.empty() ? std::string("must not be empty; leave it out instead") : std::string();
  });
}

void add_project_option(::CLI::App& command, std::string& target) {
  never_empty(command.add_option("-n,--name,-s,--site,--project-name", target,
                                 "Project; else SITEPOD_SITE, sitepod.toml, the folder's name"));
}

void add_deploy(::CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand("deploy", "Upload a folder and release it");
  DeployOptions& options = arguments.deploy;
  command->add_option(
      "DIR,-d,--dir", options.directory,
      "Folder; else [build] directory of sitepod.toml, else dist, build, out, public, .next, .output, else .");
  add_project_option(*command, options.project);
  command->add_flag("-p,--prod,--prod-if-unlocked", options.production, "Release to prod instead of beta");
  command->add_flag("--draft", options.draft, "Not to prod, as without --prod");
  never_empty(command->add_option("-e,--env", options.environment, "Release to this environment"));
  never_empty(command->add_option("--alias", options.alias, "The same: the environment's name stands in its address"));
  command->add_option("-m,--message", options.message, "Description of this version");
  command->add_flag("-y,--yes", options.yes, "Do not ask whether a name taken from the folder is right");
  command->add_flag("--dry-run", options.dry_run, "Show what would be deployed; send nothing");
  command->add_flag("--open", options.open, "Open the site in the browser afterwards");
  command->add_option("--timeout", options.timeout_seconds, "Give up after so many seconds with exit 10")
      ->check(::CLI::Range(1, 86'400));
  command->add_option("--expected-image", options.expected_image,
                      "Release only if this image is live now; else exit 7");
  command->add_option("--source-seq", options.source_seq,
                      "A growing number such as a CI run: an older run steps aside with exit 7");
  command
      ->add_option("-c,--concurrent", options.concurrent,
                   "Uploads at once where the server takes single files only (20; at most 10 are used)")
      ->check(::CLI::Range(1, 1000));
  command->add_option("--branch", options.branch, "Git branch; else from CI or git");
  command->add_option("--commit-hash", options.commit_hash, "Git commit; else from CI or git");
  command->add_option("--commit-message", options.commit_message, "Message of the git commit");
  command->add_flag("--commit-dirty", arguments.ignored,
                    "Taken for scripts that have it: changes that are not committed are deployed without a question");
  command->add_flag("--no-build", arguments.ignored, "Taken for scripts that have it: deploy never builds");
  command->add_option("--auth", arguments.server.token, "The same as --token");
  command->add_flag("--trigger", options.trigger, "Refused: says which words build on the server");
  command->callback(arguments.choose([](Context& c, const Arguments& a) { return deploy(c, a.deploy); }));
}

void add_rollback(::CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand("rollback", "Make an earlier version live again, or a later one");
  RollbackOptions& options = arguments.rollback;
  options.environment = "prod";
  add_project_option(*command, options.project);
  never_empty(command->add_option("-e,--env", options.environment, "Environment")->capture_default_str());
  never_empty(command->add_option("--to,--image", options.to,
                                  "Image id or version such as v12; else a list to pick from, or the one before"));
  command->add_option("--expected-image", options.expected_image, "Only if this image is live now; else exit 7");
  command->callback(arguments.choose([](Context& c, const Arguments& a) { return rollback(c, a.rollback); }));
}

void add_preview(::CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand("preview", "Upload a folder and show it under an address that ends by itself");
  PreviewOptions& options = arguments.preview;
  command->add_option("DIR,-d,--dir", options.source.directory, "Folder, found as by deploy");
  never_empty(
      command->add_option("-n,--name,--site,--project-name", options.source.project, "Project, found as by deploy"));
  never_empty(command->add_option("-s,--slug", options.slug, "Name in the address; else a random one"));
  command->add_option("-e,--expires", options.expires,
                      "Seconds that it lives (a day), or 30m, 12h, 7d, or its end in RFC 3339");
  command->add_option("--ttl", options.ttl, "The same with a unit: 90s, 45m, 72h, 7d");
  command->add_option("--image", options.image, "Show this image; nothing is uploaded");
  never_empty(command->add_option("--password", options.password,
                                  "Ask visitors for it (SITEPOD_PREVIEW_PASSWORD); other users can see arguments"));
  command->add_option("-m,--message", options.source.message, "Description of this version");
  command->callback(arguments.choose([](Context& c, const Arguments& a) { return preview(c, a.preview); }));
}

void add_token(::CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand("token", "Tokens for programs: create, list, revoke");
  command->require_subcommand(1);
  TokenOptions& options = arguments.token;
  auto* create = command->add_subcommand("create", "Print a new token, once");
  create->add_option("NAME,--name", options.name, "What it is for")->required();
  create->add_option("--scope", options.scopes, "deploy, read, content, admin; else all that you may do");
  create->add_flag("--content", options.content, "For the content API: the scope content");
  never_empty(create->add_option("--project", options.project, "Good for this project only"));
  never_empty(create->add_option("-e,--env", options.environment, "May release to this environment only"));
  never_empty(create->add_option("--ttl", options.ttl, "Ends after 90s, 45m, 72h, 7d; else never"));
  create->callback(arguments.choose([](Context& c, const Arguments& a) { return create_token(c, a.token); }));
  auto* all = command->add_subcommand("list", "List tokens; never their secrets");
  all->callback(arguments.choose([](Context& c, const Arguments&) { return list_tokens(c); }));
  auto* revoke = command->add_subcommand("revoke", "End a token at once");
  revoke->add_option("TOKEN", options.id, "Its id, or its name when only one has it")->required();
  revoke->callback(arguments.choose([](Context& c, const Arguments& a) { return revoke_token(c, a.token); }));
}

void add_domain_words(::CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand("domain", "Custom domains: add, list, verify, remove; rename the subdomain");
  command->require_subcommand(1);
  DomainOptions& options = arguments.domain;
  const auto add_project = [&options](::CLI::App& word) {
    never_empty(word.add_option("-p,--project,-n,--name", options.project, "Project, found as by deploy"));
  };
  auto* add = command->add_subcommand("add", "Show the project's production under a domain");
  add->add_option("DOMAIN", options.domain, "www.example.com")->required();
  never_empty(add->add_option("-s,--slug", options.slug, "Only under this path, such as /blog"));
  add_project(*add);
  add->callback(arguments.choose([](Context& c, const Arguments& a) { return add_domain(c, a.domain); }));
  auto* all = command->add_subcommand("list", "List the project's domains");
  add_project(*all);
  all->callback(arguments.choose([](Context& c, const Arguments& a) { return list_domains(c, a.domain); }));
  auto* verify = command->add_subcommand("verify", "Look into DNS whether the domain is yours");
  verify->add_option("DOMAIN", options.domain, "The domain")->required();
  add_project(*verify);
  verify->callback(arguments.choose([](Context& c, const Arguments& a) { return verify_domain(c, a.domain); }));
  auto* remove = command->add_subcommand("remove", "Take a domain away from its project");
  remove->add_option("DOMAIN", options.domain, "The domain")->required();
  never_empty(remove->add_option("-s,--slug", options.slug, "Only this path; else all"));
  never_empty(remove->add_option("-p,--project,-n,--name", options.project,
                                 "Only the entries of this project; else of all yours"));
  remove->callback(arguments.choose([](Context& c, const Arguments& a) { return remove_domain(c, a.domain); }));
  auto* rename = command->add_subcommand("rename", "Give the project another subdomain");
  rename->add_option("SUBDOMAIN,-s,--subdomain", options.subdomain, "The new one")->required();
  add_project(*rename);
  rename->callback(arguments.choose([](Context& c, const Arguments& a) { return rename_domain(c, a.domain); }));
}

void add_traffic(::CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand("traffic", "Show what visitors got this month, or set the cap on it");
  TrafficOptions& options = arguments.traffic;
  add_project_option(*command, options.project);
  command->add_option("--cap", options.cap, "Bytes of a month such as 750MB or 100GB; none lifts the cap");
  command->add_option("--action", options.action, "At the cap: notify, throttle or pause")
      ->check(::CLI::IsMember({"notify", "throttle", "pause"}))
      ->capture_default_str();
  command->callback(arguments.choose([](Context& c, const Arguments& a) { return traffic(c, a.traffic); }));
}

void add_site_option(::CLI::App& command, std::string& target) {
  command.add_option("-n,--name,-s,--site,--project-name", target,
                     "Project; else SITEPOD_SITE, sitepod.toml, your default site");
}

void add_publish(::CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand("publish", "Publish a folder of markdown as the pages of a site");
  PublishOptions& options = arguments.publish;
  command->add_option("DIR,-d,--dir", options.directory, "Folder with .md files, and the media that they show")
      ->required();
  add_site_option(*command, options.project);
  command->add_flag("--prune", options.prune, "Delete pages of the site that are not in the folder");
  command->add_flag("--dry-run", options.dry_run, "Show what would change; send nothing");
  command->add_flag("-w,--wait", options.wait, "Wait for the build and show its report");
  command->add_flag("--no-build", options.no_build, "Save the pages only; nothing becomes public");
  command->callback(arguments.choose([](Context& c, const Arguments& a) { return publish(c, a.publish); }));

  auto* here = app.add_subcommand("dev", "Show a folder of markdown as a site on this machine, and reload on changes");
  here->add_option("DIR,-d,--dir", arguments.dev.directory, "Folder, as for publish")->required();
  here->add_option("--port", arguments.dev.port, "Port; else a free one")->check(::CLI::Range(1, 65535));
  here->add_flag("--open", arguments.dev.open, "Open the site in the browser");
  here->callback(arguments.choose([](Context& c, const Arguments& a) { return dev(c, a.dev); }));

  auto* again = app.add_subcommand("build", "Build the site from its pages and release it");
  add_site_option(*again, arguments.build.project);
  again->add_flag("-w,--wait", arguments.build.wait, "Wait for its end and show its report; exit 1 when it failed");
  again->callback(arguments.choose([](Context& c, const Arguments& a) { return build(c, a.build); }));
}

void add_pages(::CLI::App& app, Arguments& arguments) {
  auto* command = app.add_subcommand("pages", "Single pages of a site: list, get, put, delete");
  command->require_subcommand(1);
  PagesOptions& options = arguments.pages;
  const auto add_page = [&options](::CLI::App& word) {
    word.add_option("PAGE", options.page, "Such as docs/guide/start, about or homepage")->required();
    word.add_option("--type", options.type, "docs, blog, standalone or homepage, where a slug alone is ambiguous");
    word.add_option("--section", options.section, "Its section");
    add_site_option(word, options.project);
  };
  auto* all = command->add_subcommand("list", "List the pages");
  all->add_option("--type", options.type, "Only docs, blog, standalone or homepage");
  add_site_option(*all, options.project);
  all->callback(arguments.choose([](Context& c, const Arguments& a) { return list_pages(c, a.pages); }));
  auto* get = command->add_subcommand("get", "Print a page as markdown with front matter");
  add_page(*get);
  get->callback(arguments.choose([](Context& c, const Arguments& a) { return get_page(c, a.pages); }));
  auto* put = command->add_subcommand("put", "Save one file as a page, and build");
  put->add_option("FILE", options.file, "Markdown with front matter; - reads standard input")->required();
  put->add_option("--path", options.path, "Its place in a folder, such as docs/guide/start.md; else the file's name");
  put->add_flag("-w,--wait", options.wait, "Wait for the build and show its report");
  put->add_flag("--no-build", options.no_build, "Save the page only");
  add_site_option(*put, options.project);
  put->callback(arguments.choose([](Context& c, const Arguments& a) { return put_page(c, a.pages); }));
  auto* remove = command->add_subcommand("delete", "Delete a page; the next build takes it off the site");
  add_page(*remove);
  remove->add_flag("-y,--yes", options.yes, "Do not ask");
  remove->callback(arguments.choose([](Context& c, const Arguments& a) { return delete_page(c, a.pages); }));

  auto* out = app.add_subcommand("export", "Write the pages and media of a site into a folder");
  out->add_option("DIR,-d,--dir", arguments.exporting.directory, "An empty folder, or a new one")->required();
  out->add_flag("--force", arguments.exporting.force, "Write over what is there; delete nothing");
  add_site_option(*out, arguments.exporting.project);
  out->callback(arguments.choose([](Context& c, const Arguments& a) { return export_site(c, a.exporting); }));
}

void add_removal(::CLI::App& app, Arguments& arguments) {
  auto* site = app.add_subcommand("delete", "Delete a project with everything that is its");
  site->add_option("PROJECT", arguments.remove.project, "Project")->required();
  site->add_flag("-y,--yes", arguments.remove.yes, "Do not ask");
  site->callback(arguments.choose([](Context& c, const Arguments& a) { return delete_project(c, a.remove); }));
  auto* account = app.add_subcommand("delete-account", "Delete the account with all its projects");
  account->add_flag("-y,--yes", arguments.remove.yes, "Do not ask");
  account->callback(arguments.choose([](Context& c, const Arguments& a) { return delete_account(c, a.remove); }));
}

void add_others(::CLI::App& app, Arguments& arguments) {
  auto* sign_in = app.add_subcommand(
      "login", "Log in, or make an account; without a terminal from SITEPOD_EMAIL and SITEPOD_PASSWORD");
  sign_in->callback(arguments.choose([](Context& c, const Arguments&) { return login(c); }));
  auto* sign_out = app.add_subcommand("logout", "Revoke the token and forget it");
  sign_out->callback(arguments.choose([](Context& c, const Arguments&) { return logout(c); }));
  auto* who = app.add_subcommand("whoami", "Print the account");
  who->callback(arguments.choose([](Context& c, const Arguments&) { return whoami(c); }));
  auto* projects = app.add_subcommand("list", "List the projects");
  projects->callback(arguments.choose([](Context& c, const Arguments&) { return list(c); }));

  auto* start = app.add_subcommand("init", "Write sitepod.toml");
  never_empty(
      start->add_option("-n,--name,--site,--project-name", arguments.init.project, "Project; else the folder's name"));
  start->add_option("-s,--subdomain", arguments.init.subdomain, "Subdomain; - is the name with a random ending");
  start->add_option("-d,--directory,--dir", arguments.init.directory, "Folder to deploy");
  start->add_flag("-y,--yes", arguments.init.yes, "Ask nothing; overwrite an existing sitepod.toml");
  start->callback(arguments.choose([](Context& c, const Arguments& a) { return init(c, a.init); }));

  auto* past = app.add_subcommand("history", "List the versions of a project");
  add_project_option(*past, arguments.history.project);
  never_empty(past->add_option("-e,--env", arguments.history.environment, "Only versions that were live there"));
  past->add_option("-l,--limit", arguments.history.limit, "How many")
      ->check(::CLI::Range(1, 200))
      ->capture_default_str();
  past->callback(arguments.choose([](Context& c, const Arguments& a) { return history(c, a.history); }));

  auto* bring = app.add_subcommand("import", "Bring what a SitePod 0.2 server shows to this one, from its data folder");
  bring->add_option("DIR", arguments.old_folder.directory, "The data folder, with refs and blobs in it")->required();
  bring->callback(arguments.choose([](Context& c, const Arguments& a) { return import_folder(c, a.old_folder); }));

  auto* web = app.add_subcommand("console", "Print the address of the server's console and open it in the browser");
  web->add_option("-n,--name", arguments.web.project, "Project; else the list of projects");
  web->callback(arguments.choose([](Context& c, const Arguments& a) { return open_console(c, a.web); }));

  auto* visit = app.add_subcommand("open", "Print the address of a site and open it in the browser");
  arguments.open.environment = "prod";
  add_project_option(*visit, arguments.open.project);
  never_empty(visit->add_option("-e,--env", arguments.open.environment, "Environment")->capture_default_str());
  visit->callback(arguments.choose([](Context& c, const Arguments& a) { return open_site(c, a.open); }));
}

void add_global_options(::CLI::App& app, Arguments& arguments) {
  app.set_version_flag("-V,--version", "sitepod " SITEPOD_VERSION);
  app.add_option("--endpoint", arguments.server.endpoint, "Server (SITEPOD_ENDPOINT)");
  app.add_option("--token", arguments.server.token,
                 "Token (SITEPOD_TOKEN); other users can see arguments, so prefer the variable");
  app.add_flag("--json", arguments.console.json, "One JSON object on standard output");
  app.add_option("--color", arguments.console.color, "auto: on a terminal; or always, never")
      ->check(::CLI::IsMember({"auto", "always", "never"}))
      ->capture_default_str();
  app.add_flag("--no-color", arguments.console.no_color, "No colours (NO_COLOR)");
  app.add_flag("--no-input", arguments.console.no_input, "Never ask");
  app.add_flag("--skip-update-check", arguments.ignored,
               "Taken for scripts that have it: this program never looks for updates (SITEPOD_SKIP_UPDATE_CHECK)");
  app.add_flag("-q,--quiet", arguments.console.quiet, "Only warnings, errors and the result");
  app.add_flag("-v,--verbose", arguments.console.verbose, "More detail");
}

void add_descriptions(::CLI::App& app, Arguments& arguments) {
  auto* completion = app.add_subcommand("completion", "Print what makes a shell complete words and options");
  completion->add_option("SHELL", arguments.completion.shell, "bash, zsh or fish")
      ->required()
      ->check(::CLI::IsMember({"bash", "zsh", "fish"}));
  completion->callback(
      arguments.choose([](Context& c, const Arguments& a) { return print_completion(c, a.completion); }));
  auto* manual = app.add_subcommand("man", "Print the manual page (sitepod man | man -l -)");
  manual->callback(arguments.choose([](Context& c, const Arguments&) { return print_manual(c); }));
}

CommandOption describe_option(const ::CLI::Option& option) {
  CommandOption described;
  for (const std::string& name : option.get_snames()) described.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) described.names.push_back("--" + name);
  if (described.names.empty()) described.operand = option.get_name(true);
  described.takes_value = option.get_expected_max() > 0;
  described.description = option.get_description();
  return described;
}

}  // namespace

void add_words(::CLI::App& app, Arguments& arguments) {
  add_global_options(app, arguments);
  add_deploy(app, arguments);
  add_preview(app, arguments);
  add_rollback(app, arguments);
  add_token(app, arguments);
  add_domain_words(app, arguments);
  add_traffic(app, arguments);
  add_publish(app, arguments);
  add_pages(app, arguments);
  add_removal(app, arguments);
  add_others(app, arguments);
  add_descriptions(app, arguments);
  app.add_subcommand("help", "Show this help");
}

CommandTree describe(const ::CLI::App& app) {
  CommandTree tree{app.get_name(), app.get_description(), {}, {}};
  for (const ::CLI::Option* option : app.get_options()) tree.options.push_back(describe_option(*option));
  for (const ::CLI::App* word : app.get_subcommands(nullptr)) tree.commands.push_back(describe(*word));
  return tree;
}

}  // namespace sitepod::cli
