// Reads a tar (plain, gzip or zstd) member by member from a stream, in constant memory. Regular files only: links,
// devices and damage are refused. A resource of one thread; blocks in the stream's read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/result.hpp"
#include "deploy/deployer.hpp"

namespace sitepod::deploy {

class PackReader {
 public:
  // `read` outlives the reader.
  explicit PackReader(const ReadBody& read);
  ~PackReader();

  struct Member {
    std::string name;  // without leading "./" and "/"
    std::uint64_t size = 0;
  };
  // The next regular file; folders are passed over. Nothing at the end of the archive. Errors: "invalid_request", or
  // the stream's.
  Result<std::optional<Member>> next();
  // Bytes of the current member; 0 at its end.
  Result<std::size_t> read(std::span<std::byte> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::deploy
