#include "cli/old_folder.hpp"

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "api/json_value.hpp"
#include "base/digest.hpp"
#include "base/file.hpp"
#include "cli/exit_code.hpp"

namespace sitepod::cli {
namespace {

namespace fs = std::filesystem;
using api::JsonValue;

constexpr std::uint64_t kMaxFileBytes = 256 << 20;
constexpr std::size_t kMaxValues = 10'000'000;

std::string text_of(const JsonValue& object, std::string_view name) {
  const JsonValue* found = object.find(name);
  return found && found->kind == JsonValue::Kind::Text ? found->text : std::string();
}

Result<JsonValue> read_json(const std::string& path) {
  const std::string text = SITEPOD_TRY(read_file(path, kMaxFileBytes));
  JsonValue value = SITEPOD_TRY(api::parse_json(text, kMaxValues));
  if (value.kind != JsonValue::Kind::Object) return invalid_request("It is no JSON object.");
  return value;
}

Result<OldPointer> read_pointer(const fs::path& file) {
  const JsonValue value = SITEPOD_TRY(read_json(file.string()));
  OldPointer pointer;
  pointer.file = file.string();
  pointer.project = file.parent_path().filename().string();
  pointer.name = file.stem().string();
  pointer.updated_at = text_of(value, "updated_at");
  pointer.expires_at = parse_rfc3339(text_of(value, "expires_at"));
  const JsonValue* manifest = value.find("manifest");
  if (!manifest || manifest->kind != JsonValue::Kind::Object || manifest->members.empty())
    return invalid_request("It names no files.");
  for (const auto& [path, entry] : manifest->members) {
    pointer.files.push_back({path, text_of(entry, "hash"), text_of(entry, "content_type")});
    if (!old_blob_path(pointer.files.back().hash)) return invalid_request("The file \"" + path + "\" has no hash.");
  }
  return pointer;
}

std::string why(const Error& error) { return error.context.empty() ? error.message : error.context; }

// Every FOLDER/{project}/{name}.json.
std::vector<OldPointer> read_pointers(const fs::path& folder, std::vector<std::string>& problems) {
  std::vector<OldPointer> found;
  std::error_code failure;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder, failure)) {
    if (entry.path().extension() != ".json" || !entry.is_regular_file()) continue;
    auto pointer = read_pointer(entry.path());
    if (pointer.ok())
      found.push_back(std::move(pointer).value());
    else
      problems.push_back(entry.path().string() + ": " + why(pointer.error()));
  }
  std::sort(found.begin(), found.end(), [](const OldPointer& a, const OldPointer& b) {
    return std::tie(a.project, a.updated_at, a.name) < std::tie(b.project, b.updated_at, b.name);
  });
  return found;
}

void read_routes(const fs::path& file, OldFolder& folder) {
  if (!fs::exists(file)) return;
  auto value = read_json(file.string());
  const JsonValue* entries = value.ok() ? value->find("entries") : nullptr;
  if (!entries || entries->kind != JsonValue::Kind::Array) {
    folder.problems.push_back(file.string() + ": " + (value.ok() ? "It has no entries." : why(value.error())));
    return;
  }
  for (const JsonValue& entry : entries->items)
    folder.routes.push_back({text_of(entry, "project"), text_of(entry, "domain"), text_of(entry, "slug")});
}

}  // namespace

std::optional<std::string> old_blob_path(std::string_view hash) {
  if (!parse_digest(hash)) return std::nullopt;
  return std::string(hash.substr(0, 2)) + "/" + std::string(hash);
}

Result<OldFolder> read_old_folder(const std::string& folder) {
  const fs::path root(folder);
  if (!fs::is_directory(root / "refs") || !fs::is_directory(root / "blobs"))
    return usage(folder + " is no data folder of a SitePod server: refs and blobs must lie in it.");
  OldFolder read;
  read.environments = read_pointers(root / "refs", read.problems);
  read.previews = read_pointers(root / "previews", read.problems);
  read_routes(root / "routing" / "index.json", read);
  return read;
}

}  // namespace sitepod::cli
