#include "control/alias_urls.hpp"

#include "base/log.hpp"
#include "model/names.hpp"

namespace sitepod::control {
namespace {

// The released address with another host: the scheme and the port that visitors type are the server's.
std::string with_host(std::string_view url, std::string_view host) {
  const std::size_t start = url.find("://") + 3;
  const std::size_t port = url.find(':', start);
  std::string out(url.substr(0, start));
  out += host;
  if (port != std::string_view::npos) out += url.substr(port);
  return out;
}

}  // namespace

void write_alias_urls(api::JsonWriter& json, Call& call, const deploy::Released& released) {
  json.key("alias_urls").begin_array();
  if (released.environment == model::kProduction) {
    // The release is done whether or not this can be read.
    const auto listed = call.rooms.domains.list(call.caller, domains::ProjectRef{"", released.project.id});
    if (!listed.ok())
      log::error("could not list the domains of what was released", {{"cause", listed.error().context}});
    else
      for (const domains::Listed& each : *listed)
        if (!each.is_system && each.entry.is_active())
          json.value(with_host(released.url, each.entry.domain) + (each.entry.slug == "/" ? "" : each.entry.slug));
  }
  json.end_array();
}

}  // namespace sitepod::control
