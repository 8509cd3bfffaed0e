// Exit statuses, which scripts rely on: docs/cli.md lists them.
#pragma once

#include "base/error.hpp"

namespace sitepod::cli {

enum ExitCode : int {
  kOk = 0,
  kFailure = 1,
  kUsage = 2,
  kNotLoggedIn = 4,
  kForbidden = 5,
  kNotFound = 6,
  kConflict = 7,
  kQuota = 8,
  kGate = 9,
  kNetwork = 10,
  kInterrupted = 130,
};

ExitCode exit_code_of(const Error& error);

// A mistake in arguments or settings.
inline Error usage(std::string message) { return invalid("usage", std::move(message)); }
inline Error interrupted() {
  return {ErrorKind::Unavailable, "interrupted", "Interrupted; nothing was released.", {}, {}};
}

}  // namespace sitepod::cli
