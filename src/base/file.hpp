// Files and folders with their errors kept: whole reads, complete writes, and the barriers that survive a power cut.
// Any thread; everything may block. A failed fsync is never retried (docs/adr): its error is final.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sitepod {

// O_CLOEXEC is always added; mode counts for O_CREAT.
Result<UniqueFd> open_file(const std::string& path, int flags, unsigned mode = 0644);
// The whole file, or a pipe to its end; more than `max_bytes` is an error.
Result<std::string> read_file(const std::string& path, std::uint64_t max_bytes = 1ull << 30);
// Loops over short writes and EINTR.
Result<void> write_all(int fd, std::span<const std::byte> data);
inline Result<void> write_all(int fd, std::string_view data) {
  return write_all(fd, std::as_bytes(std::span(data.data(), data.size())));
}
// Reads until `out` is full or the file ends; yields the count.
Result<std::size_t> read_some(int fd, std::span<std::byte> out);
// The same from `offset`, wherever the file is read otherwise.
Result<std::size_t> read_at(int fd, std::span<std::byte> out, std::uint64_t offset);
Result<void> sync_file(int fd, std::string_view what);
Result<void> sync_directory(const std::string& path);
// Temporary file in the same folder, fsync, rename, fsync of the folder: the old content or the new, never less.
Result<void> replace_file(const std::string& path, std::string_view content, unsigned mode = 0644);
// Like mkdir -p.
Result<void> make_directories(const std::string& path, unsigned mode = 0755);
// Absent is fine.
Result<void> remove_file(const std::string& path);

}  // namespace sitepod
