// The items of the array form in the shape in which programs write them, read without a parser's events: ten times as
// many bytes a second. What is not of that shape is left to the JSON parser, so that there is one judge of what is
// JSON. Pure; any thread.
#pragma once

#include <cstddef>
#include <string_view>

#include "api/plan_item.hpp"

namespace sitepod::api {

// Reads one item and the comma behind it from the front of `text`: an object that has only fields of the contract, each
// once and with a value of its type; texts are plain ASCII without escapes. Yields the bytes used; 0: not of this shape
// or not complete. The views point into `text`.
std::size_t read_plain_item(std::string_view text, PlanItem& item);

// Bytes of the object at the front of `text` and of the comma behind it, whatever is in it; 0: there is no object at
// the front, or it is not complete, or no comma follows.
std::size_t find_item_end(std::string_view text);

// Whether `text` is the beginning of an item, or of the space before it.
bool may_begin_item(std::string_view text);

}  // namespace sitepod::api
