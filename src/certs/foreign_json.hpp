// Members of JSON that another machine has sent. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "api/json_value.hpp"

namespace sitepod::certs {

// Empty when there is none, or when it is no text.
std::string text_of(const api::JsonValue& object, std::string_view name);

// Null when there is none, or when it is no list.
const api::JsonValue* list_of(const api::JsonValue& object, std::string_view name);

// A line for the log: nothing that the other side sends can forge one or fill it.
std::string as_detail(std::string text);

}  // namespace sitepod::certs
