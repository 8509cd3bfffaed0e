#include <algorithm>
#include <array>

#include "builder/site_plan.hpp"

namespace sitepod::builder {
namespace {

// `text` must outlive the plan.
PlannedFile asset_file(const std::string& path, std::string_view text) {
  PlannedFile file;
  file.path = path;
  // The name carries the hash of the content.
  file.draft = [path, text] {
    KeyHasher hasher;
    hasher.add("asset");
    hasher.add(path);
    return Draft{hasher.finish(), [text] { return std::string(text); }};
  };
  return file;
}

// One line of Markdown's text: nothing in it begins another structure.
std::string one_line(std::string_view text) {
  static constexpr std::string_view kSpecial = "\n\r\t[]\\<`";
  static const auto kIsSpecial = [] {
    std::array<bool, 256> is_special{};
    for (const char c : kSpecial) is_special[static_cast<std::uint8_t>(c)] = true;
    return is_special;
  }();
  std::string out;
  out.reserve(text.size() + 8);
  while (!text.empty()) {
    const auto special =
        std::find_if(text.begin(), text.end(), [](char c) { return kIsSpecial[static_cast<std::uint8_t>(c)]; });
    const auto plain = static_cast<std::size_t>(special - text.begin());
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    const char c = text.front();
    if (c == '\n' || c == '\r' || c == '\t')
      out.push_back(' ');
    else
      out.append({'\\', c});
    text.remove_prefix(1);
  }
  return out;
}

void append_pages(const PlanContext& context, std::string_view title, const std::vector<PageNumber>& pages,
                  std::string& out) {
  bool is_first = true;
  for (const PageNumber number : pages) {
    const PlacedPage& placed = context.outline.pages[number];
    if (placed.is_locked) continue;
    if (is_first) out += "\n## " + one_line(title) + "\n\n";
    is_first = false;
    const std::string twin = placed.path == "/" ? "/index.md" : placed.path + ".md";
    out.append("- [")
        .append(one_line(placed.page->title))
        .append("](")
        .append(context.composer.absolute(twin))
        .append(")");
    if (const std::string& summary = context.composer.entry(number).summary; !summary.empty())
      out.append(": ").append(one_line(summary));
    out += "\n";
  }
}

// llmstxt.org: what the site is, and where each page's Markdown stands.
std::string make_llms_txt(const PlanContext& context) {
  constexpr std::size_t kUsualLine = 320;
  const SiteView& site = context.composer.site_view();
  std::string out;
  out.reserve(context.outline.pages.size() * kUsualLine);
  out += "# " + one_line(site.title) + "\n";
  if (!site.description.empty()) out += "\n> " + one_line(site.description) + "\n";
  append_pages(context, "Pages", context.outline.root_pages, out);
  for (const std::string& area : context.outline.areas) {
    const PlacedSection& top = context.outline.sections.at(area);
    append_pages(context, top.title, top.pages, out);
    for (const std::string& inner : top.sections) {
      const PlacedSection& section = context.outline.sections.at(inner);
      append_pages(context, top.title + ": " + section.title, section.pages, out);
    }
  }
  return out;
}

PlannedFile llms_file(const PlanContext& context) {
  PlannedFile file;
  file.path = "llms.txt";
  file.draft = [&context] {
    KeyHasher hasher;
    hasher.add("llms.txt");
    hasher.add(context.composer.site_view().key);
    for (PageNumber i = 0; i < context.outline.pages.size(); ++i) {
      const PlacedPage& placed = context.outline.pages[i];
      hasher.add(placed.page->title);
      hasher.add(placed.path);
      hasher.add(std::uint64_t{placed.is_locked});
      hasher.add(context.composer.entry(i).summary);
      hasher.add(placed.section);
      // Order among the pages of a section does not show in an entry.
      hasher.add(std::uint64_t{context.outline.pages[i].next.value_or(0)});
    }
    for (const PageNumber page : context.outline.root_pages) hasher.add(std::uint64_t{page});
    for (const std::string& area : context.outline.areas) hasher.add(area);
    for (const auto& [id, section] : context.outline.sections) {
      hasher.add(section.title);
      for (const std::string& inner : section.sections) hasher.add(inner);
    }
    return Draft{hasher.finish(), [&context] { return make_llms_txt(context); }};
  };
  return file;
}

bool is_needed(const PlanContext& context, AssetUse use) {
  for (PageNumber i = 0; i < context.outline.pages.size(); ++i) {
    const PageFacts& facts = context.texts.facts(i);
    if ((use == AssetUse::Math && facts.has_math) || (use == AssetUse::Diagrams && facts.has_diagram)) return true;
  }
  return use == AssetUse::Always;
}

}  // namespace

void plan_plain_files(const PlanContext& context, Plan& plan) {
  for (const ThemeAsset& asset : context.theme.assets)
    if (is_needed(context, asset.use)) plan.push_back(asset_file(asset.path, asset.text));
  for (const SiteStyle& style : context.composer.styles()) plan.push_back(asset_file(style.path, style.css));
  plan.push_back(
      known_file("robots.txt", "User-agent: *\nAllow: /\n\nSitemap: " + context.site.base_url + "/sitemap.xml\n"));
  plan.push_back(llms_file(context));
}

}  // namespace sitepod::builder
