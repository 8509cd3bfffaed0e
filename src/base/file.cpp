#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "base/random.hpp"

namespace sitepod {
namespace {

std::string parent_of(const std::string& path) {
  auto parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

Result<UniqueFd> open_file(const std::string& path, int flags, unsigned mode) {
  int fd;
  do fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return from_errno(errno, "open " + path);
  return UniqueFd(fd);
}

// What a pipe or a file of the kernel's says of its size is 0: only the end of its bytes tells.
Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes) {
  constexpr std::size_t kLeastRoom = 4096;
  UniqueFd fd = SITEPOD_TRY(open_file(path, O_RDONLY));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) return from_errno(errno, "stat " + path);
  const auto too_large = [&] {
    return internal("read " + path + ": larger than " + std::to_string(max_bytes) + " bytes");
  };
  if (static_cast<std::uint64_t>(info.st_size) > max_bytes) return too_large();
  std::string content;
  for (auto room = static_cast<std::size_t>(info.st_size) + 1;; room = std::max(content.size(), kLeastRoom)) {
    const std::size_t before = content.size();
    content.resize(before + room);
    const auto free_part = std::as_writable_bytes(std::span(content)).subspan(before);
    const std::size_t count = SITEPOD_TRY_WITH(read_some(fd.get(), free_part), "read " + path);
    content.resize(before + count);
    if (content.size() > max_bytes) return too_large();
    if (count < room) return content;
  }
}

Result<void> write_all(int fd, std::span<const std::byte> data) {
  while (!data.empty()) {
    ssize_t count = ::write(fd, data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return from_errno(errno, "write");
    data = data.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Result<std::size_t> read_some(int fd, std::span<std::byte> out) {
  std::size_t total = 0;
  while (total < out.size()) {
    ssize_t count = ::read(fd, out.data() + total, out.size() - total);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return from_errno(errno, "read");
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  return total;
}

Result<std::size_t> read_at(int fd, std::span<std::byte> out, std::uint64_t offset) {
  std::size_t total = 0;
  while (total < out.size()) {
    const ssize_t count = ::pread(fd, out.data() + total, out.size() - total, static_cast<off_t>(offset + total));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return from_errno(errno, "read");
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  return total;
}

Result<void> sync_file(int fd, std::string_view what) {
  if (::fsync(fd) != 0) return from_errno(errno, "fsync " + std::string(what));
  return {};
}

Result<void> sync_directory(const std::string& path) {
#ifndef SITEPOD_MUTANT_NO_DIRECTORY_FSYNC
  UniqueFd fd = SITEPOD_TRY(open_file(path, O_RDONLY | O_DIRECTORY));
  return sync_file(fd.get(), path);
#else
  static_cast<void>(path);
  return {};
#endif
}

Result<void> replace_file(const std::string& path, std::string_view content, unsigned mode) {
  std::string temporary = path + ".tmp-" + random_base36(8);
  auto write_temporary = [&]() -> Result<void> {
    UniqueFd fd = SITEPOD_TRY(open_file(temporary, O_WRONLY | O_CREAT | O_EXCL, mode));
    SITEPOD_TRY_WITH(write_all(fd.get(), content), temporary);
    SITEPOD_TRY(sync_file(fd.get(), temporary));
    if (::close(fd.release()) != 0) return from_errno(errno, "close " + temporary);
    if (::rename(temporary.c_str(), path.c_str()) != 0) return from_errno(errno, "rename to " + path);
    return {};
  };
  auto written = write_temporary();
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return written;
  }
  return sync_directory(parent_of(path));
}

Result<void> make_directories(const std::string& path, unsigned mode) {
  for (std::size_t slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
    std::string prefix = path.substr(0, slash);
    if (!prefix.empty() && ::mkdir(prefix.c_str(), mode) != 0 && errno != EEXIST)
      return from_errno(errno, "mkdir " + prefix);
    if (slash == std::string::npos) break;
  }
  if (!std::filesystem::is_directory(path)) return from_errno(ENOTDIR, "mkdir " + path);
  return {};
}

Result<void> remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return from_errno(errno, "unlink " + path);
  return {};
}

}  // namespace sitepod
