// Reads an archive member by member from a stream: tar (plain, gzip or zstd) as it comes, in constant memory; zip from
// a temporary file, since only its directory at the end tells links from files. What it is shows in its first bytes,
// never in a name. Refuses whatever is more than a set of regular files: links, devices, sparse files, encryption,
// damage, archives that end before their end, and those that unpack to absurdly more than they weigh.
// A resource of one thread; blocks in the stream's read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "deploy/deployer.hpp"

namespace sitepod::deploy {

struct ArchiveLimits {
  std::size_t max_members = 100'000;           // folders and what is passed over among them
  std::uint64_t max_archive_bytes = 0;         // as sent; 0: no limit
  std::uint64_t max_ratio = 100;               // unpacked to packed; 0: no limit …
  std::uint64_t ratio_counts_from = 8u << 20;  // … once so much was unpacked
};

class ArchiveReader {
 public:
  // A member with this name is passed over, whatever it is.
  using Skip = std::function<bool(std::string_view name)>;

  // `read` outlives the reader. `temporary_folder`: for a zip; empty: zip is not taken.
  ArchiveReader(const ReadBody& read, ArchiveLimits limits, std::string temporary_folder, Skip skip = {});
  ~ArchiveReader();

  struct Member {
    std::string name;  // as it stands in the archive, without leading "./"
    std::uint64_t size = 0;
  };
  // The next regular file; folders are passed over. Nothing at the end of the archive. Errors: "invalid_request" that
  // names the member and says why, "quota_exceeded", or the stream's.
  Result<std::optional<Member>> next();
  // Bytes of the current member; 0 at its end.
  Result<std::size_t> read(std::span<std::byte> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::deploy
