// The rules of single page fields, as far as they hold without looking at the site (content API §3.1 to §3.3).
// Pure functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "model/page_change.hpp"

namespace sitepod::content {

// What is wrong with the fields of one page: the request's name of the field → one message.
using FieldErrors = std::vector<std::pair<std::string, std::string>>;

// Everything but what depends on the page's type or on other pages.
FieldErrors check_fields(const model::PageChange& change);

// Lower-case ASCII of the title as clients derive it; empty when nothing is left.
std::string slug_from_title(std::string_view title);
bool is_slug(std::string_view slug);

std::string lower_cased(std::string_view text);

// Lower-cased. What is wrong with it for a page of that type; empty: nothing.
std::string fault_of_section(model::ContentType type, std::string_view section);
// The part before the first slash.
std::string_view first_segment(std::string_view section);
// Names that the generated site needs for itself below "/".
bool is_reserved_segment(std::string_view segment);

// Lower-cased, trimmed, each once. Requires: they passed check_fields().
std::vector<std::string> normalise_tags(const std::vector<std::string>& tags);

}  // namespace sitepod::content
