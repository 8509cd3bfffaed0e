#include "control/routes.hpp"

#include "http/target.hpp"

namespace sitepod::control {
namespace {

// The next segment of a path that begins with "/".
std::string_view take_segment(std::string_view& rest) {
  rest.remove_prefix(1);
  const std::size_t end = std::min(rest.find('/'), rest.size());
  const std::string_view segment = rest.substr(0, end);
  rest.remove_prefix(end);
  return segment;
}

// An encoded slash stays inside its segment. False when the segment does not decode to text.
bool decode_segment(std::string_view segment, std::string& out) {
  std::string buffer(segment.size(), '\0');
  const std::optional<std::string_view> decoded = http::decode_path(segment, buffer);
  if (!decoded || decoded->empty()) return false;
  out = std::string(*decoded);
  return true;
}

bool matches(std::string_view pattern, std::string_view path, std::vector<std::string>& parameters) {
  parameters.clear();
  while (pattern.starts_with('/') && path.starts_with('/')) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view given = take_segment(path);
    if (!wanted.starts_with('{')) {
      if (wanted != given) return false;
      continue;
    }
    if (!decode_segment(given, parameters.emplace_back())) return false;
  }
  return pattern.empty() && path.empty();
}

}  // namespace

std::string_view text_of(http::Method method) {
  switch (method) {
    case http::Method::Get:
      return "GET";
    case http::Method::Head:
      return "HEAD";
    case http::Method::Post:
      return "POST";
    case http::Method::Put:
      return "PUT";
    case http::Method::Patch:
      return "PATCH";
    case http::Method::Delete:
      return "DELETE";
    case http::Method::Options:
      return "OPTIONS";
    case http::Method::Other:
      break;
  }
  return "";
}

const std::vector<Route>& all_routes() {
  static const std::vector<Route> routes = [] {
    std::vector<Route> all;
    add_auth_routes(all);
    add_project_routes(all);
    add_plan_routes(all);
    add_upload_routes(all);
    add_commit_routes(all);
    add_release_routes(all);
    add_image_routes(all);
    add_domain_routes(all);
    add_token_routes(all);
    add_account_routes(all);
    add_preview_routes(all);
    add_health_routes(all);
    add_operation_routes(all);
    add_admin_routes(all);
    add_maintenance_routes(all);
    add_archive_routes(all);
    add_traffic_routes(all);
    add_password_reset_routes(all);
    add_site_routes(all);
    add_author_routes(all);
    add_public_page_routes(all);
    add_public_build_routes(all);
    add_public_media_routes(all);
    return all;
  }();
  return routes;
}

RouteMatch find_route(http::Method method, std::string_view path) {
  RouteMatch match;
  const http::Method wanted = method == http::Method::Head ? http::Method::Get : method;
  for (const Route& route : all_routes()) {
    std::vector<std::string> parameters;
    if (!matches(route.pattern, path, parameters)) continue;
    if (route.method == wanted) {
      match.route = &route;
      match.parameters = std::move(parameters);
      return match;
    }
    match.allowed.push_back(text_of(route.method));
    if (route.method == http::Method::Get) match.allowed.push_back("HEAD");
  }
  return match;
}

}  // namespace sitepod::control
