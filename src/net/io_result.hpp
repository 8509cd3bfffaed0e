// How one receive or send ended. Values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

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

}  // namespace sitepod::net
