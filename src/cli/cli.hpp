// The client's words of the program: `sitepod deploy`, `login`, `rollback` and the like. Called once, by main().
#pragma once

#include <string_view>

namespace sitepod::cli {

// Whether the word is a command of the client; the server's words (serve, fsck, …) are not.
bool knows(std::string_view word);

// Parses the arguments, runs the command and yields the exit status (docs/cli.md). The result goes to standard output,
// all else to standard error.
int run(int argc, char** argv);

}  // namespace sitepod::cli
