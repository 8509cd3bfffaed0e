#include "cli/manual.hpp"

#include <fmt/format.h>

namespace sitepod::cli {
namespace {

// Text of roff: no escapes, no requests, hyphens that can be searched and copied.
std::string roff(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out += "\\&";
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

void append_option(std::string& out, const CommandOption& option) {
  std::string names;
  for (const std::string& name : option.names) names += (names.empty() ? "" : ", ") + name;
  if (names.empty()) names = option.operand;
  out += fmt::format(".TP\n.B {}{}\n{}\n", roff(names),
                     option.takes_value && !option.names.empty() ? " \\fIvalue\\fR" : "", roff(option.description));
}

void append_word(std::string& out, const CommandTree& word, const std::string& chain) {
  out += fmt::format(".SS {}\n{}.\n", roff(chain), roff(word.description));
  for (const CommandOption& option : word.options)
    if (option.names.empty() || option.names.back() != "--help") append_option(out, option);
  for (const CommandTree& next : word.commands) append_word(out, next, chain + " " + next.name);
}

}  // namespace

std::string manual_page(const CommandTree& program) {
  const std::string name = roff(program.name);
  std::string out = fmt::format(
      ".TH {} 1\n.SH NAME\n{} \\- host static sites: a server and its client in one program\n"
      ".SH SYNOPSIS\n.B {}\n.I command\n[options]\n.SH OPTIONS\n",
      roff("SITEPOD"), name, name);
  for (const CommandOption& option : program.options) append_option(out, option);
  out += ".SH COMMANDS\n";
  for (const CommandTree& word : program.commands) append_word(out, word, word.name);
  out +=
      ".SH EXIT STATUS\n0 done; 1 failure; 2 wrong usage; 4 not logged in; 5 forbidden; 6 not found; 7 conflict; 8 "
      "quota; "
      "9 a gate failed; 10 no answer after retries; 130 interrupted.\n";
  return out;
}

}  // namespace sitepod::cli
