// One request and its answer, as every call of the client makes them: addressed, authorised, tried again with pauses
// where that does no harm. Owned by a Client; one thread at a time.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "api/client.hpp"
#include "api/json_value.hpp"
#include "http/client.hpp"

namespace sitepod::api {

class ClientExchange {
 public:
  using Repeat = Client::Repeat;

  explicit ClientExchange(ClientSettings settings);

  const ClientSettings& settings() const { return settings_; }

  // `path` is below /api/v1.
  http::ClientRequest make(std::string_view method, std::string_view path) const;
  http::ClientRequest make_json(std::string_view method, std::string_view path, std::string body) const;

  // A success, or an answer with the status `accepted`; else what refused() makes of it.
  Result<http::ClientResponse> once(const http::ClientRequest& request, int accepted = 200);
  // To another server, as it is; every answer.
  Result<http::ClientResponse> elsewhere(const http::ClientRequest& request) { return http_.send(request); }
  // `prepare` makes the request anew for each try.
  Result<http::ClientResponse> repeat(Repeat policy, const std::function<http::ClientRequest()>& prepare,
                                      int accepted = 200);
  // The body of a success.
  Result<JsonValue> json(Repeat policy, const http::ClientRequest& request);

  // Waits before the try behind `attempt` (from 1); false when it would be useless, take too long, or is interrupted.
  bool pause(int attempt, const Error& reason);

 private:
  bool cancelled() const;
  std::chrono::milliseconds wait_before(int attempt, const Error& reason) const;
  bool wait(std::chrono::milliseconds time) const;

  ClientSettings settings_;
  http::Client http_;
};

}  // namespace sitepod::api
