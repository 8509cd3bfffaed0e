// Where the links, images, definitions and embeds of a markdown text lead, and how to lead them elsewhere. Code stays
// as it is. Pure; any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sitepod::manuscript {

struct Destination {
  std::string_view written;   // without <…>, with its percent-escapes; of an embed the part before "#" and "|"
  std::uint32_t line = 1;     // of the text
  bool is_embed = false;      // "![[…]]"
  bool is_bracketed = false;  // it stands in <…>
};

// What shall stand instead of it and its <…>; nothing: it stays as it is.
using ChooseDestination = std::function<std::optional<std::string>(const Destination&)>;

std::string replace_destinations(std::string_view markdown, const ChooseDestination& choose);

std::string percent_decoded(std::string_view text);
// Of a path, so that it can stand in a destination without <…>.
std::string percent_encoded(std::string_view path);

}  // namespace sitepod::manuscript
