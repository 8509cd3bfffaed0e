// What a word of the operator ends with: lines for a person or, with --json, one object on standard output. Main
// thread.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

#include "app/fsck.hpp"
#include "base/error.hpp"

namespace CLI {
class App;
}

namespace sitepod::app {

struct Outcome {
  std::string text;  // the lines, with their ends
  boost::json::object json;
  bool is_well = true;  // false: it was done and problems were found
};

// Parses with an option --json beside the parser's own. False: the parser has answered (help) or complained, and
// `exit_status` is what the process ends with.
bool parse_with_json(CLI::App& parser, int argc, char** argv, bool& as_json, int& exit_status);

// The exit status.
int tell(const Outcome& outcome, bool as_json);
int tell_failure(std::string_view word, const Error& error, bool as_json);

// [{"check", "subject", "problem"}]
boost::json::array to_json(const std::vector<FsckProblem>& problems);

}  // namespace sitepod::app
