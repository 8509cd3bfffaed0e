#include "control/api.hpp"

#include "api/json_writer.hpp"
#include "api/problem.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "control/checked_body.hpp"
#include "control/idempotency.hpp"
#include "control/public_api.hpp"
#include "control/rate_limiter.hpp"
#include "control/rooms.hpp"
#include "control/routes.hpp"
#include "http/accept.hpp"
#include "http/content_digest.hpp"
#include "http/status_lines.hpp"

namespace sitepod::control {
namespace {

constexpr std::size_t kMaxRequestIdBytes = 64;
constexpr std::string_view kLogoutPath = "/api/v1/auth/logout";

// The client's id when it is harmless, so that its log and ours can be joined; else a fresh one.
std::string choose_request_id(std::string_view sent) {
  const bool harmless = !sent.empty() && sent.size() <= kMaxRequestIdBytes &&
                        sent.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.") ==
                            std::string_view::npos;
  return harmless ? std::string(sent) : random_id("req_");
}

void add_budget(http::ApiResponse& response, const RateLimiter::Verdict& verdict) {
  response.headers.push_back({"X-RateLimit-Limit", std::to_string(verdict.limit)});
  response.headers.push_back({"X-RateLimit-Remaining", std::to_string(verdict.remaining)});
  response.headers.push_back({"X-RateLimit-Reset", std::to_string(verdict.reset)});
}

Error over_budget(const RateLimiter::Verdict& verdict) {
  return Error{
      ErrorKind::RateLimited, "rate_limited", "Too many requests with this token; wait for the window to end.", {}, {}}
      .detail("retry_after", std::to_string(verdict.retry_after));
}

http::ApiResponse method_not_allowed(const std::vector<std::string_view>& allowed) {
  const Error error = invalid("method_not_allowed", "This address does not take that method.");
  http::ApiResponse response = json_response(405, api::encode_problem(error));
  std::string list;
  for (const std::string_view method : allowed) list += (list.empty() ? "" : ", ") + std::string(method);
  response.headers.push_back({"Allow", std::move(list)});
  return response;
}

constexpr std::string_view kProblemType = "application/problem+json";

// Asked for by name only, and not less than plain JSON: clients that take everything get what they always got.
bool wants_problem(std::string_view accept) {
  const int weight = http::named_weight(accept, kProblemType);
  return weight > 0 && weight >= http::named_weight(accept, "application/json");
}

// RFC 9457, with the members of the plain form beside its own.
void to_problem(http::ApiResponse& response, std::string_view request_id) {
  if (response.stream) return;
  const Result<api::JsonValue> plain = api::parse_json(response.body);
  if (!plain.ok()) return;
  // The content API says it in "error", and more where there is more.
  const api::JsonValue* message = plain->find("message");
  if (!message) message = plain->find("error");
  std::string body;
  api::JsonWriter json(body);
  json.begin_object();
  json.member("type", "about:blank");
  json.member("title", http::reason_phrase(response.status));
  json.member("status", response.status);
  json.member("detail", message ? std::string_view(message->text) : std::string_view());
  json.member("request_id", request_id);
  response.body = body + "," + response.body.substr(1);
  for (http::Header& header : response.headers)
    if (header.name == "Content-Type") header.value = kProblemType;
}

}  // namespace

struct Api::State {
  RateLimiter host_checks;
  RateLimiter content_limiter;
  LargeBodies large_bodies;
  Rooms rooms;
  RateLimiter limiter;
  Metrics metrics;
  Idempotency idempotency;

  State(meta::MetaStore& meta, identity::Identity& identity, deploy::Deployer& deployer, domains::Domains& domains,
        content::Content& content, Publication publication, const ApiSettings& settings, Operations operations,
        Maintenance maintenance)
      : host_checks(settings.host_check_limit),
        content_limiter(settings.content_rate_limit),
        rooms{meta,
              identity,
              deployer,
              domains,
              std::move(publication),
              settings,
              host_checks,
              std::move(operations),
              metrics,
              std::move(maintenance),
              content,
              large_bodies},
        limiter(settings.rate_limit),
        idempotency(meta) {}

  // With a Content-Digest the body is checked while it is read.
  http::ApiResponse answer(http::ApiRequest& request, Instant now) {
    const Result<std::optional<Digest>> digest = http::parse_content_digest(request.header("Content-Digest"));
    if (!digest.ok())
      return is_public_path(request.path) ? public_problem(digest.error()) : problem_response(digest.error());
    if (!*digest) return answer_route(request, now);
    CheckedBody body(*request.body, **digest, request.content_length);
    http::BodyReader* const unchecked = std::exchange(request.body, &body);
    http::ApiResponse response = answer_route(request, now);
    request.body = unchecked;
    return response;
  }

  http::ApiResponse answer_route(http::ApiRequest& request, Instant now) {
    if (is_public_path(request.path)) return answer_public(request, now);
    RouteMatch match = find_route(request.method, request.path);
    if (!match.route) return answer_unknown(match, request, now);
    Call call{rooms, request, {}, std::move(match.parameters), now};
    if (match.route->access.who() == Who::Everyone) return run(*match.route, call);
    return run_authenticated(*match.route, call);
  }

  // Who shows a good token is told of its window here as everywhere, and uses it up.
  http::ApiResponse answer_unknown(const RouteMatch& match, const http::ApiRequest& request, Instant now) {
    http::ApiResponse response = match.allowed.empty()
                                     ? problem_response(not_found("not_found", "There is no such endpoint."))
                                     : method_not_allowed(match.allowed);
    if (request.header("Authorization").empty()) return response;
    const Result<identity::Caller> caller =
        rooms.identity.authenticate(request.header("Authorization"), request.peer_address, now);
    if (!caller.ok()) return response;
    const RateLimiter::Verdict verdict = limiter.count(caller->token_id, now);
    if (!verdict.allowed) response = problem_response(over_budget(verdict));
    add_budget(response, verdict);
    return response;
  }

  // The content API: its own budget, order of tests and form of errors (content API §1).
  http::ApiResponse answer_public(http::ApiRequest& request, Instant now) {
    const RateLimiter::Verdict verdict = content_limiter.count(request.peer_address, now);
    http::ApiResponse response =
        verdict.allowed ? answer_public_route(request, now) : public_problem(over_budget(verdict));
    add_budget(response, verdict);
    return response;
  }
  http::ApiResponse answer_public_route(http::ApiRequest& request, Instant now) {
    Result<identity::Caller> caller =
        rooms.identity.authenticate(request.header("Authorization"), request.peer_address, now);
    if (!caller.ok()) return refuse_public(caller.error(), request);
    if (Result<void> may = check_may_use_content(rooms.content, *caller); !may.ok())
      return refuse_public(may.error(), request);
    RouteMatch match = find_route(request.method, request.path);
    if (!match.route) return match.allowed.empty() ? public_not_found() : public_method_not_allowed(match.allowed);
    if (Result<void> may = check_access(*match.route, *caller); !may.ok()) return refuse_public(may.error(), request);
    Call call{rooms, request, *std::move(caller), std::move(match.parameters), now};
    if (!Idempotency::concerns(*match.route, call)) return run_public(*match.route, call);
    Result<http::ApiResponse> outcome = idempotency.answer(call, [&] { return run_public(*match.route, call); });
    if (!outcome.ok()) return refuse_public(outcome.error(), request);
    return *std::move(outcome);
  }
  http::ApiResponse run_public(const Route& route, Call& call) {
    Result<http::ApiResponse> outcome = route.handler(call);
    if (!outcome.ok()) return refuse_public(outcome.error(), call.request);
    return *std::move(outcome);
  }
  http::ApiResponse refuse_public(const Error& error, const http::ApiRequest& request) {
    log_failure(error, request);
    return public_problem(error);
  }

  // The rule of the route, as far as it can be judged without looking at what the request names.
  static Result<void> check_access(const Route& route, const identity::Caller& caller) {
    // What anybody with a token may ask is still of the deploy API; but every token may end itself.
    if (caller.scopes == "content" && route.access.scope() == identity::Scope::None && route.pattern != kLogoutPath)
      return forbidden("This token is for the content API alone.");
    if (!identity::has_scope(caller, route.access.scope()))
      return forbidden("This token does not have the scope for that.");
    if (route.access.who() == Who::Admin && !identity::acts_as_admin(caller)) return forbidden("This is for admins.");
    return {};
  }

  Result<identity::Caller> authenticate(const Route& route, const Call& call) {
    if (route.access.who() == Who::Admin)
      if (auto caller = find_operator(call.request, rooms.maintenance)) return *std::move(caller);
    return rooms.identity.authenticate(call.request.header("Authorization"), call.request.peer_address, call.now);
  }

  http::ApiResponse run_authenticated(const Route& route, Call& call) {
    Result<identity::Caller> caller = authenticate(route, call);
    if (!caller.ok()) return refuse(caller.error(), call.request);
    call.caller = *std::move(caller);
    const bool counted = route.access.budget() == Budget::Counted;
    const RateLimiter::Verdict verdict =
        counted ? limiter.count(call.caller.token_id, call.now) : limiter.look(call.caller.token_id, call.now);
    http::ApiResponse response;
    if (!verdict.allowed)
      response = problem_response(over_budget(verdict));
    else if (Result<void> may = check_access(route, call.caller); !may.ok())
      response = problem_response(may.error());
    else
      response = Idempotency::concerns(route, call) ? run_once(route, call) : run(route, call);
    add_budget(response, verdict);
    return response;
  }

  http::ApiResponse run_once(const Route& route, Call& call) {
    Result<http::ApiResponse> outcome = idempotency.answer(call, [&] { return run(route, call); });
    if (!outcome.ok()) return refuse(outcome.error(), call.request);
    return *std::move(outcome);
  }

  http::ApiResponse run(const Route& route, Call& call) {
    Result<http::ApiResponse> outcome = route.handler(call);
    if (!outcome.ok()) return refuse(outcome.error(), call.request);
    return *std::move(outcome);
  }

  // The error stops travelling here: what went wrong inside is logged once and told to nobody.
  http::ApiResponse refuse(const Error& error, const http::ApiRequest& request) {
    log_failure(error, request);
    return problem_response(error);
  }
  static void log_failure(const Error& error, const http::ApiRequest& request) {
    if (error.kind == ErrorKind::Internal || error.kind == ErrorKind::StorageFull ||
        error.kind == ErrorKind::Unavailable)
      log::error(
          "request failed",
          {{"method", request.method_text}, {"path", request.path}, {"code", error.code}, {"cause", error.context}});
  }
};

Api::Api(meta::MetaStore& meta, identity::Identity& identity, deploy::Deployer& deployer, domains::Domains& domains,
         content::Content& content, Publication publication, ApiSettings settings, Operations operations,
         Maintenance maintenance)
    : state_(std::make_unique<State>(meta, identity, deployer, domains, content, std::move(publication), settings,
                                     std::move(operations), std::move(maintenance))) {}

Api::~Api() = default;

http::ApiResponse Api::handle(http::ApiRequest& request) {
  const auto start = std::chrono::steady_clock::now();
  http::ApiResponse response = state_->answer(request, now());
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  state_->metrics.count_request(response.status, elapsed.count());
  const std::string request_id = choose_request_id(request.header("X-Request-Id"));
  if (response.status >= 400 && wants_problem(request.header("Accept"))) to_problem(response, request_id);
  response.headers.push_back({"X-Request-Id", request_id});
  response.headers.push_back({"X-Content-Type-Options", "nosniff"});
  return response;
}

}  // namespace sitepod::control
