#include "media/handover.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "media/confinement.hpp"
#include "media/outcome.hpp"

namespace sitepod::media {
namespace {

bool is_superuser() { return ::geteuid() == 0; }

Error cause_of(const WorkerEnd& end) {
  if (end.signal == SIGXCPU || end.signal == SIGKILL) return too_large("The file takes too long to process.");
  if (end.signal == SIGXFSZ) return too_large("The processed file would be too large.");
  // What allocates without asking for success ends the process when its memory is used up.
  if (end.signal == SIGABRT || end.signal == SIGTRAP) return too_large("The file takes too much memory to process.");
  return unreadable("The file is damaged and cannot be processed.");
}

}  // namespace

Result<void> hand_over(int input, const std::string& folder) {
  if (!is_superuser()) return {};
  if (::fchmod(input, 0444) != 0) return from_errno(errno, "open the media file to the worker");
  if (::chown(folder.c_str(), kNobody, kNobody) != 0) return from_errno(errno, "give " + folder + " to the worker");
  return {};
}

Result<std::string> take_over(const std::string& folder, std::string_view name, const std::string& target_folder) {
  const std::string path = fmt::format("{}/{}", folder, name);
  const UniqueFd file = SITEPOD_TRY(open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return from_errno(errno, "stat " + path);
  if (!S_ISREG(facts.st_mode) || facts.st_nlink != 1 || facts.st_size == 0)
    return internal("the media worker left no proper file " + path);
  if (is_superuser() && ::fchown(file.get(), ::geteuid(), ::getegid()) != 0) return from_errno(errno, "take " + path);
  if (::fchmod(file.get(), 0644) != 0) return from_errno(errno, "chmod " + path);
  std::string target = fmt::format("{}/processed-{}", target_folder, random_base36(16));
  if (::rename(path.c_str(), target.c_str()) != 0) return from_errno(errno, "move " + path);
  return target;
}

Result<WorkerReport> judge(const WorkerEnd& end, std::string_view what, std::chrono::seconds patience) {
  if (end.timed_out) {
    log::warn("media worker stopped for taking too long", {{"kind", what}, {"seconds", patience.count()}});
    return cannot_now(
        fmt::format("It could not be processed within {} seconds; send it again later.", patience.count()));
  }
  if (end.signal != 0) {
    log::warn("media worker ended by a signal",
              {{"kind", what}, {"signal", end.signal}, {"said", std::string_view(end.diagnostics)}});
    return cause_of(end);
  }
  return parse_report(end.report);
}

}  // namespace sitepod::media
