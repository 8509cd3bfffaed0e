#include "content/built_files.hpp"

#include <algorithm>
#include <string_view>

namespace sitepod::content {
namespace {

constexpr std::size_t kMaxReportedLinks = 1'000;

bool is_locked(const builder::BuiltSite& built, std::string_view file) {
  return std::any_of(built.locked.begin(), built.locked.end(),
                     [&](const builder::LockedPage& page) { return page.file == file; });
}

}  // namespace

std::vector<deploy::MadeFile> files_of(const builder::BuiltSite& built, const builder::Site& site) {
  std::vector<deploy::MadeFile> files;
  files.reserve(built.files.size() + site.media.size() + 1);
  for (const builder::BuiltFile& file : built.files)
    if (!is_locked(built, file.path)) files.push_back({file.path, file.bytes, file.digest, file.bytes->size()});
  for (const builder::MediaFile& media : site.media)
    files.push_back({media.path, nullptr, media.blob, media.size, media.media_type});
  if (built.redirects.empty()) return files;
  std::string rules;
  for (const builder::Redirect& redirect : built.redirects) rules += redirect.from + " " + redirect.to + " 301\n";
  const Digest digest = sha256(rules);
  const std::uint64_t size = rules.size();
  files.push_back({"_redirects", std::make_shared<const std::string>(std::move(rules)), digest, size});
  return files;
}

std::string report_of(const builder::BuiltSite& built) {
  std::string report;
  const std::size_t count = std::min(built.broken_links.size(), kMaxReportedLinks);
  for (std::size_t i = 0; i < count; ++i) {
    const builder::BrokenLink& link = built.broken_links[i];
    report += link.page + "\t" + std::to_string(link.line) + "\t" + link.target + "\n";
  }
  return report;
}

}  // namespace sitepod::content
