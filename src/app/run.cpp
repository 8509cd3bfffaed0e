#include "app/run.hpp"

#include <string>

#include "app/fsck_word.hpp"
#include "app/serve_word.hpp"

namespace sitepod::app {
namespace {

struct Word {
  std::string_view name;
  int (*run)(int argc, char** argv);
};
constexpr Word kWords[] = {{"serve", run_serve}, {"fsck", run_fsck}};

}  // namespace

bool is_server_word(std::string_view word) {
  for (const Word& each : kWords)
    if (each.name == word) return true;
  return false;
}

int run_server_word(int argc, char** argv) {
  for (const Word& each : kWords)
    if (each.name == argv[0]) return each.run(argc, argv);
  return 2;
}

std::string_view server_words_help() {
  return "  serve   run the server: sites and API (sitepod serve --help)\n"
         "  fsck    check that every release is complete on disk (sitepod fsck --help)\n";
}

}  // namespace sitepod::app
