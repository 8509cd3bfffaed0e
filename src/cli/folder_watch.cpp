#include "cli/folder_watch.hpp"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace sitepod::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kChanges =
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR;
// Editors write a file in several steps.
constexpr std::chrono::milliseconds kQuiet{30};

Error unwatchable(const std::string& folder, int error_number) {
  std::string message = "The folder " + folder + " cannot be watched: " + std::strerror(error_number) + ".";
  if (error_number == ENOSPC) message += " Raise fs.inotify.max_user_watches.";
  return invalid("unreadable", std::move(message));
}

}  // namespace

Result<FolderWatch> FolderWatch::open(std::string root) {
  UniqueFd queue(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!queue) return unwatchable(root, errno);
  return FolderWatch(std::move(root), std::move(queue));
}

Result<void> FolderWatch::look_around() {
  const auto add = [&](const std::string& folder) -> Result<void> {
    // What vanished meanwhile is a change that its parent tells.
    if (::inotify_add_watch(queue_.get(), folder.c_str(), kChanges) < 0 && errno != ENOENT && errno != ENOTDIR)
      return unwatchable(folder, errno);
    return {};
  };
  SITEPOD_TRY(add(root_));
  std::error_code error;
  fs::recursive_directory_iterator each(root_, fs::directory_options::skip_permission_denied, error), end;
  for (; !error && each != end; each.increment(error)) {
    const std::string name = each->path().filename().string();
    if (!each->is_directory(error)) continue;
    if (name.starts_with('.') || name == "node_modules")
      each.disable_recursion_pending();
    else
      SITEPOD_TRY(add(each->path().string()));
  }
  return {};
}

bool FolderWatch::wait(std::chrono::milliseconds patience) {
  if (!drain(patience)) return false;
  while (drain(kQuiet)) continue;
  return true;
}

bool FolderWatch::drain(std::chrono::milliseconds patience) {
  pollfd wait{queue_.get(), POLLIN, 0};
  if (::poll(&wait, 1, static_cast<int>(patience.count())) <= 0) return false;
  char events[16 * 1024];
  while (::read(queue_.get(), events, sizeof events) > 0) continue;
  return true;
}

}  // namespace sitepod::cli
