// Which picture stands for a page where links to it are shown. Here it is only described and named; whoever serves the
// site has it made, since drawing takes longer than building.
#include <fmt/format.h>

#include <algorithm>

#include "builder/composer.hpp"
#include "builder/languages.hpp"

namespace sitepod::builder {
namespace {

// Part of every name: another number when the pictures look otherwise.
constexpr std::string_view kDesign = "social image 1";

void name(SocialImage& image) {
  KeyHasher hasher;
  hasher.add(kDesign);
  for (const std::string* part :
       {&image.site, &image.title, &image.subtitle, &image.byline, &image.language, &image.accent})
    hasher.add(*part);
  const CacheKey key = hasher.finish();
  image.path = fmt::format("assets/social-{:016x}{:016x}.png", key.high, key.low);
}

}  // namespace

void Composer::make_site_image() {
  site_image_ = site_image();
  page_images_.resize(outline_.pages.size());
}

void Composer::make_page_image(PageNumber number) {
  const PlacedPage& placed = outline_.pages[number];
  // A locked page's title is for those who know its password.
  if (placed.is_locked || !placed.page->og_image_url.empty() || placed.url == "/") return;
  page_images_[number] = page_image(number);
}

SocialImage Composer::page_image(PageNumber number) const {
  const PlacedPage& placed = outline_.pages[number];
  const EntryView& entry = entries_[number];
  SocialImage image;
  image.site = site_view_.title;
  image.title = entry.title;
  image.language = is_language(placed.page->language) ? placed.page->language : site_view_.language;
  image.accent = accent_on_dark(looks_[number].primary_color);
  const bool is_post = placed.page->content_type == model::ContentType::kBlog;
  if (entry.has_author) image.byline = entry.author.name;
  if (is_post && entry.has_date) image.byline += (image.byline.empty() ? "" : " · ") + entry.date.text;
  if (image.byline.empty()) image.byline = site_host();
  name(image);
  return image;
}

// Of the homepage and of everything that is no page.
SocialImage Composer::site_image() const {
  SocialImage image;
  image.site = site_host();
  image.title = site_view_.title;
  image.subtitle = site_view_.description;
  image.language = site_view_.language;
  image.accent = accent_on_dark(site_look_.primary_color);
  name(image);
  return image;
}

std::string Composer::site_host() const {
  const std::string_view url = site_.base_url;
  const std::size_t scheme = url.find("://");
  return std::string(scheme == std::string_view::npos ? url : url.substr(scheme + 3));
}

void Composer::set_social_image(HeadView& head, const SocialImage& image) const {
  if (image.path.empty()) return;
  head.og_image = absolute("/" + image.path);
  head.has_social_image = true;
}

std::vector<SocialImage> Composer::social_images() const {
  std::vector<SocialImage> images;
  const auto add = [&](const SocialImage& image) {
    if (!image.path.empty()) images.push_back(image);
  };
  add(site_image_);
  for (const SocialImage& image : page_images_) add(image);
  std::sort(images.begin(), images.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  const auto is_same = [](const auto& a, const auto& b) { return a.path == b.path; };
  images.erase(std::unique(images.begin(), images.end(), is_same), images.end());
  return images;
}

}  // namespace sitepod::builder
