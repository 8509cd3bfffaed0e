// Work that visitors and the API come before.
#pragma once

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.hpp"

namespace sitepod::content {

// Of the calling thread only (Linux gives each thread a niceness of its own).
inline void lower_priority() {
  constexpr int kNiceness = 10;
  if (::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), kNiceness) != 0)
    log::warn("could not lower the priority of a background thread", {});
}

}  // namespace sitepod::content
