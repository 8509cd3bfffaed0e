#include "serve/blob_loader.hpp"

#include <sys/stat.h>

#include <cerrno>

#include "base/file.hpp"
#include "base/log.hpp"

namespace sitepod::serve {
namespace {

Error report_corrupt(const Openings& openings, const Digest& digest) {
  if (openings.report_corrupt_blob) openings.report_corrupt_blob(digest);
  return internal("blob is corrupt");
}

}  // namespace

void log_unloaded(const Digest& digest, const Error& error) {
  log::error("blob cannot be served", {{"blob", digest.hex()}, {"cause", error.context}});
}

LoadedBlob load_bytes(const Openings& openings, const OpenBlob& open, const Digest& digest, std::uint64_t size) {
  const UniqueFd file = SITEPOD_TRY(open(digest));
  auto blob = std::make_unique<Blob>();
  blob->digest = digest;
  // One byte more than expected shows a file that has grown.
  blob->bytes.resize(static_cast<std::size_t>(size) + 1);
  const std::size_t count = SITEPOD_TRY(read_some(file.get(), std::as_writable_bytes(std::span(blob->bytes))));
  blob->bytes.resize(count);
  blob->size = count;
  if (count != size || sha256(blob->bytes) != digest) return report_corrupt(openings, digest);
  return blob;
}

LoadedBlob load_file(const Openings& openings, const OpenBlob& open, const Digest& digest, std::uint64_t size) {
  UniqueFd file = SITEPOD_TRY(open(digest));
  struct stat info {};
  if (::fstat(file.get(), &info) != 0) return from_errno(errno, "fstat");
  if (!S_ISREG(info.st_mode) || static_cast<std::uint64_t>(info.st_size) != size)
    return report_corrupt(openings, digest);
  auto blob = std::make_unique<Blob>();
  blob->digest = digest;
  blob->file = std::move(file);
  blob->size = size;
  return blob;
}

}  // namespace sitepod::serve
