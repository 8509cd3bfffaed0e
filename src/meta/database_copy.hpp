// A consistent copy of the database, also of one that a server is writing to.
#pragma once

#include <functional>
#include <string>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

// One moment of the database at `from`, durable at `to`. Requires: there is nothing at `to`. Any thread; blocks,
// writers of `from` do not wait for it.
Result<void> copy_database(const std::string& from, const std::string& to);

// Every file that the blob store must have: contents, manifests, encodings; each once. `is_derived`: can be made again.
Result<void> each_needed_blob(Session& session,
                              const std::function<bool(const Digest& blob, std::uint64_t size, bool is_derived)>& each);

}  // namespace sitepod::meta
