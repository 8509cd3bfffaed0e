// A seccomp filter that takes from the calling thread, and from what it starts, the calls by which a broken decoder
// could reach beyond its own process. Requires: no_new_privs is set. Irrevocable.
#pragma once

#include <cstdint>

namespace sitepod::media {

enum class Programs : std::uint8_t { Forbidden, Allowed };

// False with errno set when the kernel refuses, and on machines whose call numbers are not known here.
bool filter_system_calls(Programs programs);

// Takes only the calls that start processes; threads may be started. For a program started from a filtered process, so
// that what bounds a process bounds all that a file can use. Errors as above.
bool forbid_processes();

}  // namespace sitepod::media
