// SQLite's result codes in our words. Pure; any thread. Private to the room.
#pragma once

#include <string_view>

#include "base/error.hpp"

namespace sitepod::meta {

// `system_error` is the errno that SQLite remembers; `context` is what was being done.
Error sqlite_error(int extended_code, int system_error, std::string_view detail, std::string_view context);

}  // namespace sitepod::meta
