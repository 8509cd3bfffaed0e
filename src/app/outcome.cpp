#include "app/outcome.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>
#include <boost/json.hpp>

namespace sitepod::app {
namespace {

constexpr int kFailure = 1;
constexpr int kUsageError = 2;

void print_object(const boost::json::object& object) { fmt::print("{}\n", boost::json::serialize(object)); }

}  // namespace

bool parse_with_json(CLI::App& parser, int argc, char** argv, bool& as_json, int& exit_status) {
  parser.add_flag("--json", as_json, "print one JSON object instead of lines");
  try {
    parser.parse(argc, argv);
    return true;
  } catch (const CLI::ParseError& error) {
    exit_status = parser.exit(error) == 0 ? 0 : kUsageError;
    // Where parsing ended early the flag may not have been reached.
    for (int i = 1; i < argc; ++i) as_json = as_json || std::string_view(argv[i]) == "--json";
    if (exit_status != 0 && as_json) print_object({{"error", "usage"}, {"message", error.what()}});
    return false;
  }
}

int tell(const Outcome& outcome, bool as_json) {
  if (as_json)
    print_object(outcome.json);
  else
    fmt::print("{}", outcome.text);
  return outcome.is_well ? 0 : kFailure;
}

int tell_failure(std::string_view word, const Error& error, bool as_json) {
  // Who reads this sits at the machine and may know its paths.
  const bool is_inner = !error.context.empty() && (error.kind == ErrorKind::Internal || error.message.empty());
  const std::string& message = is_inner ? error.context : error.message;
  fmt::print(stderr, "sitepod {}: {}\n", word, message);
  if (as_json) print_object({{"error", error.code.view()}, {"message", message}});
  return kFailure;
}

boost::json::array to_json(const std::vector<FsckProblem>& problems) {
  boost::json::array array;
  for (const FsckProblem& problem : problems)
    array.push_back({{"check", problem.check}, {"subject", problem.subject}, {"problem", problem.problem}});
  return array;
}

}  // namespace sitepod::app
