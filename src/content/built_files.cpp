#include "content/built_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "content/media_library.hpp"

namespace sitepod::content {
namespace {

constexpr std::size_t kMaxReportedLinks = 1'000;

std::string without_controls(std::string_view target) {
  std::string out;
  for (const char c : target)
    if (const auto byte = static_cast<unsigned char>(c); byte < 0x20)
      out += fmt::format("%{:02X}", byte);
    else
      out += c;
  return out;
}

}  // namespace

std::vector<deploy::MadeFile> files_of(std::vector<builder::BuiltFile> built, const builder::Site& site) {
  std::vector<deploy::MadeFile> files;
  files.reserve(built.size() + site.media.size());
  for (builder::BuiltFile& file : built)
    files.push_back({std::move(file.path), std::move(file.bytes), file.digest, file.size});
  for (const builder::MediaFile& media : site.media)
    if (media.media_type != kWaitingFilmType)
      files.push_back({media.path, nullptr, media.blob, media.size, media.media_type, deploy::MadeFile::Origin::Media});
  return files;
}

std::string report_of(const builder::BuiltSite& built) {
  std::string report;
  const std::size_t count = std::min(built.broken_links.size(), kMaxReportedLinks);
  for (std::size_t i = 0; i < count; ++i) {
    const builder::BrokenLink& link = built.broken_links[i];
    report += link.page + "\t" + std::to_string(link.line) + "\t" + without_controls(link.target) + "\n";
  }
  return report;
}

std::vector<builder::BrokenLink> read_report(std::string_view report) {
  std::vector<builder::BrokenLink> links;
  while (!report.empty()) {
    const std::string_view row = report.substr(0, report.find('\n'));
    report.remove_prefix(std::min(row.size() + 1, report.size()));
    const std::size_t page = row.find('\t');
    const std::size_t line = page == std::string_view::npos ? page : row.find('\t', page + 1);
    if (line == std::string_view::npos) continue;
    builder::BrokenLink link{std::string(row.substr(0, page)), 0, std::string(row.substr(line + 1))};
    const auto number = std::from_chars(row.data() + page + 1, row.data() + line, link.line);
    if (number.ec == std::errc() && number.ptr == row.data() + line) links.push_back(std::move(link));
  }
  return links;
}

}  // namespace sitepod::content
