#include "builder/languages.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace sitepod::builder {
namespace {

constexpr std::array<std::string_view, 14> kRightToLeft = {"ar", "arc", "ckb", "dv", "fa", "glk", "he",
                                                           "iw", "ks",  "ps",  "sd", "ug", "ur",  "yi"};
constexpr std::array<std::string_view, 6> kRightToLeftScripts = {"-arab", "-hebr", "-nkoo", "-syrc", "-thaa", "-adlm"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

}  // namespace

bool is_language(std::string_view tag) {
  const std::string_view first = tag.substr(0, tag.find('-'));
  const bool is_word = first.size() >= 2 && first.size() <= 3 && std::all_of(first.begin(), first.end(), is_letter);
  return is_word && tag.size() <= 35 &&
         std::all_of(tag.begin(), tag.end(), [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

bool is_right_to_left(std::string_view tag) {
  std::string lower(tag);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  for (const std::string_view script : kRightToLeftScripts)
    if (lower.find(script) != std::string::npos) return true;
  if (lower.find("-latn") != std::string::npos) return false;
  const std::string_view first = std::string_view(lower).substr(0, lower.find('-'));
  return std::find(kRightToLeft.begin(), kRightToLeft.end(), first) != kRightToLeft.end();
}

}  // namespace sitepod::builder
