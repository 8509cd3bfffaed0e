// Stands before the control API: until the database is open it answers for it, so that sites can be served meanwhile.
// Any thread.
#pragma once

#include <atomic>

#include "base/time.hpp"
#include "control/api.hpp"
#include "http/api_exchange.hpp"

namespace sitepod::app {

class ApiGate {
 public:
  explicit ApiGate(Instant started_at) : started_at_(started_at) {}

  // From here on `api` answers. Requires: it outlives every call of handle().
  void open(control::Api& api) { api_.store(&api, std::memory_order_release); }

  http::ApiResponse handle(http::ApiRequest& request);

 private:
  const Instant started_at_;
  std::atomic<control::Api*> api_{nullptr};
};

}  // namespace sitepod::app
