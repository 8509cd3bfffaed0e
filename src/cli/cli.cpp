// Words of the command line in, an exit status out.
#include "cli/cli.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>

#include "api/json_writer.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"
#include "cli/words.hpp"

namespace sitepod::cli {
namespace {

std::atomic<bool> g_interrupted = false;
std::atomic<bool> g_out_of_time = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler writes it");

// The second signal ends the program at once: a server that never answers must not hold it.
void on_signal(int) { g_interrupted.store(true); }

void on_alarm(int) {
  g_out_of_time.store(true);
  g_interrupted.store(true);
}

void watch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // without SA_RESTART, so that a question is interrupted too
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
}

// A server's status is a number; the status of a domain is a word.
void write_detail(api::JsonWriter& json, const std::string& name, const std::string& value) {
  int number = 0;
  const auto [end, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (name == "status" && failure == std::errc() && end == value.data() + value.size())
    json.member(name, number);
  else
    json.member(name, value);
}

int report(Console& console, Error error) {
  if (error.code == "interrupted" && g_out_of_time)
    error = {ErrorKind::Unavailable,
             "timeout",
             "The time of --timeout is over; nothing was released. Run it again: only what did not arrive is sent.",
             {},
             {}};
  if (error.code == "interrupted") error.message = "Interrupted; nothing was released.";
  if (error.code == "invalid_token") error.message = "Session expired. Run 'sitepod login', or set SITEPOD_TOKEN.";
  console.fail(error.message);
  if (!error.context.empty()) console.detail(error.context);
  if (console.json()) {
    std::string out;
    api::JsonWriter json(out);
    json.begin_object().member("error", error.code).member("message", error.message);
    for (const auto& [name, value] : error.details) write_detail(json, name, value);
    json.end_object();
    console.print(out);
  }
  return exit_code_of(error);
}

// Asking for the help of a word that is none.
std::string unknown_word(const ::CLI::App& app, const ::CLI::ParseError& error) {
  const std::vector<std::string> rest = app.remaining();
  if (error.get_name() != "CallForHelp" || !app.get_subcommands().empty() || rest.empty()) return {};
  return "\"" + rest.front() + "\" is no command; \"sitepod help\" lists them.";
}

// Wrong arguments are told in words, and with --json as an object too. Help and version are no error.
int refuse_arguments(const ::CLI::App& app, const ::CLI::ParseError& error, int argc, char** argv) {
  if (const std::string fault = unknown_word(app, error); !fault.empty())
    return refuse_arguments(app, ::CLI::ExtrasError(fault, ::CLI::ExitCodes::ExtrasError), argc, argv);
  const bool is_error = app.exit(error) != 0;
  const auto asks_for_json = [](std::string_view word) { return word == "--json"; };
  if (!is_error || std::none_of(argv + 1, argv + argc, asks_for_json)) return is_error ? kUsage : kOk;
  std::string out;
  api::JsonWriter(out).begin_object().member("error", "usage").member("message", error.what()).end_object();
  std::fprintf(stdout, "%s\n", out.c_str());
  return kUsage;
}

}  // namespace

const std::atomic<bool>& interruption() { return g_interrupted; }

void limit_time(std::chrono::seconds limit) {
  struct sigaction action {};
  action.sa_handler = on_alarm;
  ::sigaction(SIGALRM, &action, nullptr);
  ::alarm(static_cast<unsigned>(limit.count()));
}

int run(int argc, char** argv, std::span<const ServerWord> server_words) {
  ::CLI::App app("sitepod: publish static sites. Server commands: serve, fsck, backup, restore, doctor, admin.",
                 "sitepod");
  Arguments arguments;
  app.fallthrough();
  app.require_subcommand(0, 1);
  add_words(app, arguments);
  try {
    app.parse(argc, argv);
  } catch (const ::CLI::ParseError& error) {
    return refuse_arguments(app, error, argc, argv);
  }
  Environment environment = process_environment();
  Console console(arguments.console, environment);
  if (arguments.command == nullptr) {
    console.print(app.help());
    return kOk;
  }
  watch_signals();
  Context context{console, environment, arguments.server, describe(app)};
  for (const ServerWord& word : server_words)
    context.program.commands.push_back({std::string(word.name), std::string(word.description), {}, {}});
  auto done = arguments.command(context, arguments);
  return done.ok() ? kOk : report(console, std::move(done).error());
}

}  // namespace sitepod::cli
