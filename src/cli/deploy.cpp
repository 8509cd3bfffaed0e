#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "api/json_writer.hpp"
#include "base/file.hpp"
#include "base/random.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/git_info.hpp"
#include "cli/github.hpp"
#include "cli/upload.hpp"
#include "model/names.hpp"
#include "tree/hash_files.hpp"
#include "tree/media_type.hpp"
#include "tree/scan.hpp"

namespace sitepod::cli {
namespace {

constexpr std::int64_t kDefaultConcurrent = 20;
constexpr std::size_t kSkippedShown = 5;

// What a deploy is about, before anything is read or sent.
struct Target {
  std::string directory;
  ProjectName project;
  std::string environment;
  ProjectFile file;
};

// Of the ways to say it at most one may be used.
Result<std::string> choose_environment(const DeployOptions& options) {
  const auto contradict = [](const std::string& one, const std::string& other) {
    return usage(one + " and " + other + " contradict each other.");
  };
  if (options.production && options.draft) return contradict("--prod", "--draft");
  if (!options.alias.empty() && !options.environment.empty())
    return contradict("--alias " + options.alias, "--env " + options.environment);
  std::string named = options.alias.empty() ? options.environment : options.alias;
  const std::string flag = (options.alias.empty() ? "--env " : "--alias ") + named;
  if (options.production && !named.empty() && named != model::kProduction) return contradict("--prod", flag);
  if (options.draft && named == model::kProduction) return contradict("--draft", flag);
  if (options.production) named = model::kProduction;
  if (named.empty()) named = "beta";
  if (auto valid = model::parse_environment_name(named); !valid.ok()) return usage(valid.error().message);
  return named;
}

Result<Target> choose_target(const Context& context, const DeployOptions& options) {
  Target target;
  target.file = SITEPOD_TRY(load_project_file(options.directory.empty() ? "." : options.directory));
  if (target.file.path.empty() && !options.directory.empty()) target.file = SITEPOD_TRY(load_project_file("."));
  target.directory = resolve_directory(options.directory, target.file);
  target.project = resolve_project(options.project, context.environment, target.file, target.directory);
  if (auto valid = model::parse_project_name(target.project.name); !valid.ok())
    return usage("The name \"" + target.project.name + "\" cannot be used: " + valid.error().message +
                 " Give another with --name.");
  target.environment = SITEPOD_TRY(choose_environment(options));
  return target;
}

Result<tree::IgnoreRules> ignore_rules(const Target& target) {
  tree::IgnoreRules rules;
  for (const std::string& pattern : target.file.ignore.value_or(tree::IgnoreRules::default_patterns()))
    rules.add_line(pattern);
  // An ignore file beside sitepod.toml counts for the output folder too; the one inside it is read by scan().
  std::string folder = target.file.folder.empty() ? "." : target.file.folder;
  std::string path = (std::filesystem::path(folder) / ".sitepodignore").string();
  std::error_code ignored;
  if (!std::filesystem::equivalent(folder, target.directory, ignored) && std::filesystem::exists(path)) {
    auto text = read_file(path, 1 << 20);
    if (!text.ok()) return usage("The ignore file " + path + " cannot be read: " + text.error().context + ".");
    rules.add_text(*text);
  }
  return rules;
}

void report_skipped(Console& console, const tree::ScanResult& scanned) {
  if (scanned.skipped_count == 0) return;
  std::string names;
  for (std::size_t i = 0; i < std::min(kSkippedShown, scanned.skipped.size()); ++i)
    names += (i > 0 ? ", " : "") + tree::printable(scanned.skipped[i].path) + " (" +
             std::string(tree::describe(scanned.skipped[i].reason)) + ")";
  if (scanned.skipped_count > kSkippedShown)
    names += " and " + human_count(scanned.skipped_count - kSkippedShown) + " more";
  console.warn("Not deployed: " + names);
  if (scanned.skipped_count <= kSkippedShown) return;
  for (const tree::Skipped& one : scanned.skipped)
    console.detail("skipped " + tree::printable(one.path) + ": " + std::string(tree::describe(one.reason)));
}

// Other hosts follow the rules in these files. Here they are files like all others, and whoever counts on the rules, or
// keeps a password in them, has to hear of it.
void report_rules(Console& console, const tree::FileList& files) {
  for (std::size_t i = 0; i < files.size(); ++i)
    for (const std::string_view name : {"_headers", "_redirects"})
      if (files[i].path == name)
        console.warn(
            fmt::format("{} is published as a file: this server does not follow its rules. To keep it private, name "
                        "it in .sitepodignore.",
                        name));
}

Result<tree::ScanResult> read_folder(Context& context, const Target& target) {
  context.console.step("Scanning " + target.directory);
  tree::IgnoreRules rules = SITEPOD_TRY(ignore_rules(target));
  tree::ScanResult scanned = SITEPOD_TRY(tree::scan(target.directory, std::move(rules)));
  report_skipped(context.console, scanned);
  report_rules(context.console, scanned.files);
  if (scanned.files.size() == 0) return invalid_request("There is nothing to deploy in " + target.directory + ".");
  tree::HashCache cache(context.paths().hash_cache, now());
  tree::HashReport hashed = SITEPOD_TRY(tree::hash_files(scanned.files, {0, &cache, &interruption()}));
  if (auto saved = cache.save(); !saved.ok())
    context.console.detail("the hash cache was not saved: " + saved.error().context);
  context.console.done(human_count(scanned.files.size()) + " files, " + human_bytes(scanned.files.total_size()));
  context.console.detail(human_count(hashed.hashed) + " hashed, " + human_count(hashed.cached) + " known from before");
  return scanned;
}

api::PlanQuestion make_question(const Context& context, const Target& target, const DeployOptions& options,
                                const tree::FileList& files) {
  GitInfo git = git_info_from_ci(context.environment);
  if (!options.commit_hash.empty()) git.commit = options.commit_hash;
  if (!options.branch.empty()) git.branch = options.branch;
  if (!options.commit_message.empty()) git.message = options.commit_message;
  complete_from_git(git, target.directory);

  api::PlanQuestion question;
  question.project = target.project.name;
  question.message = options.message;
  question.git_commit = git.commit;
  question.git_branch = git.branch;
  question.git_message = git.message;
  question.file_count = files.size();
  question.file = [&files](std::size_t index) {
    const tree::File& file = files[index];
    const tree::FileDigests& digests = files.digests(index);
    return api::ClientFile{file.path, digests.blake3, digests.sha256, file.stamp.size, tree::media_type_of(file.path)};
  };
  return question;
}

// A name that belongs to somebody else: say which one is free.
Error explain_refusal(api::Client& client, const std::string& project, Error error) {
  if (error.kind != ErrorKind::Forbidden) return error;
  error.message = "The name " + project + " belongs to somebody else.";
  auto suggestion = client.suggest_name(project);
  if (suggestion.ok() && suggestion->empty()) {
    // The project has another subdomain than its name by now, and the one of this name is free.
    constexpr std::size_t kLongestStem = 90;
    const std::string other = project.substr(0, kLongestStem) + "-" + random_base36(4);
    if (auto taken = client.suggest_name(other); taken.ok()) suggestion = taken->empty() ? other : *taken;
  }
  if (suggestion.ok() && !suggestion->empty()) {
    error.message += " Free is: sitepod deploy --name " + *suggestion;
    error.details.emplace_back("suggestion", *suggestion);
  }
  return error;
}

void write_skipped(api::JsonWriter& json, const tree::ScanResult& scanned) {
  json.member("skipped_count", scanned.skipped_count).key("skipped").begin_array();
  for (const tree::Skipped& one : scanned.skipped)
    json.begin_object()
        .member("path", tree::printable(one.path))
        .member("reason", tree::describe(one.reason))
        .end_object();
  json.end_array();
}

std::string result_json(const Target& target, const tree::ScanResult& scanned, const UploadReport& upload,
                        const api::CommitAnswer& commit, const api::ReleaseAnswer& release) {
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().member("url", release.url);
  if (!release.immutable_url.empty()) json.member("immutable_url", release.immutable_url);
  json.key("alias_urls").begin_array();
  for (const std::string& url : release.alias_urls) json.value(url);
  json.end_array()
      .member("project", target.project.name)
      .member("environment", target.environment)
      .member("image_id", commit.image_id)
      .member("previous_image_id", release.previous_image_id)
      .member("content_hash", commit.content_hash)
      .member("created_at", commit.created_at)
      .member("files", scanned.files.size())
      .member("bytes", scanned.files.total_size())
      .member("uploaded", upload.uploaded)
      .member("uploaded_bytes", upload.uploaded_bytes)
      .member("reused", upload.reused);
  write_skipped(json, scanned);
  json.end_object();
  return out;
}

void finish_dry_run(Context& context, const Target& target, const tree::ScanResult& scanned) {
  context.console.info("Dry run: nothing was sent. It would go to " + target.environment + " of " +
                       target.project.name + ".");
  if (!context.console.json()) return;
  std::string out;
  api::JsonWriter json(out);
  json.begin_object()
      .member("dry_run", true)
      .member("project", target.project.name)
      .member("environment", target.environment)
      .member("directory", target.directory)
      .member("files", scanned.files.size())
      .member("bytes", scanned.files.total_size());
  write_skipped(json, scanned);
  json.end_object();
  context.console.print(out);
}

Result<bool> is_confirmed(Context& context, const Target& target, const DeployOptions& options) {
  if (!target.project.guessed || options.yes || options.dry_run || !context.console.may_ask()) return true;
  return context.console.confirm(
      "Deploy " + target.directory + " as " + target.project.name + " to " + target.environment + "?", WhenEmpty::Yes);
}

// From upload to image. A commit that misses blobs (they were collected, or a power cut lost them) is planned once
// more.
Result<api::CommitAnswer> upload_and_commit(Uploader& uploader, api::Client& client, const DeployOptions& options,
                                            UploadReport& report) {
  for (int attempt = 1;; ++attempt) {
    report = SITEPOD_TRY(uploader.run());
    if (interruption()) return interrupted();
    auto commit = client.commit(report.plan_id, options.message);
    if (commit.ok() || commit.error().code != "missing_blobs" || attempt == 2) return commit;
  }
}

// Uploads what is new of the folder and makes the image.
Result<api::CommitAnswer> send_folder(Context& context, const Target& target, const ServerSettings& server,
                                      const DeployOptions& options, const tree::ScanResult& scanned,
                                      UploadReport& upload) {
  auto client = make_client(context, server);
  api::PlanQuestion question = make_question(context, target, options, scanned.files);
  std::int64_t concurrent =
      options.concurrent > 0 ? options.concurrent : target.file.concurrent.value_or(kDefaultConcurrent);
  Uploader uploader(context, server, *client, scanned.files, question, static_cast<std::size_t>(concurrent));
  auto commit = upload_and_commit(uploader, *client, options, upload);
  if (!commit.ok()) return explain_refusal(*client, target.project.name, std::move(commit).error());
  context.console.done("Committed");
  context.console.field("image", commit->image_id);
  context.console.field("hash", commit->content_hash.substr(0, 16) + "...");
  return commit;
}

}  // namespace

Result<FolderImage> commit_folder(Context& context, const DeployOptions& options) {
  Target target = SITEPOD_TRY(choose_target(context, options));
  ServerSettings server = SITEPOD_TRY(context.server());
  if (server.token.empty()) return not_logged_in();
  tree::ScanResult scanned = SITEPOD_TRY(read_folder(context, target));
  UploadReport upload;
  api::CommitAnswer commit = SITEPOD_TRY(send_folder(context, target, server, options, scanned, upload));
  if (interruption()) return interrupted();
  return FolderImage{target.project.name, std::move(commit)};
}

Result<void> deploy(Context& context, const DeployOptions& options) {
  Console& console = context.console;
  if (options.trigger)
    return usage(
        "--trigger uploads nothing: 'sitepod build' builds a site from its pages, 'sitepod deploy' sends one.");
  Target target = SITEPOD_TRY(choose_target(context, options));
  ServerSettings server = SITEPOD_TRY(context.server());
  if (options.timeout_seconds > 0) limit_time(std::chrono::seconds(options.timeout_seconds));
  if (server.token.empty() && !options.dry_run) return not_logged_in();
  if (!SITEPOD_TRY(is_confirmed(context, target, options))) return invalid_request("Nothing was deployed.");

  tree::ScanResult scanned = SITEPOD_TRY(read_folder(context, target));
  if (options.dry_run) {
    finish_dry_run(context, target, scanned);
    return {};
  }
  UploadReport upload;
  api::CommitAnswer commit = SITEPOD_TRY(send_folder(context, target, server, options, scanned, upload));

  // Once sent, a release cannot be taken back by a signal, so its answer is waited for.
  if (interruption()) return interrupted();
  SITEPOD_TRY(apply_routing(context, *make_client(context, server), target.file, target.project.name));
  auto releaser = make_client(context, server, Interruptible::No);
  api::ReleaseAnswer release = SITEPOD_TRY(releaser->release(
      {target.project.name, target.environment, commit.image_id, options.expected_image, options.source_seq}));
  console.done("Released to " + target.environment);
  console.field("url", release.url);
  tell_workflow(console, context.environment,
                {{"url", release.url}, {"image_id", release.image_id}, {"immutable_url", release.immutable_url}},
                "Released `" + target.project.name + "` to `" + target.environment + "`: <" + release.url + ">");
  console.show_qr(release.url);
  console.print(console.json() ? result_json(target, scanned, upload, commit, release) : release.url);
  if (options.open) open_browser(context, release.url);
  return {};
}

}  // namespace sitepod::cli
