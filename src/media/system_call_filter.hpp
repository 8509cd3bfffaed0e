// A seccomp filter that takes from the calling thread, and from what it starts, the calls by which a broken decoder
// could reach beyond its own process. Requires: no_new_privs is set. Irrevocable.
#pragma once

#include <cstdint>

namespace sitepod::media {

enum class Programs : std::uint8_t { Forbidden, Allowed };

// False with errno set when the kernel refuses, and on machines whose call numbers are not known here.
bool filter_system_calls(Programs programs);

}  // namespace sitepod::media
