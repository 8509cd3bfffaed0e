#include "content/live_reload.hpp"

#include <algorithm>

namespace sitepod::content {
namespace {

constexpr std::string_view kScript = R"(// Looks twice a second whether the site was built anew.
let known;
setInterval(async () => {
  try {
    const answer = await fetch("/_dev/build.txt", {cache: "no-store"});
    if (!answer.ok) return;
    const build = await answer.text();
    if (known !== undefined && build !== known) location.reload();
    known = build;
  } catch {
    // The server is away; it may come back.
  }
}, 500);
)";
constexpr std::string_view kElement = "<script src=\"/_dev/reload.js\" defer></script>";
constexpr std::string_view kHead = "</head>";

builder::BuiltFile file_of(std::string path, std::string bytes) {
  const Digest digest = sha256(bytes);
  const std::size_t size = bytes.size();
  return {std::move(path), std::make_shared<const std::string>(std::move(bytes)), digest, size};
}

}  // namespace

void add_live_reload(builder::BuiltSite& built) {
  std::string digests;
  for (builder::BuiltFile& file : built.files) {
    digests += file.digest.hex();
    const std::size_t head = file.path.ends_with(".html") ? file.bytes->find(kHead) : std::string::npos;
    if (head != std::string::npos) file = file_of(file.path, std::string(*file.bytes).insert(head, kElement));
  }
  built.files.push_back(file_of("_dev/build.txt", sha256(digests).hex()));
  built.files.push_back(file_of("_dev/reload.js", std::string(kScript)));
  std::sort(built.files.begin(), built.files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
}

}  // namespace sitepod::content
