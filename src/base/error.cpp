#include "base/error.hpp"

#include <cerrno>
#include <system_error>

namespace sitepod {

Error from_errno(int error_number, std::string_view what) {
  std::string context = std::string(what) + ": " + std::generic_category().message(error_number);
  switch (error_number) {
    case ENOSPC:
    case EDQUOT:
      return {ErrorKind::StorageFull,
              "storage_full",
              "The server's disk is full; nothing was stored. Try again when the operator has made room.",
              std::move(context),
              {}};
    case EROFS:
      return {ErrorKind::Unavailable,
              "unavailable",
              "The server's disk is read-only at the moment; nothing was stored. Try again later.",
              std::move(context),
              {}};
    default:
      return internal(std::move(context));
  }
}

}  // namespace sitepod
