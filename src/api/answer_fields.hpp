// What a server's answer says in a field, for clients: what is absent or of another type is empty, 0, false or no
// items, so that answers of older and newer servers can be read. Pure functions; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_value.hpp"

namespace sitepod::api {

std::string text_of(const JsonValue& object, std::string_view name);
std::int64_t integer_of(const JsonValue& object, std::string_view name);
bool flag_of(const JsonValue& object, std::string_view name);
// A reference into the object, or to a list that is always empty.
const std::vector<JsonValue>& items_of(const JsonValue& object, std::string_view name);
// Of the items those that are texts.
std::vector<std::string> texts_of(const JsonValue& object, std::string_view name);

}  // namespace sitepod::api
