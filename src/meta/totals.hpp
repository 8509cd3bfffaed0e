// How much there is of everything, for figures. Reads whole indexes: for a background thread, never for a request.
#pragma once

#include <cstdint>

#include "base/result.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

struct Totals {
  std::uint64_t users = 0;  // human accounts
  std::uint64_t projects = 0;
  std::uint64_t images = 0;
  std::uint64_t blobs = 0;  // variants included
  std::uint64_t blob_bytes = 0;
  std::uint64_t damaged_blobs = 0;  // in quarantine
  // Uploaded, and durable by no commit yet.
  std::uint64_t staged_blobs = 0;
  std::uint64_t staged_bytes = 0;
  Instant oldest_staged;  // of no meaning without any
};
Result<Totals> count_totals(Session& session);

}  // namespace sitepod::meta
