// One program: the server's words go to app, every other word is the client's.
#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "app/run.hpp"
#include "cli/cli.hpp"
#include "media/media.hpp"

namespace {

int run_client(int argc, char** argv) {
  std::vector<sitepod::cli::ServerWord> words;
  for (const auto& word : sitepod::app::server_words()) words.push_back({word.name, word.description});
  return sitepod::cli::run(argc, argv, words);
}

int print_help(int argc, char** argv) {
  std::printf("sitepod hosts static sites: a server and its client in one program.\n\nServer:\n");
  for (const auto& word : sitepod::app::server_words())
    std::printf("  %-8.*s%.*s\n", static_cast<int>(word.name.size()), word.name.data(),
                static_cast<int>(word.description.size()), word.description.data());
  std::printf("\nClient:\n");
  std::fflush(stdout);
  return run_client(argc, argv);
}

}  // namespace

int main(int argc, char** argv) {
  std::string_view word = argc > 1 ? argv[1] : "--help";
  if (word == "help") {
    if (argc == 2) return print_help(1, argv);
    // "help token create" is "token create --help".
    static char help[] = "--help";
    std::rotate(argv + 1, argv + 2, argv + argc);
    argv[argc - 1] = help;
    word = argv[1];
  }
  if (word == "--version") {
    std::printf("sitepod %s\n", SITEPOD_VERSION);
    return 0;
  }
  // Started by the server only, for one foreign file.
  if (word == "media-worker") sitepod::media::run_media_worker(argc - 1, argv + 1);
  if (sitepod::app::is_server_word(word)) return sitepod::app::run_server_word(argc - 1, argv + 1);
  if (word == "--help" || word == "-h") return print_help(argc, argv);
  return run_client(argc, argv);
}
