// What lies where in a data folder, and the lock that keeps a second server off a data folder: flock on {data}/lock,
// which the kernel drops with the process. The lock is a resource; the main thread holds it for as long as the process
// works on the folder.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace sitepod::app {

inline constexpr std::string_view kDatabaseFile = "/sitepod.db";
// Where the database keeps the address of the API, for words that print it without a server's configuration.
inline constexpr std::string_view kBaseUrlSetting = "base_url";

// Locked for the life of the descriptor. Conflict: another process has it; the message names the folder and the
// process.
Result<UniqueFd> lock_data_folder(const std::string& data_dir);

}  // namespace sitepod::app
