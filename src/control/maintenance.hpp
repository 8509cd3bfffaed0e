// What the maintenance endpoints work with, as app wires it. Everything outlives the Api; null: this server has none of
// it, and its endpoints answer "unavailable".
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "deploy/collector.hpp"
#include "deploy/purger.hpp"
#include "deploy/scrubber.hpp"
#include "http/api_exchange.hpp"
#include "identity/caller.hpp"

namespace sitepod::control {

struct Maintenance {
  deploy::Collector* collector = nullptr;
  deploy::Purger* purger = nullptr;
  deploy::Scrubber* scrubber = nullptr;
  std::function<void()> invalidate_caches;
  std::function<Result<void>()> publish_everything;
  std::string admin_token;   // SITEPOD_ADMIN_TOKEN; empty: nobody is admin by it
  std::string system_email;  // who that admin is in the log of events
};

// The operator, who is an admin without an account, when the request carries the secret as a bearer token or as
// X-Sitepod-Admin-Token. Compared in constant time.
std::optional<identity::Caller> find_operator(const http::ApiRequest& request, const Maintenance& maintenance);

}  // namespace sitepod::control
