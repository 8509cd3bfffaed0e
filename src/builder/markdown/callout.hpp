// Callouts: a quote whose first line begins with "[!NOTE]" (GitHub), perhaps with "-" or "+" to fold it and with a
// title of its own (Obsidian). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sitepod::builder::markdown {

enum class Fold : std::uint8_t { kNone, kOpen, kClosed };

struct Callout {
  std::string_view look;   // note, tip, important, warning or caution
  std::string title;       // unless the author writes one: the word in the brackets
  std::size_t length = 0;  // of the marker and the spaces behind it
  Fold fold = Fold::kNone;
};

// The callout that a quote's first text begins.
std::optional<Callout> parse_callout(std::string_view text);

// The tags up to where the title stands.
void open_callout(const Callout& callout, std::string& out);

}  // namespace sitepod::builder::markdown
