#include "app/operator_words.hpp"

#include <signal.h>

#include <charconv>
#include <filesystem>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/backup.hpp"
#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "app/doctor.hpp"
#include "app/serve_arguments.hpp"
#include "base/file.hpp"
#include "deploy/suspension.hpp"
#include "identity/user_care.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"

namespace sitepod::app {
namespace {

constexpr int kFailure = 1;
constexpr int kUsageError = 2;
constexpr std::int64_t kUsersAtOnce = 1000;

int complain(std::string_view word, const Error& error) {
  fmt::print(stderr, "sitepod {}: {}\n", word, error.kind == ErrorKind::Internal ? error.context : error.message);
  return kFailure;
}

// False: `exit_status` is set.
bool parse(CLI::App& parser, int argc, char** argv, int& exit_status) {
  try {
    parser.parse(argc, argv);
    return true;
  } catch (const CLI::ParseError& error) {
    exit_status = parser.exit(error) == 0 ? 0 : kUsageError;
    return false;
  }
}

// The server's process when one has the folder locked.
std::optional<pid_t> find_server(const std::string& data_dir) {
  const auto lock = lock_data_folder(data_dir);
  if (lock.ok() || lock.error().kind != ErrorKind::Conflict) return std::nullopt;
  const auto text = read_file(data_dir + "/lock", 64);
  pid_t pid = 0;
  if (!text.ok() || std::from_chars(text->data(), text->data() + text->size(), pid).ec != std::errc() || pid <= 1)
    return std::nullopt;
  return pid;
}

// A running server looks at the database again.
void tell_server(const std::string& data_dir) {
  if (const auto pid = find_server(data_dir)) ::kill(*pid, SIGHUP);
}

Result<void> print_users(meta::MetaStore& meta) {
  for (std::int64_t offset = 0;; offset += kUsersAtOnce) {
    const identity::UserPage page = SITEPOD_TRY(identity::list_users(meta, kUsersAtOnce, offset));
    for (const meta::Account& user : page.users)
      fmt::print("{}  {}  {}  {}\n", user.id, to_rfc3339(user.created_at), user.is_admin ? "admin" : "user ",
                 user.email);
    if (offset + kUsersAtOnce >= page.total) return {};
  }
}

struct AdminWord {
  std::string data_dir;
  std::string email;
  std::string role;
  std::string project;
  std::string reason;
  std::string content;  // "on" or "off"
};

Result<void> do_admin(std::string_view action, const AdminWord& word) {
  const std::string path = word.data_dir + std::string(kDatabaseFile);
  if (!std::filesystem::exists(path)) return not_found("not_found", "There is no database in " + word.data_dir + ".");
  const auto meta = SITEPOD_TRY(meta::MetaStore::open_sqlite(path));
  const identity::Caller actor = identity::operator_at_the_machine();
  if (action == "users") return print_users(*meta);
  if (action == "grant") {
    const meta::Account account =
        SITEPOD_TRY(identity::set_admin(*meta, actor, word.email, word.role == "admin", now()));
    fmt::print("{} is {} now\n", account.email, account.is_admin ? "admin" : "an ordinary user");
  } else if (action == "reset-password") {
    const identity::IssuedReset issued = SITEPOD_TRY(identity::issue_password_reset(*meta, actor, word.email, now()));
    const auto base =
        SITEPOD_TRY(meta->read([](meta::Session& session) { return meta::find_setting(session, kBaseUrlSetting); }));
    fmt::print(stderr, "This link sets a new password of {}, once, until {}:\n", issued.account.email,
               to_rfc3339(issued.expires_at));
    fmt::print("{}/reset-password/{}\n", base.value_or(""), issued.code);
  } else if (action == "content") {
    const meta::Account account =
        SITEPOD_TRY(identity::set_content_access(*meta, actor, word.email, word.content == "on", now()));
    fmt::print("{} {} use the content API\n", account.email, word.content == "on" ? "may" : "may not");
  } else if (action == "suspend") {
    const meta::Project project = SITEPOD_TRY(deploy::suspend_project(*meta, actor, word.project, word.reason, now()));
    tell_server(word.data_dir);
    fmt::print("{} is suspended: visitors get 451\n", project.name);
  } else {
    const meta::Project project = SITEPOD_TRY(deploy::unsuspend_project(*meta, actor, word.project, now()));
    tell_server(word.data_dir);
    fmt::print("{} is shown again\n", project.name);
  }
  return {};
}

void print_copy(std::string_view done, const CopiedStore& copied, const std::string& place) {
  for (const FsckProblem& problem : copied.report.problems)
    fmt::print("{}: {}: {}\n", problem.check, problem.subject, problem.problem);
  fmt::print("{} {}: {} blobs, {} bytes ({} linked); {} images checked: {}\n", done, place, copied.blobs, copied.bytes,
             copied.linked, copied.report.images,
             copied.report.problems.empty() ? "sound" : fmt::format("{} problems", copied.report.problems.size()));
}

std::string_view name_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::Good:
      return "ok      ";
    case Finding::Kind::Warning:
      return "warning ";
    case Finding::Kind::Problem:
      break;
  }
  return "problem ";
}

}  // namespace

int run_admin(int argc, char** argv) {
  CLI::App parser("Users and projects of a server, from its machine; the server may run meanwhile.", "sitepod admin");
  AdminWord word;
  word.data_dir = default_data_dir();
  parser.add_option("--data", word.data_dir, "the server's data folder (SITEPOD_DATA_DIR)")->capture_default_str();
  parser.require_subcommand(1);
  parser.fallthrough();
  parser.add_subcommand("users", "list the accounts of people");
  auto* grant = parser.add_subcommand("grant", "make somebody admin, or an ordinary user again");
  grant->add_option("email", word.email)->required();
  grant->add_option("role", word.role)->required()->check(CLI::IsMember({"admin", "user"}));
  parser.add_subcommand("reset-password", "print a link with which somebody sets a new password, once")
      ->add_option("email", word.email)
      ->required();
  auto* content = parser.add_subcommand("content", "let somebody use the content API, or not");
  content->add_option("state", word.content)->required()->check(CLI::IsMember({"on", "off"}));
  content->add_option("email", word.email)->required();
  auto* suspend = parser.add_subcommand("suspend", "take a project off: its visitors get 451");
  suspend->add_option("project", word.project)->required();
  suspend->add_option("--reason", word.reason, "for the audit log");
  parser.add_subcommand("unsuspend", "show a project again")->add_option("project", word.project)->required();
  int exit_status = 0;
  if (!parse(parser, argc, argv, exit_status)) return exit_status;
  const auto done = do_admin(parser.get_subcommands().front()->get_name(), word);
  return done.ok() ? 0 : complain("admin", done.error());
}

int run_backup(int argc, char** argv) {
  CLI::App parser("Copies a data folder into a new folder, also while its server runs, and checks the copy.",
                  "sitepod backup");
  std::string data_dir = default_data_dir();
  std::string to;
  parser.add_option("--data", data_dir, "the server's data folder (SITEPOD_DATA_DIR)")->capture_default_str();
  parser.add_option("--to", to, "a folder that is new or empty")->required();
  int exit_status = 0;
  if (!parse(parser, argc, argv, exit_status)) return exit_status;
  const auto copied = back_up(data_dir, to);
  if (!copied.ok()) return complain("backup", copied.error());
  print_copy("backed up to", *copied, to);
  return copied->report.problems.empty() ? 0 : kFailure;
}

int run_restore(int argc, char** argv) {
  CLI::App parser("Makes a data folder from a backup and checks it.", "sitepod restore");
  std::string data_dir;
  std::string from;
  parser.add_option("--from", from, "the backup's folder")->required();
  parser.add_option("--data", data_dir, "a folder that is new or empty")->required();
  int exit_status = 0;
  if (!parse(parser, argc, argv, exit_status)) return exit_status;
  const auto copied = restore(from, data_dir);
  if (!copied.ok()) return complain("restore", copied.error());
  print_copy("restored", *copied, data_dir);
  return copied->report.problems.empty() ? 0 : kFailure;
}

int run_doctor(int argc, char** argv) {
  CLI::App parser("Looks for what may keep a server from working and says what to do about it.", "sitepod doctor");
  DoctorQuestions questions;
  std::string listen;
  questions.data_dir = default_data_dir();
  parser.add_option("--data", questions.data_dir, "the server's data folder (SITEPOD_DATA_DIR)")->capture_default_str();
  parser.add_option("--listen", listen, "the server's ADDRESS:PORT, to ask whether it can be had");
  parser.add_option("--certificate", questions.tls_certificates, "the certificates of https (tls.certificate)")
      ->envname("SITEPOD_TLS_CERTIFICATE");
  parser.add_option("--key", questions.tls_keys, "their keys (tls.key)")->envname("SITEPOD_TLS_KEY");
  int exit_status = 0;
  if (!parse(parser, argc, argv, exit_status)) return exit_status;
  if (!listen.empty()) {
    const LoadedConfig loaded = load_config({{{"--listen", listen}}, nullptr, std::nullopt});
    if (!loaded.problems.empty()) {
      fmt::print(stderr, "sitepod doctor: {}\n", loaded.problems.front());
      return kUsageError;
    }
    questions.listen_host = loaded.config.listen_host;
    questions.listen_port = loaded.config.listen_port;
  }
  bool is_well = true;
  for (const Finding& finding : examine(questions, now())) {
    fmt::print("{} {}: {}\n", name_of(finding.kind), finding.about, finding.what);
    if (!finding.remedy.empty()) fmt::print("          → {}\n", finding.remedy);
    is_well = is_well && finding.kind != Finding::Kind::Problem;
  }
  return is_well ? 0 : kFailure;
}

}  // namespace sitepod::app
