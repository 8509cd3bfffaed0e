// What a language tag (BCP 47) tells about showing text. Pure; any thread.
#pragma once

#include <string_view>

namespace sitepod::builder {

// Letters, digits and hyphens as in "pt-BR": safe to write anywhere.
bool is_language(std::string_view tag);
bool is_right_to_left(std::string_view tag);

}  // namespace sitepod::builder
