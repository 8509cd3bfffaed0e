#include "meta/session.hpp"

#include "base/log.hpp"

namespace sitepod::meta {

Digest Row::digest(int column) const {
  std::string_view bytes = text(column);
  Digest digest;
  if (bytes.size() == digest.bytes.size())
    std::memcpy(digest.bytes.data(), bytes.data(), digest.bytes.size());
  else
    log::error("a digest in the database does not have 32 bytes; it counts as all zero", {{"bytes", bytes.size()}});
  return digest;
}

}  // namespace sitepod::meta
