#include <gtest/gtest.h>

#include <set>

#include <boost/json.hpp>

#include "control/openapi_json.hpp"
#include "control/routes.hpp"

namespace sitepod::control {
namespace {

std::set<std::string> routes_of_the_server() {
  std::set<std::string> routes;
  for (const Route& route : all_routes())
    routes.insert(std::string(text_of(route.method)) + " " + std::string(route.pattern));
  return routes;
}

std::set<std::string> routes_of_the_description() {
  std::set<std::string> routes;
  const boost::json::value document = boost::json::parse(openapi_json());
  for (const auto& [path, item] : document.at("paths").as_object())
    for (const auto& [word, operation] : item.as_object()) {
      if (word == "parameters") continue;
      std::string method(word);
      for (char& c : method) c = static_cast<char>(c & ~0x20);
      routes.insert(method + " " + std::string(path));
    }
  return routes;
}

TEST(Description, HasEveryRouteAndNoOther) {
  const auto described = routes_of_the_description();
  for (const std::string& route : routes_of_the_server())
    EXPECT_TRUE(described.contains(route)) << route << " is not in docs/openapi.yaml";
  const auto served = routes_of_the_server();
  for (const std::string& route : described)
    EXPECT_TRUE(served.contains(route)) << "docs/openapi.yaml has " << route << ", the server does not";
}

// Who may call a route stands in both places too.
TEST(Description, SaysWhichRoutesNeedNoToken) {
  const boost::json::value document = boost::json::parse(openapi_json());
  for (const Route& route : all_routes()) {
    const auto* item = document.at("paths").as_object().if_contains(route.pattern);
    if (!item) continue;
    std::string method(text_of(route.method));
    for (char& c : method) c = static_cast<char>(c | 0x20);
    const auto* operation = item->as_object().if_contains(method);
    if (!operation) continue;
    const bool is_described_public = operation->as_object().contains("security");
    EXPECT_EQ(is_described_public, route.access.who() == Who::Everyone) << method << " " << route.pattern;
  }
}

}  // namespace
}  // namespace sitepod::control
