#include "model/page.hpp"

namespace sitepod::model {
namespace {

constexpr std::array<std::string_view, 4> kContentTypes = {"docs", "blog", "standalone", "homepage"};
constexpr std::array<std::string_view, kSwitches> kSwitchNames = {
    "showToc",          "showSocialShare",     "showComments",     "showNextPrev",    "showNewsletterCta",
    "showTags",         "showDates",           "showAuthor",       "showReadingTime", "showBreadcrumbs",
    "showCopyMarkdown", "showGalleryDownload", "fullWidthGallery", "masonryGallery",
};

}  // namespace

std::string_view to_string(ContentType type) { return kContentTypes[static_cast<std::size_t>(type)]; }

std::optional<ContentType> parse_content_type(std::string_view text) {
  for (std::size_t i = 0; i < kContentTypes.size(); ++i)
    if (kContentTypes[i] == text) return static_cast<ContentType>(i);
  return std::nullopt;
}

std::string_view to_string(Switch which) { return kSwitchNames[static_cast<std::size_t>(which)]; }

std::string page_path(ContentType type, std::string_view section, std::string_view slug) {
  if (type == ContentType::kHomepage) return "/";
  std::string path;
  if (type == ContentType::kDocs) path = "/docs";
  if (type == ContentType::kBlog) path = "/blog";
  if (!section.empty()) path.append("/").append(section);
  return path.append("/").append(slug);
}

}  // namespace sitepod::model
