#include "deploy/digest_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/file.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kDigestsPerRead = 512;

}  // namespace

Result<DigestFile> DigestFile::create(const std::string& folder, std::size_t buffered) {
  return DigestFile(SITEPOD_TRY(open_file(folder, O_TMPFILE | O_RDWR, 0600)), buffered);
}

Result<void> DigestFile::add(const Digest& digest) {
  gathered_.push_back(digest);
  return gathered_.size() < buffered_ ? Result<void>() : write_run();
}

Result<void> DigestFile::write_run() {
  std::sort(gathered_.begin(), gathered_.end());
  gathered_.erase(std::unique(gathered_.begin(), gathered_.end()), gathered_.end());
  const std::span<const std::byte> bytes = std::as_bytes(std::span(gathered_));
  SITEPOD_TRY_WITH(write_all(file_.get(), bytes), "writing a temporary list of digests");
  runs_.push_back({written_, written_ + bytes.size(), written_, {}, 0});
  written_ += bytes.size();
  gathered_.clear();
  return {};
}

Result<void> DigestFile::finish() {
  if (!gathered_.empty()) SITEPOD_TRY(write_run());
  gathered_ = {};
  return rewind();
}

Result<void> DigestFile::rewind() {
  for (Run& run : runs_) {
    run.next = run.begin;
    SITEPOD_TRY(refill(run));
  }
  return {};
}

Result<void> DigestFile::refill(Run& run) {
  run.place = 0;
  run.buffer.resize(
      static_cast<std::size_t>(std::min<std::uint64_t>(kDigestsPerRead, (run.end - run.next) / sizeof(Digest))));
  const auto bytes = std::as_writable_bytes(std::span(run.buffer));
  const std::size_t count = SITEPOD_TRY_WITH(read_at(file_.get(), bytes, run.next), "a temporary list of digests");
  if (count < bytes.size()) return internal("a temporary list of digests is shorter than it was written");
  run.next += count;
  return {};
}

Result<bool> DigestFile::contains(const Digest& digest) {
  bool found = false;
  for (Run& run : runs_) {
    while (run.place < run.buffer.size() && run.buffer[run.place] < digest)
      if (++run.place == run.buffer.size()) SITEPOD_TRY(refill(run));
    found |= run.place < run.buffer.size() && run.buffer[run.place] == digest;
  }
  return found;
}

}  // namespace sitepod::deploy
