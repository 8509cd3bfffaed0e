#include "builder/markdown/callout.hpp"

#include <iterator>
#include <utility>

#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

// GitHub's five, and Obsidian's words for the same.
constexpr std::pair<std::string_view, std::string_view> kLooks[] = {
    {"note", "note"},         {"tip", "tip"},         {"important", "important"}, {"warning", "warning"},
    {"caution", "caution"},   {"info", "note"},       {"todo", "note"},           {"abstract", "note"},
    {"summary", "note"},      {"tldr", "note"},       {"question", "note"},       {"help", "note"},
    {"faq", "note"},          {"example", "note"},    {"quote", "note"},          {"cite", "note"},
    {"hint", "tip"},          {"success", "tip"},     {"check", "tip"},           {"done", "tip"},
    {"attention", "warning"}, {"danger", "caution"},  {"error", "caution"},       {"failure", "caution"},
    {"fail", "caution"},      {"missing", "caution"}, {"bug", "caution"}};

}  // namespace

std::optional<Callout> parse_callout(std::string_view text) {
  if (!text.starts_with("[!")) return std::nullopt;
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos || end > 20) return std::nullopt;
  const std::string word = lower_case(text.substr(2, end - 2));
  const auto* row =
      std::find_if(std::begin(kLooks), std::end(kLooks), [&](const auto& look) { return look.first == word; });
  if (row == std::end(kLooks)) return std::nullopt;
  Callout callout{row->second, word, end + 1, Fold::kNone};
  callout.title[0] = static_cast<char>(callout.title[0] - 32);
  if (text.size() > callout.length && (text[callout.length] == '-' || text[callout.length] == '+'))
    callout.fold = text[callout.length++] == '-' ? Fold::kClosed : Fold::kOpen;
  if (text.size() > callout.length && text[callout.length] != ' ') return std::nullopt;
  while (callout.length < text.size() && text[callout.length] == ' ') ++callout.length;
  return callout;
}

void open_callout(const Callout& callout, std::string& out) {
  const std::string_view open = callout.fold == Fold::kNone ? "<div" : "<details";
  out.append(open).append(" class=\"callout callout-").append(callout.look).append("\"");
  if (callout.fold == Fold::kNone) out += " role=\"note\"><p class=\"callout-title\">";
  if (callout.fold == Fold::kOpen) out += " open";
  if (callout.fold != Fold::kNone) out += "><summary class=\"callout-title\">";
}

}  // namespace sitepod::builder::markdown
