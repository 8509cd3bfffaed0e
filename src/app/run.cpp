#include "app/run.hpp"

#include <string>

#include "app/fsck_word.hpp"
#include "app/operator_words.hpp"
#include "app/routes_word.hpp"
#include "app/serve_word.hpp"

namespace sitepod::app {
namespace {

struct Word {
  std::string_view name;
  int (*run)(int argc, char** argv);
};
constexpr Word kWords[] = {{"serve", run_serve},  {"fsck", run_fsck},     {"routes", run_routes},
                           {"admin", run_admin},  {"backup", run_backup}, {"restore", run_restore},
                           {"doctor", run_doctor}};

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
         "  fsck    check that every release is complete on disk (sitepod fsck --help)\n"
         "  routes  list the endpoints and who may call them (--json)\n"
         "  admin   users and projects of a server, from its machine (sitepod admin --help)\n"
         "  backup  copy a data folder, also while its server runs (sitepod backup --help)\n"
         "  restore make a data folder from a backup (sitepod restore --help)\n"
         "  doctor  look for what may keep a server from working (sitepod doctor --help)\n";
}

}  // namespace sitepod::app
