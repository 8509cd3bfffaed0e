#include "media/confinement.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/fd.hpp"
#include "media/outcome.hpp"
#include "media/system_call_filter.hpp"

namespace sitepod::media {
namespace {

Error cannot_confine(std::string_view what) {
  Error error = cannot_now("This server cannot process media safely; its operator finds the reason in the log.");
  error.context = fmt::format("media worker: {}: {}", what, std::strerror(errno));
  return error;
}

// Sanitizers reserve terabytes of address space.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kLimitsMemory = false;
#else
constexpr bool kLimitsMemory = true;
#endif

Result<void> limit(__rlimit_resource_t resource, std::uint64_t value, std::string_view what) {
  // The hard limit of computing time is a little higher: SIGXCPU comes first and tells why.
  const rlimit limits{value, resource == RLIMIT_CPU ? value + 5 : value};
  rlimit present{};
  if (::getrlimit(resource, &present) == 0 && present.rlim_max < limits.rlim_max) return {};  // stricter already
  if (::setrlimit(resource, &limits) != 0) return cannot_confine(what);
  return {};
}

Result<void> limit_resources(const Confinement& confinement) {
  if (kLimitsMemory) SITEPOD_TRY(limit(RLIMIT_AS, confinement.memory_bytes, "limit memory"));
  SITEPOD_TRY(limit(RLIMIT_FSIZE, confinement.output_bytes, "limit files"));
  SITEPOD_TRY(limit(RLIMIT_CPU, confinement.cpu_seconds, "limit computing time"));
  SITEPOD_TRY(limit(RLIMIT_NOFILE, 128, "limit descriptors"));
  return limit(RLIMIT_CORE, 0, "forbid core dumps");
}

Result<void> become_nobody() {
  if (::geteuid() != 0) return {};
  if (::setgroups(0, nullptr) != 0) return cannot_confine("leave groups");
  if (::setresgid(kNobody, kNobody, kNobody) != 0) return cannot_confine("change the group");
  if (::setresuid(kNobody, kNobody, kNobody) != 0) return cannot_confine("change the user");
  return {};
}

// libc has no wrappers for these calls.
class Landlock {
 public:
  static constexpr std::uint64_t kRead = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
  static constexpr std::uint64_t kWrite =
      LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_REMOVE_FILE;
  static constexpr std::uint64_t kAll = kRead | kWrite | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                                        LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
                                        LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                                        LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

  // Since Linux 6.2; the headers of Debian 12 do not name it. Kernels before refuse rules that mention it.
  static constexpr std::uint64_t kTruncate = 1ull << 14;
  static constexpr long kTruncateVersion = 3;

  Landlock() {
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    truncate_ = version >= kTruncateVersion ? kTruncate : 0;
    const landlock_ruleset_attr attributes{.handled_access_fs = kAll | truncate_};
    rules_ = UniqueFd(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0)));
  }
  bool is_available() const { return static_cast<bool>(rules_); }

  bool allow(int file, std::uint64_t access) {
    const landlock_path_beneath_attr rule{.allowed_access = access, .parent_fd = file};
    return ::syscall(SYS_landlock_add_rule, rules_.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
  }
  // What does not exist needs no rule.
  bool allow_path(const char* path, std::uint64_t access) {
    const UniqueFd file(::open(path, O_PATH | O_CLOEXEC));
    return !file || allow(file.get(), access);
  }
  // What a folder for results needs.
  std::uint64_t all_for_results() const { return kRead | kWrite | truncate_; }
  bool begin() { return ::syscall(SYS_landlock_restrict_self, rules_.get(), 0) == 0; }

 private:
  std::uint64_t truncate_ = 0;
  UniqueFd rules_;
};

// Where the kernel can (Linux 5.13).
Result<void> confine_files(const Confinement& confinement) {
  Landlock landlock;
  if (!landlock.is_available()) return {};
  bool is_complete = landlock.allow(confinement.input, LANDLOCK_ACCESS_FS_READ_FILE) &&
                     landlock.allow_path(".", landlock.all_for_results());
  for (const char* path : {"/usr", "/bin", "/lib", "/lib64", "/opt"})
    is_complete = is_complete && landlock.allow_path(path, Landlock::kRead | LANDLOCK_ACCESS_FS_EXECUTE);
  for (const char* path : {"/etc/ld.so.cache", "/dev/urandom", "/dev/zero"})
    is_complete = is_complete && landlock.allow_path(path, LANDLOCK_ACCESS_FS_READ_FILE);
  is_complete =
      is_complete && landlock.allow_path("/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
  if (!is_complete || !landlock.begin()) return cannot_confine("confine files");
  return {};
}

}  // namespace

Result<void> confine(const Confinement& confinement) {
  SITEPOD_TRY(limit_resources(confinement));
  SITEPOD_TRY(become_nobody());
  // Changing the user forgets it (prctl(2)).
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return cannot_confine("end with the server");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return cannot_confine("forbid new privileges");
  SITEPOD_TRY(confine_files(confinement));
  const Programs programs = confinement.may_start_programs ? Programs::Allowed : Programs::Forbidden;
  if (!filter_system_calls(programs)) return cannot_confine("filter system calls");
  return {};
}

}  // namespace sitepod::media
