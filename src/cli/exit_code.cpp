#include "cli/exit_code.hpp"

namespace sitepod::cli {

ExitCode exit_code_of(const Error& error) {
  // Codes that say more than their kind.
  if (error.code == "interrupted") return kInterrupted;
  if (error.code == "usage" || error.code == "invalid_url") return kUsage;
  if (error.code == "quota_exceeded" || error.code == "storage_quota_exceeded" || error.code == "build_quota_exceeded")
    return kQuota;
  if (error.code == "gate_failed") return kGate;
  if (error.code == "changed" || error.code == "unreadable") return kFailure;  // of local files
  switch (error.kind) {
    case ErrorKind::Unauthenticated:
      return kNotLoggedIn;
    case ErrorKind::Forbidden:
      return kForbidden;
    case ErrorKind::NotFound:
    case ErrorKind::Gone:
      return kNotFound;
    case ErrorKind::Conflict:
      return kConflict;
    case ErrorKind::TooLarge:
    case ErrorKind::StorageFull:
      return kQuota;
    case ErrorKind::RateLimited:
    case ErrorKind::Unavailable:
      return kNetwork;
    case ErrorKind::Invalid:
    case ErrorKind::Unsupported:
    case ErrorKind::Internal:
      return kFailure;
  }
  return kFailure;
}

}  // namespace sitepod::cli
