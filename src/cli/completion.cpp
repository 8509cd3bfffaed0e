#include "cli/completion.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace sitepod::cli {
namespace {

// In single quotes of a shell.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

// Calls use(chain, tree) for the program and each word below it: "sitepod token create".
template <typename Use>
void each_word(const CommandTree& tree, const std::string& chain, const Use& use) {
  use(chain, tree);
  for (const CommandTree& word : tree.commands) each_word(word, chain + " " + word.name, use);
}

std::string choices_of(const CommandTree& word) {
  std::string choices;
  for (const CommandTree& next : word.commands) choices += next.name + " ";
  for (const CommandOption& option : word.options)
    for (const std::string& name : option.names) choices += name + " ";
  if (!choices.empty()) choices.pop_back();
  return choices;
}

// The body of a function that finds the word which is being completed, and its choices.
std::string chain_finder(const CommandTree& program, std::string_view words_before) {
  std::string known, cases;
  each_word(program, program.name, [&](const std::string& chain, const CommandTree& word) {
    if (chain != program.name) known += (known.empty() ? "" : "|") + quoted(chain);
    cases += fmt::format("    {}) choices={} ;;\n", quoted(chain), quoted(choices_of(word)));
  });
  return fmt::format(
      "  for word in {}; do\n    case \"$chain $word\" in\n      {}) chain=\"$chain $word\" ;;\n    esac\n  done\n"
      "  case \"$chain\" in\n{}  esac\n",
      words_before, known, cases);
}

std::string bash_script(const CommandTree& program) {
  return fmt::format(
      "# bash completion of {0}: source <({0} completion bash)\n_{0}() {{\n"
      "  local current=${{COMP_WORDS[COMP_CWORD]}} chain={0} choices= word\n{1}"
      "  mapfile -t COMPREPLY < <(compgen -W \"$choices\" -- \"$current\")\n}}\n"
      "complete -o default -F _{0} {0}\n",
      program.name, chain_finder(program, "\"${COMP_WORDS[@]:1:COMP_CWORD-1}\""));
}

std::string zsh_script(const CommandTree& program) {
  return fmt::format(
      "#compdef {0}\n# zsh completion of {0}: {0} completion zsh > a folder of $fpath, as _{0}\n_{0}() {{\n"
      "  local chain={0} choices= word\n{1}"
      "  compadd -- ${{=choices}}\n  [[ $words[CURRENT] == -* ]] || _files\n}}\n"
      "if [[ $funcstack[1] == _{0} ]]; then _{0} \"$@\"; else compdef _{0} {0}; fi\n",
      program.name, chain_finder(program, "\"${(@)words[2,CURRENT-1]}\""));
}

std::string fish_option(std::string_view name) {
  return name.starts_with("--") ? fmt::format(" -l {}", name.substr(2)) : fmt::format(" -s {}", name.substr(1));
}

std::string fish_script(const CommandTree& program) {
  std::string out = fmt::format("# fish completion of {0}: {0} completion fish > ~/.config/fish/completions/{0}.fish\n",
                                program.name);
  each_word(program, "", [&](const std::string& chain, const CommandTree& word) {
    // Behind the words of the chain, and, where others may follow, behind none of those.
    std::string condition;
    for (std::size_t at = 0; at < chain.size();) {
      const std::size_t end = std::min(chain.find(' ', at + 1), chain.size());
      condition +=
          fmt::format("{}__fish_seen_subcommand_from{}", condition.empty() ? "" : "; and ", chain.substr(at, end - at));
      at = end;
    }
    std::string others;
    for (const CommandTree& next : word.commands) others += " " + next.name;
    if (!others.empty())
      condition += fmt::format("{}not __fish_seen_subcommand_from{}", condition.empty() ? "" : "; and ", others);
    const std::string head = fmt::format("complete -c {} -n {}", program.name, quoted(condition));
    for (const CommandTree& next : word.commands)
      out += fmt::format("{} -f -a {} -d {}\n", head, next.name, quoted(next.description));
    for (const CommandOption& option : word.options) {
      if (option.names.empty()) continue;
      out += head;
      for (const std::string& name : option.names) out += fish_option(name);
      out += fmt::format("{} -d {}\n", option.takes_value ? " -r" : "", quoted(option.description));
    }
  });
  return out;
}

}  // namespace

Result<std::string> completion_script(const CommandTree& program, std::string_view shell) {
  if (shell == "bash") return bash_script(program);
  if (shell == "zsh") return zsh_script(program);
  if (shell == "fish") return fish_script(program);
  return invalid_request("Completions are there for bash, zsh and fish.");
}

}  // namespace sitepod::cli
