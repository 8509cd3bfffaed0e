#include "api/client_exchange.hpp"

#include <algorithm>
#include <thread>

#include "api/client_errors.hpp"
#include "base/random.hpp"

namespace sitepod::api {

using http::ClientRequest;
using http::ClientResponse;
using std::chrono::milliseconds;

namespace {
http::ClientOptions options_of(const ClientSettings& settings) {
  http::ClientOptions options;
  options.cancelled = settings.cancelled;
  return options;
}
}  // namespace

ClientExchange::ClientExchange(ClientSettings settings) : settings_(std::move(settings)), http_(options_of(settings_)) {
  while (settings_.endpoint.ends_with('/')) settings_.endpoint.pop_back();
}

ClientRequest ClientExchange::make(std::string_view method, std::string_view path) const {
  ClientRequest request;
  request.method = method;
  request.url = settings_.endpoint + "/api/v1" + std::string(path);
  request.fields.emplace_back("Accept", "application/json");
  if (!settings_.token.empty()) request.fields.emplace_back("Authorization", "Bearer " + settings_.token);
  return request;
}

ClientRequest ClientExchange::make_json(std::string_view method, std::string_view path, std::string body) const {
  ClientRequest request = make(method, path);
  request.fields.emplace_back("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

Result<ClientResponse> ClientExchange::once(const ClientRequest& request, int accepted) {
  ClientResponse response = SITEPOD_TRY(http_.send(request));
  if (response.status / 100 != 2 && response.status != accepted) return refused(response);
  return response;
}

Result<ClientResponse> ClientExchange::repeat(Repeat policy, const std::function<ClientRequest()>& prepare,
                                              int accepted) {
  for (int attempt = 1;; ++attempt) {
    auto response = once(prepare(), accepted);
    if (response.ok()) return response;
    const bool allowed =
        policy == Repeat::Freely || (policy == Repeat::WhenTurnedAway && was_turned_away(response.error()));
    if (!allowed || !pause(attempt, response.error())) {
      if (cancelled()) return Error{ErrorKind::Unavailable, "interrupted", "Interrupted.", {}, {}};
      return response;
    }
  }
}

Result<JsonValue> ClientExchange::json(Repeat policy, const ClientRequest& request) {
  ClientResponse response = SITEPOD_TRY(repeat(policy, [&] { return request; }));
  auto body = parse_json(response.body);
  if (!body.ok())
    return Error{
        ErrorKind::Internal, "invalid_answer", "The server's answer is not JSON. Is this a sitepod server?", {}, {}};
  return body;
}

bool ClientExchange::pause(int attempt, const Error& reason) {
  const milliseconds time = wait_before(attempt, reason);
  if (attempt >= settings_.max_tries || !may_pass(reason) || time > settings_.longest_wait) return false;
  if (settings_.on_wait && time >= milliseconds(1000))
    settings_.on_wait(reason.message + " Trying again in " + std::to_string((time.count() + 999) / 1000) + " s.");
  return wait(time);
}

bool ClientExchange::cancelled() const {
  return settings_.cancelled != nullptr && settings_.cancelled->load(std::memory_order_relaxed);
}

// Exponential with jitter, so that many clients do not come back together.
milliseconds ClientExchange::wait_before(int attempt, const Error& reason) const {
  if (auto asked = asked_wait(reason)) return *asked;
  std::uint8_t jitter[1];
  random_bytes(jitter);
  const auto full = settings_.first_pause * (1 << std::min(attempt - 1, 6));
  return full / 2 + full * jitter[0] / 512;
}

bool ClientExchange::wait(milliseconds time) const {
  const auto until = std::chrono::steady_clock::now() + time;
  while (!cancelled()) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= milliseconds(0)) return true;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, milliseconds(100)));
  }
  return false;
}

}  // namespace sitepod::api
