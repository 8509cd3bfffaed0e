#include "app/operator_words.hpp"

#include <signal.h>

#include <charconv>
#include <filesystem>

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "app/backup.hpp"
#include "app/config.hpp"
#include "app/data_folder.hpp"
#include "app/doctor.hpp"
#include "app/outcome.hpp"
#include "app/serve_arguments.hpp"
#include "base/file.hpp"
#include "deploy/suspension.hpp"
#include "identity/user_care.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"

namespace sitepod::app {
namespace {

constexpr int kUsageError = 2;
constexpr std::int64_t kUsersAtOnce = 1000;

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

Result<Outcome> list_users(meta::MetaStore& meta) {
  Outcome outcome;
  boost::json::array users;
  for (std::int64_t offset = 0;; offset += kUsersAtOnce) {
    const identity::UserPage page = SITEPOD_TRY(identity::list_users(meta, kUsersAtOnce, offset));
    for (const meta::Account& user : page.users) {
      outcome.text += fmt::format("{}  {}  {}  {}\n", user.id, to_rfc3339(user.created_at),
                                  user.is_admin ? "admin" : "user ", user.email);
      users.push_back({{"id", user.id},
                       {"created_at", to_rfc3339(user.created_at)},
                       {"is_admin", user.is_admin},
                       {"email", user.email}});
    }
    if (offset + kUsersAtOnce >= page.total) break;
  }
  outcome.json["users"] = std::move(users);
  return outcome;
}

struct AdminWord {
  std::string data_dir;
  std::string email;
  std::string role;
  std::string project;
  std::string reason;
  std::string content;  // "on" or "off"
};

Result<Outcome> reset_password(meta::MetaStore& meta, const identity::Caller& actor, const std::string& email) {
  const identity::IssuedReset issued = SITEPOD_TRY(identity::issue_password_reset(meta, actor, email, now()));
  const auto base =
      SITEPOD_TRY(meta.read([](meta::Session& session) { return meta::find_setting(session, kBaseUrlSetting); }));
  const std::string until = to_rfc3339(issued.expires_at);
  fmt::print(stderr, "This link sets a new password of {}, once, until {}:\n", issued.account.email, until);
  const std::string url = fmt::format("{}/reset-password/{}", base.value_or(""), issued.code);
  return Outcome{url + "\n", {{"email", issued.account.email}, {"url", url}, {"expires_at", until}}};
}

Result<Outcome> do_admin(std::string_view action, const AdminWord& word) {
  const std::string path = word.data_dir + std::string(kDatabaseFile);
  if (!std::filesystem::exists(path)) return not_found("not_found", "There is no database in " + word.data_dir + ".");
  const auto meta = SITEPOD_TRY(meta::MetaStore::open_sqlite(path));
  const identity::Caller actor = identity::operator_at_the_machine();
  if (action == "users") return list_users(*meta);
  if (action == "reset-password") return reset_password(*meta, actor, word.email);
  if (action == "grant") {
    const meta::Account account =
        SITEPOD_TRY(identity::set_admin(*meta, actor, word.email, word.role == "admin", now()));
    return Outcome{fmt::format("{} is {} now\n", account.email, account.is_admin ? "admin" : "an ordinary user"),
                   {{"email", account.email}, {"is_admin", account.is_admin}}};
  }
  if (action == "content") {
    const bool may = word.content == "on";
    const meta::Account account = SITEPOD_TRY(identity::set_content_access(*meta, actor, word.email, may, now()));
    return Outcome{fmt::format("{} {} use the content API\n", account.email, may ? "may" : "may not"),
                   {{"email", account.email}, {"content", may}}};
  }
  const bool suspends = action == "suspend";
  const meta::Project project =
      SITEPOD_TRY(suspends ? deploy::suspend_project(*meta, actor, word.project, word.reason, now())
                           : deploy::unsuspend_project(*meta, actor, word.project, now()));
  tell_server(word.data_dir);
  return Outcome{project.name + (suspends ? " is suspended: visitors get 451\n" : " is shown again\n"),
                 {{"project", project.name}, {"suspended", suspends}}};
}

Outcome outcome_of(std::string_view done, const CopiedStore& copied, const std::string& place) {
  const std::vector<FsckProblem>& problems = copied.report.problems;
  Outcome outcome;
  for (const FsckProblem& problem : problems)
    outcome.text += fmt::format("{}: {}: {}\n", problem.check, problem.subject, problem.problem);
  outcome.text += fmt::format("{} {}: {} blobs, {} bytes ({} linked); {} images checked: {}\n", done, place,
                              copied.blobs, copied.bytes, copied.linked, copied.report.images,
                              problems.empty() ? "sound" : fmt::format("{} problems", problems.size()));
  outcome.is_well = problems.empty();
  outcome.json = {{"ok", outcome.is_well},        {"folder", place},         {"blobs", copied.blobs},
                  {"bytes", copied.bytes},        {"linked", copied.linked}, {"images", copied.report.images},
                  {"problems", to_json(problems)}};
  return outcome;
}

std::string_view name_of(Finding::Kind kind) {
  switch (kind) {
    case Finding::Kind::Good:
      return "ok";
    case Finding::Kind::Warning:
      return "warning";
    case Finding::Kind::Problem:
      break;
  }
  return "problem";
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
  bool as_json = false;
  if (!parse_with_json(parser, argc, argv, as_json, exit_status)) return exit_status;
  const auto done = do_admin(parser.get_subcommands().front()->get_name(), word);
  return done.ok() ? tell(*done, as_json) : tell_failure("admin", done.error(), as_json);
}

int run_backup(int argc, char** argv) {
  CLI::App parser("Copies a data folder into a new folder, also while its server runs, and checks the copy.",
                  "sitepod backup");
  std::string data_dir = default_data_dir();
  std::string to;
  parser.add_option("--data", data_dir, "the server's data folder (SITEPOD_DATA_DIR)")->capture_default_str();
  parser.add_option("--to", to, "a folder that is new or empty")->required();
  int exit_status = 0;
  bool as_json = false;
  if (!parse_with_json(parser, argc, argv, as_json, exit_status)) return exit_status;
  const auto copied = back_up(data_dir, to);
  if (!copied.ok()) return tell_failure("backup", copied.error(), as_json);
  return tell(outcome_of("backed up to", *copied, to), as_json);
}

int run_restore(int argc, char** argv) {
  CLI::App parser("Makes a data folder from a backup and checks it.", "sitepod restore");
  std::string data_dir;
  std::string from;
  parser.add_option("--from", from, "the backup's folder")->required();
  parser.add_option("--data", data_dir, "a folder that is new or empty")->required();
  int exit_status = 0;
  bool as_json = false;
  if (!parse_with_json(parser, argc, argv, as_json, exit_status)) return exit_status;
  const auto copied = restore(from, data_dir);
  if (!copied.ok()) return tell_failure("restore", copied.error(), as_json);
  return tell(outcome_of("restored", *copied, data_dir), as_json);
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
  bool as_json = false;
  if (!parse_with_json(parser, argc, argv, as_json, exit_status)) return exit_status;
  if (!listen.empty()) {
    const LoadedConfig loaded = load_config({{{"--listen", listen}}, nullptr, std::nullopt});
    if (!loaded.problems.empty()) {
      tell_failure("doctor", invalid("usage", loaded.problems.front()), as_json);
      return kUsageError;
    }
    questions.listen_host = loaded.config.listen_host;
    questions.listen_port = loaded.config.listen_port;
  }
  Outcome outcome;
  boost::json::array findings;
  for (const Finding& finding : examine(questions, now())) {
    const std::string_view kind = name_of(finding.kind);
    outcome.text += fmt::format("{:<8} {}: {}\n", kind, finding.about, finding.what);
    if (!finding.remedy.empty()) outcome.text += fmt::format("          → {}\n", finding.remedy);
    outcome.is_well = outcome.is_well && finding.kind != Finding::Kind::Problem;
    findings.push_back({{"kind", kind}, {"about", finding.about}, {"what", finding.what}, {"remedy", finding.remedy}});
  }
  outcome.json = {{"ok", outcome.is_well}, {"findings", std::move(findings)}};
  return tell(outcome, as_json);
}

}  // namespace sitepod::app
