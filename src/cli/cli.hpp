// The client's words of the program: `sitepod deploy`, `login`, `rollback` and the like. Called once, by main().
#pragma once

#include <span>
#include <string_view>

namespace sitepod::cli {

// A word of the program that is not the client's: serve, fsck, …
struct ServerWord {
  std::string_view name, description;
};

// Parses the arguments, runs the command and yields the exit status (docs/cli.md). The result goes to standard output,
// all else to standard error.
int run(int argc, char** argv, std::span<const ServerWord> server_words);

}  // namespace sitepod::cli
