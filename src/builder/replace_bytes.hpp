// Text with some bytes replaced, as every escaping into markup needs it. Pure; any thread.
#pragma once

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace sitepod::builder {

// Of a function that yields what stands for a byte, and a view of nothing for what stays: which bytes it replaces.
template <typename ReplacementOf>
constexpr std::array<bool, 256> table_of_replaced(ReplacementOf replacement_of) {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) table[c] = replacement_of(static_cast<char>(c)).data() != nullptr;
  return table;
}

// What lies between two replaced bytes is copied in one piece.
template <typename ReplacementOf>
void append_replacing(std::string_view text, const std::array<bool, 256>& is_replaced, ReplacementOf replacement_of,
                      std::string& out) {
  for (const char* copied = text.begin();; ++copied) {
    const char* replaced =
        std::find_if(copied, text.end(), [&](char c) { return is_replaced[static_cast<unsigned char>(c)]; });
    out.append(copied, replaced);
    if (replaced == text.end()) return;
    out.append(replacement_of(*replaced));
    copied = replaced;
  }
}

}  // namespace sitepod::builder
