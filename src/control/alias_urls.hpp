// The other addresses of what was released. Pool thread of the request; blocks.
#pragma once

#include "api/json_writer.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {

// Writes "alias_urls": where custom domains and paths on other hosts show it, too. They show production alone.
void write_alias_urls(api::JsonWriter& json, Call& call, const deploy::Released& released);

}  // namespace sitepod::control
