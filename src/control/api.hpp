// The control API under /api/v1, and the few paths beside it on API hosts: one call per request.
// Owns the route table, rate limits and nothing else; rooms below do the work. Any thread may call handle(); it blocks.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/time.hpp"
#include "content/content.hpp"
#include "control/figures.hpp"
#include "control/maintenance.hpp"
#include "deploy/deployer.hpp"
#include "domains/domains.hpp"
#include "http/api_exchange.hpp"
#include "identity/identity.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::control {

struct ApiSettings {
  std::string domain = "localhost:8080";  // as configured, with its port
  bool is_demo = false;
  std::size_t rate_limit = 100;  // authenticated requests per token and minute, uploads aside
  // Requests to the content API per address and minute.
  std::size_t content_rate_limit = 120;
  // GET /domains/check per address and minute: one address may be a proxy that asks for all its visitors.
  std::size_t host_check_limit = 600;
  Instant started_at;
};

// How facts become visible (publish::Publisher, as app wires it): the first two return when it is so.
struct Publication {
  std::function<Result<void>(std::string_view image_id)> compile_image;
  std::function<Result<void>(std::string_view project_id)> publish_project;
  std::function<bool(const std::string& host)> shows_host;  // lower-case, no port
};

class Api {
 public:
  // All outlive the Api.
  Api(meta::MetaStore& meta, identity::Identity& identity, deploy::Deployer& deployer, domains::Domains& domains,
      content::Content& content, Publication publication, ApiSettings settings, Operations operations = {},
      Maintenance maintenance = {});
  ~Api();

  // Answers every request of an API host, unknown paths included. Never throws.
  http::ApiResponse handle(http::ApiRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::control
