// The data folder of a SitePod 0.2 server, read as it lies on disk: which image each environment and preview shows, and
// which domains lead where. Nothing is written. Values; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace sitepod::cli {

struct OldFile {
  std::string path;
  std::string hash;  // names its file below blobs/
  std::string content_type;
};

// refs/{project}/{environment}.json or previews/{project}/{slug}.json
struct OldPointer {
  std::string file;
  std::string project;
  std::string name;  // of the environment or preview
  std::vector<OldFile> files;
  std::string updated_at;
  std::optional<Instant> expires_at;  // of a preview
};

// An entry of routing/index.json.
struct OldRoute {
  std::string project, domain, slug;
};

struct OldFolder {
  std::vector<OldPointer> environments;  // the one that changed last is last
  std::vector<OldPointer> previews;
  std::vector<OldRoute> routes;
  std::vector<std::string> problems;  // files that say nothing sensible, each a sentence
};

// Errors: "usage" when the folder is none of that server.
Result<OldFolder> read_old_folder(const std::string& folder);

// "ab/abcdef…" below blobs/. Nothing: the hash is none.
std::optional<std::string> old_blob_path(std::string_view hash);

}  // namespace sitepod::cli
