// The commands, one function each, and what they share. One thread.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/client.hpp"
#include "base/result.hpp"
#include "cli/command_tree.hpp"
#include "cli/console.hpp"
#include "cli/settings.hpp"

namespace sitepod::cli {

// Set by SIGINT and SIGTERM, and when the time of limit_time() is over.
const std::atomic<bool>& interruption();
void limit_time(std::chrono::seconds limit);

struct Context {
  Console& console;
  const Environment& environment;
  ServerFlags server_flags;
  CommandTree program;  // all its words

  UserPaths paths() const { return user_paths(environment); }
  Result<ServerSettings> server() const { return resolve_server(server_flags, environment, paths()); }
};

enum class Interruptible : bool { No, Yes };
std::unique_ptr<api::Client> make_client(Context& context, const ServerSettings& server,
                                         Interruptible interruptible = Interruptible::Yes);
// The same for calls that need an account. Errors: Unauthenticated, saying how to log in.
Result<std::unique_ptr<api::Client>> make_logged_in_client(Context& context);
Error not_logged_in();

struct DeployOptions {
  std::string directory;
  std::string project;
  bool production = false;
  bool draft = false;  // in so many words: not to production
  std::string environment;
  std::string alias;  // an environment too
  std::string message;
  bool yes = false;
  bool dry_run = false;
  bool open = false;
  std::optional<std::string> expected_image;
  std::optional<std::int64_t> source_seq;
  std::int64_t concurrent = 0;  // 0: sitepod.toml's, else 20
  std::string branch, commit_hash, commit_message;
  std::int64_t timeout_seconds = 0;  // 0: none
  bool trigger = false;              // a wish for a build on the server, which deploy is not
};
struct RollbackOptions {
  std::string project;
  std::string environment;
  std::string to;  // an image id or vN; empty: ask on a terminal, else the one before
  std::optional<std::string> expected_image;
};
struct HistoryOptions {
  std::string project;
  std::string environment;
  int limit = 20;
};
struct InitOptions {
  std::string project;
  std::string subdomain;  // "-": the name with a random ending
  std::string directory;
  bool yes = false;
};
struct OpenOptions {
  std::string project;
  std::string environment;
};

struct ImportOptions {
  std::string directory;  // the data folder of a SitePod 0.2 server
};

struct CompletionOptions {
  std::string shell;
};

struct ConsoleOptions {
  std::string project;  // empty: the list of projects
};

struct PreviewOptions {
  DeployOptions source;  // its folder and project
  std::string image;     // preview this image; nothing is uploaded
  std::string slug;
  std::string ttl;
  std::string expires;  // seconds, "12h", or when (RFC 3339)
  std::string password;
};
struct TokenOptions {
  std::string name;
  std::string project;
  std::string environment;
  std::vector<std::string> scopes;
  bool content = false;  // the scope of the content API
  std::string ttl;
  std::string id;  // or name, to revoke
};
struct DeleteOptions {
  std::string project;
  bool yes = false;
};

struct DomainOptions {
  std::string project;
  std::string domain;
  std::string slug;       // empty: "/" to add, every path to remove
  std::string subdomain;  // to rename to
};
struct TrafficOptions {
  std::string project;
  std::optional<std::string> cap;  // "100GB"; "none": no cap
  std::string action = "notify";
};

struct PublishOptions {
  std::string directory;
  std::string project;
  bool prune = false;
  bool dry_run = false;
  bool wait = false;
  bool no_build = false;
  bool prints_result = true;
  bool is_single_page = false;  // other pages of the site are none of its business
};
struct DevOptions {
  std::string directory;
  std::int64_t port = 0;  // 0: a free one
  bool open = false;
};
struct BuildOptions {
  std::string project;
  bool wait = false;
};

struct PagesOptions {
  std::string project;
  std::string page;                    // "docs/guide/start", or a slug
  std::string type;                    // only this type
  std::optional<std::string> section;  // only this section
  std::string file;                    // to put; "-": standard input
  std::string path;                    // the place in a folder that says which page the file is
  bool wait = false;
  bool no_build = false;
  bool yes = false;
};
struct ExportOptions {
  std::string directory;
  std::string project;
  bool force = false;
};

Result<void> login(Context& context);
Result<void> logout(Context& context);
Result<void> print_completion(Context&, const CompletionOptions&);
Result<void> print_manual(Context&);
Result<void> whoami(Context& context);
Result<void> init(Context& context, const InitOptions& options);
Result<void> deploy(Context& context, const DeployOptions& options);
Result<void> rollback(Context& context, const RollbackOptions& options);
Result<void> history(Context& context, const HistoryOptions& options);
Result<void> open_site(Context& context, const OpenOptions& options);
Result<void> import_folder(Context& context, const ImportOptions& options);
Result<void> open_console(Context& context, const ConsoleOptions& options);
Result<void> list(Context& context);
Result<void> preview(Context& context, const PreviewOptions& options);
Result<void> create_token(Context& context, const TokenOptions& options);
Result<void> list_tokens(Context& context);
Result<void> revoke_token(Context& context, const TokenOptions& options);
Result<void> add_domain(Context& context, const DomainOptions& options);
Result<void> list_domains(Context& context, const DomainOptions& options);
Result<void> verify_domain(Context& context, const DomainOptions& options);
Result<void> remove_domain(Context& context, const DomainOptions& options);
Result<void> rename_domain(Context& context, const DomainOptions& options);
Result<void> traffic(Context& context, const TrafficOptions& options);
Result<void> publish(Context& context, const PublishOptions& options);
Result<void> dev(Context& context, const DevOptions& options);
Result<void> build(Context& context, const BuildOptions& options);
Result<void> list_pages(Context& context, const PagesOptions& options);
Result<void> get_page(Context& context, const PagesOptions& options);
Result<void> put_page(Context& context, const PagesOptions& options);
Result<void> delete_page(Context& context, const PagesOptions& options);
Result<void> export_site(Context& context, const ExportOptions& options);
Result<void> delete_project(Context& context, const DeleteOptions& options);
Result<void> delete_account(Context& context, const DeleteOptions& options);

// Scans the folder, uploads what is new and commits it; nothing is released.
struct FolderImage {
  std::string project;
  api::CommitAnswer commit;
};
Result<FolderImage> commit_folder(Context& context, const DeployOptions& options);

// Gives the project at its first deploy the subdomain, and at every deploy the place on a shared domain, that
// sitepod.toml asks for.
Result<void> apply_routing(Context& context, api::Client& client, const ProjectFile& file, const std::string& project);

// Starts the browser on the address; tells when it cannot.
void open_browser(Context& context, const std::string& url);
// The project that a command without a folder means.
Result<std::string> project_here(Context& context, std::string_view flag);

}  // namespace sitepod::cli
