// Names a connection across threads and turns: whoever answers later looks it up, and finds nothing when it has gone.
// A value.
#pragma once

#include <cstdint>

namespace sitepod::serve {

struct ConnectionId {
  std::uint32_t index = 0;  // place in the worker's table
  std::uint32_t life = 0;   // how often that place has been given away
};

}  // namespace sitepod::serve
