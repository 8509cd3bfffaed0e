// A page of a site as its author keeps it, with the site's own settings. Values; any thread. The content API validates
// before it makes one (content/validate), so whoever holds a Page may trust its fields' shapes, but never their text:
// everything textual is escaped where it is written.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sitepod::model {

enum class ContentType : std::uint8_t { kDocs, kBlog, kStandalone, kHomepage };
std::string_view to_string(ContentType type);
std::optional<ContentType> parse_content_type(std::string_view text);

// The fourteen switches of a page, in the contract's order.
enum class Switch : std::uint8_t {
  kShowToc,
  kShowSocialShare,
  kShowComments,
  kShowNextPrev,
  kShowNewsletterCta,
  kShowTags,
  kShowDates,
  kShowAuthor,
  kShowReadingTime,
  kShowBreadcrumbs,
  kShowCopyMarkdown,
  kShowGalleryDownload,
  kFullWidthGallery,
  kMasonryGallery,
};
constexpr std::size_t kSwitches = 14;
// "showToc" and so on: the name in JSON.
std::string_view to_string(Switch which);

enum class SwitchValue : std::uint8_t { kInherit, kTrue, kFalse };
using Switches = std::array<SwitchValue, kSwitches>;  // value-initialised: all inherit

// What a page may override and a site sets. An empty string inherits (from the site; the site from the theme).
struct Look {
  std::string theme;
  std::string primary_color;  // #rgb or #rrggbb
  std::string code_theme_light;
  std::string code_theme_dark;
  std::string font_size;  // compact, comfortable, large
  Switches switches{};
  bool operator==(const Look&) const = default;
};

// Milliseconds since 1970 in UTC.
using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

struct Page {
  std::string id;  // UUID
  std::string slug;
  std::string title;
  std::string content;  // markdown
  ContentType content_type = ContentType::kBlog;
  std::string section;  // lower case; standalone may have two segments, "a/b"; empty: none
  std::string description;
  std::string api_endpoint;  // "GET /users", or only the method
  bool draft = false;
  std::vector<std::string> tags;  // lower case, in the author's order
  std::optional<Timestamp> published_at;
  Timestamp created_at{};
  Timestamp updated_at{};
  std::string author_id;
  std::string password_hash;  // argon2id verifier; empty: everybody may read
  std::string og_image_url;
  std::string language;
  Look look;
  bool show_listings = false;         // homepage only
  std::optional<std::int64_t> order;  // place in the docs' navigation; pages without one follow by title
  std::vector<std::string> aliases;   // old paths of this page ("/docs/old"), each redirects here
  bool operator==(const Page&) const = default;
};

// The address of a page on its site: "/", "/docs/section/slug", "/blog/slug", "/slug" (content API §10).
std::string page_path(ContentType type, std::string_view section, std::string_view slug);

struct Author {
  std::string id;
  std::string name;
  std::string slug;
  std::string bio;
  std::string avatar_url;
};

struct NavigationLink {
  std::string title;
  std::string url;
};

struct SiteSettings {
  std::string title;
  std::string description;
  std::string logo_url;
  std::string language = "en";
  Look look;
  std::vector<NavigationLink> navigation;  // empty: made from the sections
  std::vector<NavigationLink> footer;
  bool allow_raw_html = false;
  std::string newsletter_action;  // URL that the newsletter form posts to; empty: no form
  std::string comments_html_url;  // URL of a page with the comments, linked below an article; empty: none
  // Display names captured from mixed-case input: "ios" → "iOS"; sections by each full path prefix, "api/builds" →
  // "Builds".
  std::vector<std::pair<std::string, std::string>> tag_names;
  std::vector<std::pair<std::string, std::string>> section_names;
};

}  // namespace sitepod::model
