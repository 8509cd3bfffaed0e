#include "app/run.hpp"

#include <string>

#include "app/fsck_word.hpp"
#include "app/operator_words.hpp"
#include "app/routes_word.hpp"
#include "app/serve_word.hpp"

namespace sitepod::app {
namespace {

constexpr ServerWord kWords[] = {
    {"serve", "run the server: sites and API (sitepod serve --help)", run_serve},
    {"fsck", "check that every release is complete on disk (sitepod fsck --help)", run_fsck},
    {"routes", "list the endpoints and who may call them (--json)", run_routes},
    {"admin", "users and projects of a server, from its machine (sitepod admin --help)", run_admin},
    {"backup", "copy a data folder, also while its server runs (sitepod backup --help)", run_backup},
    {"restore", "make a data folder from a backup (sitepod restore --help)", run_restore},
    {"doctor", "look for what may keep a server from working (sitepod doctor --help)", run_doctor}};

}  // namespace

bool is_server_word(std::string_view word) {
  for (const ServerWord& each : kWords)
    if (each.name == word) return true;
  return false;
}

int run_server_word(int argc, char** argv) {
  for (const ServerWord& each : kWords)
    if (each.name == argv[0]) return each.run(argc, argv);
  return 2;
}

std::span<const ServerWord> server_words() { return kWords; }

}  // namespace sitepod::app
