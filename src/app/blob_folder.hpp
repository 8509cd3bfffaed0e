// Where the blobs of a data folder are. A folder whose blobs are in a bucket says so in {data}/bucket.toml, which keeps
// a server from starting on it as if they were elsewhere, and tells the words that work beside a server. Main thread;
// blocks.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "app/settings.hpp"
#include "blob/blob_store.hpp"
#include "blob/bucket_store.hpp"

namespace sitepod::app {

inline constexpr std::string_view kBucketFile = "/bucket.toml";
// The id by which a bucket knows the server of this folder; made by its first start with a bucket.
inline constexpr std::string_view kServerIdFile = "/server-id";

// For the server. Asks the bucket whether it can be used: a wrong setting is an error that names it; a bucket that
// cannot be reached is one for a folder that was never in it, else a line in the log. Conflict: the folder's blobs are
// elsewhere than the settings say, or another server has the bucket.
Result<std::unique_ptr<blob::BlobStore>> open_blobs(const ServerConfig& config);
// For words beside a server or after it; who may use the bucket stands in the environment.
Result<std::unique_ptr<blob::BlobStore>> open_blobs_for_reading(const std::string& data_dir);
// Whether the bucket of the folder can be used, and where it is; nothing when it has none.
struct BucketFinding {
  std::string place;
  Result<void> usable;
  std::string owner = {};  // the server that has it; empty: none, or unknown
  blob::BucketStore::Spool spool = {};
  std::chrono::milliseconds took{0};  // to list, write, read and remove
  std::string server = {};            // that of the folder; empty: it has no id yet
};
std::optional<BucketFinding> examine_bucket_of(const std::string& data_dir);

}  // namespace sitepod::app
