#include "app/routes_word.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <string_view>

#include "control/routes.hpp"

namespace sitepod::app {
namespace {

constexpr int kUsageError = 2;

std::string_view text_of(control::Who who) {
  switch (who) {
    case control::Who::Everyone:
      return "everyone";
    case control::Who::Token:
      return "token";
    case control::Who::Owner:
      return "owner";
    case control::Who::Admin:
      return "admin";
    default:
      return "other";
  }
}

std::string_view text_of(identity::Scope scope) {
  switch (scope) {
    case identity::Scope::None:
      return "";
    case identity::Scope::Read:
      return "read";
    case identity::Scope::Deploy:
      return "deploy";
    case identity::Scope::Content:
      return "content";
    case identity::Scope::Admin:
      return "admin";
    case identity::Scope::Account:
      return "account";
  }
  return "";
}

}  // namespace

// Nothing of a route needs quoting in JSON: patterns are ours.
int run_routes(int argc, char** argv) {
  const bool as_json = argc == 2 && std::string_view(argv[1]) == "--json";
  if (argc > 1 && !as_json) {
    fmt::print(stderr, "usage: sitepod routes [--json]\n");
    return kUsageError;
  }
  std::string_view separator = "[\n";
  for (const control::Route& route : control::all_routes()) {
    const auto method = control::text_of(route.method);
    const auto who = text_of(route.access.who());
    const auto scope = text_of(route.access.scope());
    if (as_json) {
      fmt::print(R"({}{{"method": "{}", "path": "{}", "who": "{}", "scope": "{}"}})", separator, method, route.pattern,
                 who, scope);
      separator = ",\n";
    } else {
      fmt::print("{:<7}{:<45}{:<9}{}\n", method, route.pattern, who, scope);
    }
  }
  if (as_json) fmt::print("\n]\n");
  return 0;
}

}  // namespace sitepod::app
