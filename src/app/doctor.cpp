#include "app/doctor.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "app/blob_folder.hpp"
#include "app/certificate_files.hpp"
#include "app/data_folder.hpp"
#include "base/file.hpp"
#include "certs/certificate_store.hpp"
#include "media/media.hpp"
#include "meta/meta_store.hpp"
#include "net/listener.hpp"

namespace sitepod::app {
namespace {

using Kind = Finding::Kind;

constexpr std::int64_t kOldestBelievable = 1'735'689'600;  // 2025-01-01: no release of this program is older
constexpr rlim_t kComfortableDescriptors = 65'536;
constexpr std::uint64_t kLittleRoom = 1ull << 30;
constexpr std::uint64_t kNoRoom = 64ull << 20;
constexpr std::uint64_t kFewInodes = 10'000;

Finding good(std::string about, std::string what) { return {Kind::Good, std::move(about), std::move(what), {}}; }
Finding warning(std::string about, std::string what, std::string remedy) {
  return {Kind::Warning, std::move(about), std::move(what), std::move(remedy)};
}
Finding problem(std::string about, std::string what, std::string remedy) {
  return {Kind::Problem, std::move(about), std::move(what), std::move(remedy)};
}

std::string reason_of(const Error& error) { return error.context.empty() ? error.message : error.context; }

Finding examine_permissions(const std::string& folder) {
  struct stat facts {};
  if (::stat(folder.c_str(), &facts) != 0 || !S_ISDIR(facts.st_mode))
    return problem("data folder", folder + " is not a folder", "name the server's folder with --data");
  const std::string test = folder + "/.doctor";
  if (auto file = open_file(test, O_WRONLY | O_CREAT | O_TRUNC, 0600); !file.ok())
    return problem("data folder", "cannot be written: " + reason_of(file.error()),
                   fmt::format("run as the user that owns it (uid {}), or give it to the server's user", facts.st_uid));
  ::unlink(test.c_str());
  if ((facts.st_mode & S_IRWXO) != 0)
    return warning("data folder",
                   fmt::format("everybody on this machine may look into it (mode {:o})", facts.st_mode & 0777u),
                   "chmod 750 " + folder);
  return good("data folder", "can be read and written by this user and not by everybody");
}

Finding examine_clock(Instant now) {
  if (now.unix_seconds() < kOldestBelievable)
    return problem("clock", "says " + to_rfc3339(now), "set it and keep it right, e.g. with systemd-timesyncd");
  return good("clock", "says " + to_rfc3339(now));
}

Finding examine_lock(const std::string& folder, bool& is_running) {
  auto lock = lock_data_folder(folder);
  is_running = !lock.ok() && lock.error().kind == ErrorKind::Conflict;
  if (is_running) return good("server", "is running on this folder");
  if (!lock.ok()) return problem("server", "the lock cannot be taken: " + reason_of(lock.error()), "see data folder");
  return good("server", "is not running on this folder");
}

Finding examine_port(const DoctorQuestions& questions, bool is_running) {
  const std::string address = questions.listen_host + ":" + std::to_string(questions.listen_port);
  const auto is_free = net::check_address_is_free(questions.listen_host, questions.listen_port);
  if (is_running)
    return is_free.ok()
               ? warning("port", address + " is free although a server runs", "it listens elsewhere; give its --listen")
               : good("port", address + " is taken, as it should be");
  if (is_free.ok()) return good("port", address + " can be listened on");
  return problem("port", address + ": " + reason_of(is_free.error()),
                 questions.listen_port < 1024 ? "stop who has it; ports below 1024 need CAP_NET_BIND_SERVICE"
                                              : "stop who has it, or choose another port with --listen");
}

void examine_certificates(const DoctorQuestions& questions, Instant now, std::vector<Finding>& findings) {
  constexpr std::int64_t kDayMs = 24ll * 3600 * 1000;
  constexpr std::int64_t kSoonDays = 14;
  ServerConfig config;
  config.tls_certificates = questions.tls_certificates;
  config.tls_keys = questions.tls_keys;
  const std::vector<std::string> files = split_paths(config.tls_certificates);
  if (files.size() != split_paths(config.tls_keys).size())
    return findings.push_back(problem("certificates", "there are not as many certificates as keys",
                                      "name as many with --certificate and --key, in the same order"));
  const auto certificates = load_certificates(config);
  if (!certificates.ok())
    return findings.push_back(problem("certificates", certificates.error().message,
                                      "put a matching pair there, readable by the server's user"));
  for (std::size_t i = 0; i < files.size(); ++i) {
    const net::TlsCertificate& each = *(*certificates)->all()[i];
    const std::int64_t days = (each.not_after().unix_ms - now.unix_ms) / kDayMs;
    const std::string what = fmt::format("{} ends at {}", files[i], to_rfc3339(each.not_after()));
    if (each.not_after() < now)
      findings.push_back(problem("certificates", what, "renew it, then send SIGHUP to the server"));
    else if (days < kSoonDays)
      findings.push_back(warning("certificates", what, "renew it, then send SIGHUP to the server"));
    else
      findings.push_back(good("certificates", what));
  }
}

// Those that an authority has issued, and the hosts that wait for one.
void examine_issued(const std::string& folder, Instant now, std::vector<Finding>& findings) {
  constexpr std::int64_t kDayMs = 24ll * 3600 * 1000;
  const certs::CertificateStore store(folder);
  const auto stored = store.load();
  const auto setbacks = store.load_setbacks();
  if (!stored.ok() || !setbacks.ok()) {
    const Error& error = stored.ok() ? setbacks.error() : stored.error();
    findings.push_back(problem("certificates", error.context, "let the server's user read the folder"));
    return;
  }
  std::size_t sound = 0;
  for (const certs::StoredCertificate& each : *stored) {
    const std::string what = fmt::format("{} ends at {}", each.host, to_rfc3339(each.certificate->not_after()));
    if (each.certificate->not_after() < now)
      findings.push_back(problem("certificates", what, "see in the server's log why it was not renewed"));
    else if (certs::renewal_due(*each.certificate).unix_ms + kDayMs < now.unix_ms)
      findings.push_back(warning("certificates", what + " and should have been renewed", "see the server's log"));
    else
      ++sound;
  }
  if (sound > 0) findings.push_back(good("certificates", fmt::format("{} are valid and renewed by themselves", sound)));
  for (const auto& [host, setback] : *setbacks)
    findings.push_back(warning("certificates",
                               fmt::format("{} waits until {} after {} failures: {}", host,
                                           to_rfc3339(setback.next_try), setback.failures, setback.reason),
                               host.starts_with("*.")
                                   ? "let CF_API_TOKEN have Zone:Read and DNS:Edit for the zone; SIGHUP tries at once"
                                   : "let the host lead to this server at port 80; SIGHUP tries at once"));
}

Finding examine_database(const std::string& folder) {
  const std::string path = folder + std::string(kDatabaseFile);
  if (!std::filesystem::exists(path))
    return warning("database", "there is none yet", "the first start of the server makes it");
  auto meta = meta::MetaStore::open_sqlite(path);
  if (!meta.ok())
    return problem("database", "does not open: " + reason_of(meta.error()), "restore a backup with `sitepod restore`");
  if (auto sound = (*meta)->check_integrity(); !sound.ok())
    return problem("database", reason_of(sound.error()), "restore a backup with `sitepod restore`");
  return good("database", "is sound");
}

Finding examine_blobs(const std::string& folder) {
  std::error_code failure;
  if (!std::filesystem::exists(folder + "/blobs", failure))
    return warning("blob store", "there is none yet", "the first start of the server makes it");
  if (::access((folder + "/blobs").c_str(), R_OK | W_OK | X_OK) != 0)
    return problem("blob store", "cannot be read and written by this user", "give {data}/blobs to the server's user");
  std::uint64_t quarantined = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder + "/quarantine", failure))
    quarantined += entry.is_regular_file() ? 1 : 0;
  if (quarantined > 0)
    return warning("blob store", fmt::format("{} damaged files are in quarantine", quarantined),
                   "check the disk; `sitepod fsck` names the images, deploying them again mends them");
  return good("blob store", "is there; `sitepod fsck` checks every file");
}

// What a crash of the disk would take: a deploy that goes on has some, hours of it have a reason.
constexpr std::int64_t kOldSpoolSeconds = 3600;

void examine_spool(const BucketFinding& found, Instant now, std::vector<Finding>& findings) {
  if (found.spool.files == 0) return findings.push_back(good("spool", "the bucket has every file of the data folder"));
  const std::int64_t age = std::max<std::int64_t>(0, now.unix_seconds() - found.spool.oldest.unix_seconds());
  const std::string what = fmt::format("{} files, {} MiB, are on this machine alone; the oldest for {} s",
                                       found.spool.files, found.spool.bytes >> 20, age);
  if (age < kOldSpoolSeconds) return findings.push_back(good("spool", what));
  findings.push_back(warning("spool", what,
                             "uploads that were never committed go with a collection; if the server runs and the "
                             "bucket answers, its log says what it refuses"));
}

void examine_bucket(const std::string& folder, Instant now, std::vector<Finding>& findings) {
  const auto found = examine_bucket_of(folder);
  if (!found) return;
  if (found->usable.ok() && !found->owner.empty() && found->owner != found->server)
    return findings.push_back(
        problem("bucket", found->place + " is kept by another server, " + found->owner,
                "give this one a bucket of its own; if that one is gone for good, set storage.s3.take_over to its id"));
  if (found->usable.ok()) {
    const char* const nobody = found->owner.empty() ? "; no server has it yet" : "";
    findings.push_back(good("bucket", fmt::format("{} can be listed, read and written, in {} ms{}", found->place,
                                                  found->took.count(), nobody)));
    return examine_spool(*found, now, findings);
  }
  const Error& error = found->usable.error();
  if (error.kind != ErrorKind::Unavailable)
    return findings.push_back(problem("bucket", error.message, "give the server's own environment to this word, too"));
  findings.push_back(problem("bucket", found->place + " cannot be reached: " + reason_of(error),
                             "until it can, only what is on this machine is served and nothing is stored"));
}

Finding examine_room(const std::string& folder) {
  struct statvfs facts {};
  if (::statvfs(folder.c_str(), &facts) != 0) return problem("disk", "cannot be asked for its room", "see data folder");
  const std::uint64_t free_bytes = std::uint64_t{facts.f_bavail} * facts.f_frsize;
  const std::string room = fmt::format("{} MiB free", free_bytes >> 20);
  if ((facts.f_flag & ST_RDONLY) != 0) return problem("disk", "is mounted read-only", "mount it for writing");
  if (free_bytes < kNoRoom) return problem("disk", room, "make room: uploads are refused with 507");
  if (facts.f_files > 0 && facts.f_favail < kFewInodes)
    return problem("disk", fmt::format("only {} files more fit on it", facts.f_favail),
                   "every blob is a file: make room");
  if (free_bytes < kLittleRoom) return warning("disk", room, "make room soon");
  return good("disk", room);
}

Finding examine_limits() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return problem("limits", "cannot be read", "");
  if (limit.rlim_max < kComfortableDescriptors)
    return warning("limits", fmt::format("a process may open {} files and connections", limit.rlim_max),
                   "raise it: LimitNOFILE=1048576 in the unit, or ulimit -Hn");
  return good("limits", fmt::format("a process may open {} files and connections", limit.rlim_max));
}

// Sites of deployed files need none of it, so it is no problem yet.
void examine_media(std::vector<Finding>& findings) {
  const std::vector<Error> missing = media::find_missing_parts();
  if (missing.empty()) findings.push_back(good("media", "pictures, PDF and films can be processed"));
  for (const Error& error : missing)
    findings.push_back(warning("media", error.message, "install that package, if pages are published here"));
}

}  // namespace

std::vector<Finding> examine(const DoctorQuestions& questions, Instant now) {
  std::vector<Finding> findings{examine_permissions(questions.data_dir)};
  const bool is_reachable = findings.front().kind != Kind::Problem;
  bool is_running = false;
  if (is_reachable) findings.push_back(examine_lock(questions.data_dir, is_running));
  findings.push_back(examine_clock(now));
  if (!questions.listen_host.empty()) findings.push_back(examine_port(questions, is_running));
  if (!questions.tls_certificates.empty() || !questions.tls_keys.empty())
    examine_certificates(questions, now, findings);
  if (is_reachable) {
    examine_issued(questions.data_dir, now, findings);
    findings.push_back(examine_database(questions.data_dir));
    findings.push_back(examine_blobs(questions.data_dir));
    examine_bucket(questions.data_dir, now, findings);
    findings.push_back(examine_room(questions.data_dir));
  }
  findings.push_back(examine_limits());
  examine_media(findings);
  return findings;
}

}  // namespace sitepod::app
