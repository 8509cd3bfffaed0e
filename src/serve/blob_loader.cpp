#include "serve/blob_loader.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "base/file.hpp"
#include "base/log.hpp"

namespace sitepod::serve {
namespace {

void log_failure(const Digest& digest, const Error& error) {
  log::error("blob cannot be served", {{"blob", digest.hex()}, {"cause", error.context}});
}

void report_corrupt(const Openings& openings, const Digest& digest) {
  log::error("blob is corrupt", {{"blob", digest.hex()}});
  if (openings.report_corrupt_blob) openings.report_corrupt_blob(digest);
}

}  // namespace

std::unique_ptr<Blob> load_bytes(const Openings& openings, const Digest& digest, std::uint64_t size) {
  auto file = openings.open_blob(digest);
  if (!file.ok()) {
    log_failure(digest, file.error());
    return nullptr;
  }
  auto blob = std::make_unique<Blob>();
  blob->digest = digest;
  // One byte more than expected shows a file that has grown.
  blob->bytes.resize(static_cast<std::size_t>(size) + 1);
  auto count = read_some(file->get(), std::as_writable_bytes(std::span(blob->bytes)));
  if (!count.ok()) {
    log_failure(digest, count.error());
    return nullptr;
  }
  blob->bytes.resize(*count);
  blob->size = *count;
  if (*count == size && sha256(blob->bytes) == digest) return blob;
  report_corrupt(openings, digest);
  return nullptr;
}

std::unique_ptr<Blob> load_file(const Openings& openings, const Digest& digest, std::uint64_t size) {
  auto file = openings.open_blob(digest);
  if (!file.ok()) {
    log_failure(digest, file.error());
    return nullptr;
  }
  struct stat info {};
  if (::fstat(file->get(), &info) != 0) {
    log_failure(digest, from_errno(errno, "fstat"));
    return nullptr;
  }
  if (!S_ISREG(info.st_mode) || static_cast<std::uint64_t>(info.st_size) != size) {
    report_corrupt(openings, digest);
    return nullptr;
  }
  auto blob = std::make_unique<Blob>();
  blob->digest = digest;
  blob->file = std::move(*file);
  blob->size = size;
  return blob;
}

}  // namespace sitepod::serve
