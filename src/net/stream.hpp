// One end of a TCP connection as bytes. Every receive and send of the data plane goes through these functions,
// so that a TLS stream has one place to stand beside this one.
// A resource; worker thread only. Never blocks.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/fd.hpp"

namespace sitepod::net {

enum class IoState : std::uint8_t {
  Moved,       // `count` bytes moved; fewer than asked for means that the kernel has no more, or no more room, now
  WouldBlock,  // nothing moved; an edge will tell
  Ended,       // receive: the other side sends no more. send_file: the file is shorter than it was
  Broken,      // the connection is lost
  FileFailed,  // send_file: the file cannot be read
};

struct IoResult {
  IoState state = IoState::Moved;
  std::size_t count = 0;
};

enum class More : std::uint8_t { No, Follows };  // Follows: hold back a partial segment, the rest comes at once

class Stream {
 public:
  Stream() = default;
  explicit Stream(UniqueFd fd) : fd_(std::move(fd)) {}

  int fd() const { return fd_.get(); }
  explicit operator bool() const { return static_cast<bool>(fd_); }

  IoResult receive(std::span<char> out);
  IoResult send(std::span<const char> bytes, More more);
  IoResult send(std::span<const iovec> pieces, More more);
  IoResult send_file(int file, std::uint64_t offset, std::size_t length);
  // Says "no more from here" and keeps receiving.
  void end_sending();
  void close() { fd_.reset(); }
  // Numeric, without port; empty when the connection is gone already.
  std::string peer_address() const;

 private:
  UniqueFd fd_;
};

}  // namespace sitepod::net
