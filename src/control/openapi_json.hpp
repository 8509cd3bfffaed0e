// docs/openapi.yaml as JSON, made at build time by tools/embed_openapi.py. Immutable; any thread.
#pragma once

#include <string_view>

namespace sitepod::control {

std::string_view openapi_json();

}  // namespace sitepod::control
