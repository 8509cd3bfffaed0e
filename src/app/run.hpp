// The server-side words of the program: `sitepod serve`, `sitepod fsck`. Main thread.
#pragma once

#include <span>
#include <string_view>

namespace sitepod::app {

bool is_server_word(std::string_view word);
// argv[0] is the word. Yields the exit status: 0 done, 1 failure, 2 wrong usage or configuration.
int run_server_word(int argc, char** argv);

struct ServerWord {
  std::string_view name;
  std::string_view description;
  int (*run)(int argc, char** argv);
};
std::span<const ServerWord> server_words();

}  // namespace sitepod::app
