#include "control/paging.hpp"

#include <algorithm>

namespace sitepod::control {

void add_next_link(http::ApiResponse& response, const http::ApiRequest& request, const api::PageFields& page) {
  std::string link = "<" + request.path + "?";
  for (std::string_view rest = request.query; !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view parameter = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::string_view name = parameter.substr(0, parameter.find('='));
    if (name.empty() || name == "limit" || name == "offset" || name == "page") continue;
    for (const char c : parameter) c == '>' ? link.append("%3E") : link.append(1, c);
    link += "&";
  }
  link += "limit=" + std::to_string(page.limit) + "&offset=" + std::to_string(page.offset + page.limit);
  response.headers.push_back({"Link", link + ">; rel=\"next\""});
}

}  // namespace sitepod::control
