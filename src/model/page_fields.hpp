// The fields of a PageChange by their names, which are the same in the content API and in front matter; the switches
// have theirs in page.hpp. In the order in which people read them. Any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/page_change.hpp"

namespace sitepod::model {

template <typename T>
struct PageField {
  std::string_view name;
  std::optional<T> PageChange::*field;
};
using TextField = PageField<std::string>;
using FlagField = PageField<bool>;
using ListField = PageField<std::vector<std::string>>;

inline constexpr TextField kTextFields[] = {{"title", &PageChange::title},
                                            {"contentType", &PageChange::content_type},
                                            {"section", &PageChange::section},
                                            {"slug", &PageChange::slug},
                                            {"id", &PageChange::id},
                                            {"description", &PageChange::description},
                                            {"apiEndpoint", &PageChange::api_endpoint},
                                            {"publishedAt", &PageChange::published_at},
                                            {"authorId", &PageChange::author_id},
                                            {"password", &PageChange::password},
                                            {"ogImageUrl", &PageChange::og_image_url},
                                            {"language", &PageChange::language},
                                            {"theme", &PageChange::theme},
                                            {"primaryColor", &PageChange::primary_color},
                                            {"codeThemeLight", &PageChange::code_theme_light},
                                            {"codeThemeDark", &PageChange::code_theme_dark},
                                            {"fontSize", &PageChange::font_size},
                                            {"content", &PageChange::content}};

inline constexpr FlagField kFlagFields[] = {{"draft", &PageChange::draft},
                                            {"showListings", &PageChange::show_listings}};

inline constexpr ListField kListFields[] = {{"tags", &PageChange::tags}, {"aliases", &PageChange::aliases}};

inline constexpr std::string_view kOrderField = "order";

}  // namespace sitepod::model
