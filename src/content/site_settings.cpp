#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "content/sites.hpp"
#include "meta/sites.hpp"
#include "model/names.hpp"

namespace sitepod::content {
namespace {

using model::SiteSettings;

constexpr std::size_t kMaxLinks = 50;
constexpr std::size_t kMaxLinkBytes = 2000;

struct TextSetting {
  std::string_view name;
  std::string& (*of)(Settings& settings);
  std::size_t max_bytes;
};
constexpr TextSetting kTexts[] = {
    {"title", [](Settings& s) -> std::string& { return s.site.title; }, 200},
    {"description", [](Settings& s) -> std::string& { return s.site.description; }, 500},
    {"logoUrl", [](Settings& s) -> std::string& { return s.site.logo_url; }, 2000},
    {"language", [](Settings& s) -> std::string& { return s.site.language; }, 35},
    {"theme", [](Settings& s) -> std::string& { return s.site.look.theme; }, 40},
    {"primaryColor", [](Settings& s) -> std::string& { return s.site.look.primary_color; }, 7},
    {"codeThemeLight", [](Settings& s) -> std::string& { return s.site.look.code_theme_light; }, 40},
    {"codeThemeDark", [](Settings& s) -> std::string& { return s.site.look.code_theme_dark; }, 40},
    {"fontSize", [](Settings& s) -> std::string& { return s.site.look.font_size; }, 20},
    {"newsletterAction", [](Settings& s) -> std::string& { return s.site.newsletter_action; }, 2000},
    {"commentsUrl", [](Settings& s) -> std::string& { return s.site.comments_html_url; }, 2000},
    {"environment", [](Settings& s) -> std::string& { return s.environment; }, 32}};
constexpr std::string_view kAllowRawHtml = "allowRawHtml";

std::optional<std::size_t> find_switch(std::string_view name) {
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    if (model::to_string(static_cast<model::Switch>(i)) == name) return i;
  return std::nullopt;
}

bool is_web_address(std::string_view url) {
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '"' || c == '<'; };
  return (url.starts_with("https://") || url.starts_with("http://")) && std::none_of(url.begin(), url.end(), is_bad);
}
bool is_path(std::string_view url) {
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f || c == '"' || c == '<'; };
  return url.starts_with('/') && !url.starts_with("//") && std::none_of(url.begin(), url.end(), is_bad);
}

// The fields that pages have too follow the pages' rules.
std::string fault_as_of_page(std::string_view name, const std::string& value) {
  model::PageChange page;
  if (name == "language") page.language = value;
  if (name == "theme") page.theme = value;
  if (name == "primaryColor") page.primary_color = value;
  if (name == "codeThemeLight") page.code_theme_light = value;
  if (name == "codeThemeDark") page.code_theme_dark = value;
  if (name == "fontSize") page.font_size = value;
  if (const auto position = find_switch(name)) page.switches[*position] = value;
  const FieldErrors errors = check_fields(page);
  return errors.empty() ? std::string() : errors.front().second;
}

std::string fault_of_setting(std::string_view name, const std::string& value) {
  if (value.empty()) return {};
  if (value.find('\0') != std::string::npos) return fmt::format("{} must not contain NUL", name);
  for (const TextSetting& text : kTexts)
    if (text.name == name && value.size() > text.max_bytes)
      return fmt::format("{} must be at most {} bytes", name, text.max_bytes);
  if (name == "logoUrl" && !is_web_address(value) && !is_path(value))
    return "logoUrl must begin with http://, https:// or /";
  if ((name == "newsletterAction" || name == "commentsUrl") && !is_web_address(value))
    return fmt::format("{} must begin with http:// or https://", name);
  if (name == "environment" && !model::parse_environment_name(value).ok())
    return "environment must be the name of an environment, like prod";
  if (name == kAllowRawHtml && value != "true" && value != "false") return "allowRawHtml must be true or false";
  return fault_as_of_page(name, value);
}

std::string fault_of_links(std::string_view place, const std::vector<model::NavigationLink>& links) {
  if (links.size() > kMaxLinks) return fmt::format("{} must be at most {} links", place, kMaxLinks);
  for (const model::NavigationLink& link : links) {
    if (link.title.empty() || link.title.size() > 100)
      return fmt::format("each title of {} must have 1 to 100 bytes", place);
    if (link.url.size() > kMaxLinkBytes || (!is_web_address(link.url) && !is_path(link.url)))
      return fmt::format("each url of {} must begin with http://, https:// or /", place);
  }
  return {};
}

void apply(Settings& settings, std::string_view name, const std::string& value) {
  for (const TextSetting& text : kTexts)
    if (text.name == name) text.of(settings) = value;
  if (name == kAllowRawHtml) settings.site.allow_raw_html = value == "true";
  if (const auto position = find_switch(name))
    settings.site.look.switches[*position] = value == "true"    ? model::SwitchValue::kTrue
                                             : value == "false" ? model::SwitchValue::kFalse
                                                                : model::SwitchValue::kInherit;
}

bool is_setting(std::string_view name) {
  const std::vector<std::string> names = setting_names();
  return std::find(names.begin(), names.end(), name) != names.end();
}

Result<void> check(const SettingsChange& change) {
  for (const auto& [name, value] : change.values) {
    if (!is_setting(name)) return invalid_request("There is no setting \"" + name + "\".");
    if (std::string fault = fault_of_setting(name, value); !fault.empty())
      return invalid_request("The setting " + fault + ".");
  }
  if (change.navigation)
    if (std::string fault = fault_of_links("navigation", *change.navigation); !fault.empty())
      return invalid_request("The setting " + fault + ".");
  if (change.footer)
    if (std::string fault = fault_of_links("footer", *change.footer); !fault.empty())
      return invalid_request("The setting " + fault + ".");
  return {};
}

}  // namespace

std::vector<std::string> setting_names() {
  std::vector<std::string> names;
  for (const TextSetting& text : kTexts) names.emplace_back(text.name);
  names.emplace_back(kAllowRawHtml);
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    names.emplace_back(model::to_string(static_cast<model::Switch>(i)));
  return names;
}

std::string setting_value(const Settings& settings, std::string_view name) {
  Settings copy = settings;
  for (const TextSetting& text : kTexts)
    if (text.name == name) return text.of(copy);
  if (name == kAllowRawHtml) return settings.site.allow_raw_html ? "true" : "false";
  const auto position = find_switch(name);
  if (!position) return {};
  switch (settings.site.look.switches[*position]) {
    case model::SwitchValue::kTrue:
      return "true";
    case model::SwitchValue::kFalse:
      return "false";
    case model::SwitchValue::kInherit:
      break;
  }
  return "inherit";
}

Result<Settings> load_settings(meta::Session& session, std::string_view project_id) {
  Settings settings;
  settings.environment = std::string(model::kProduction);
  for (const meta::NamedValue& row : SITEPOD_TRY(meta::list_site_settings(session, project_id)))
    apply(settings, row.name, row.value);
  settings.site.navigation = SITEPOD_TRY(meta::list_site_links(session, project_id, "navigation"));
  settings.site.footer = SITEPOD_TRY(meta::list_site_links(session, project_id, "footer"));
  return settings;
}

Result<Settings> Sites::load_settings(std::string_view project_id) {
  return meta_.read([&](meta::Session& session) { return content::load_settings(session, project_id); });
}

Result<Settings> Sites::change_settings(std::string_view project_id, const SettingsChange& change) {
  SITEPOD_TRY(check(change));
  return meta_.write([&](meta::Session& session) -> Result<Settings> {
    for (const auto& [name, value] : change.values)
      SITEPOD_TRY(
          meta::put_site_setting(session, project_id, name, find_switch(name) && value == "inherit" ? "" : value));
    if (change.navigation) SITEPOD_TRY(meta::replace_site_links(session, project_id, "navigation", *change.navigation));
    if (change.footer) SITEPOD_TRY(meta::replace_site_links(session, project_id, "footer", *change.footer));
    return content::load_settings(session, project_id);
  });
}

}  // namespace sitepod::content
