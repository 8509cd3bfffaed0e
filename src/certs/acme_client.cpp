#include "certs/acme_client.hpp"

#include <algorithm>

#include "api/json_writer.hpp"
#include "base/base64.hpp"
#include "certs/answer_fields.hpp"

namespace sitepod::certs {
namespace {

using namespace std::chrono_literals;

constexpr int kNonceTries = 12;
constexpr std::chrono::milliseconds kProofPatience = 120s;
constexpr std::chrono::milliseconds kFirstPause = 250ms;
constexpr std::chrono::milliseconds kLongestPause = 10s;
constexpr std::size_t kMaxAnswerBytes = 256 << 10;

http::ClientOptions client_options(const AcmeSettings& settings, const AcmeHooks& hooks) {
  http::ClientOptions options;
  options.stall_timeout = 30s;
  options.max_body_bytes = kMaxAnswerBytes;
  options.ca_file = settings.ca_file;
  options.cancelled = hooks.cancelled;
  return options;
}

Error took_too_long() { return unavailable("The certificate authority did not come to an end in time."); }

constexpr std::string_view kProblemDetail = "acme_problem";

bool is_problem(const Error& error, std::string_view type) {
  return std::any_of(error.details.begin(), error.details.end(),
                     [&](const auto& detail) { return detail.first == kProblemDetail && detail.second == type; });
}

// With the problem's type as a detail when the authority names one.
Error refusal_of(const http::ClientResponse& answer) {
  const AcmeProblem problem = parse_problem(answer.body);
  const std::string why =
      problem.type.empty() ? "status " + std::to_string(answer.status) : problem.type + ": " + problem.detail;
  const bool is_limit = answer.status == 429 || problem.type == "rateLimited";
  const ErrorKind kind = is_limit               ? ErrorKind::RateLimited
                         : answer.status >= 500 ? ErrorKind::Unavailable
                                                : ErrorKind::Invalid;
  Error error{kind, "acme_refused", "The certificate authority refused: " + why, {}, {}};
  if (!problem.type.empty()) error.details.emplace_back(kProblemDetail, problem.type);
  if (const std::int64_t seconds = seconds_to_wait(answer); is_limit && seconds > 0)
    error.details.emplace_back("retry_after", std::to_string(seconds));
  return error;
}

Error not_proven(const std::string& reason) {
  return {ErrorKind::Invalid,
          "acme_refused",
          "The certificate authority did not find the proof: " + (reason.empty() ? "no reason given" : reason),
          {},
          {}};
}

bool is_of(const std::vector<std::string>& names, std::string_view host) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    if (name.starts_with("*.")) name.remove_prefix(2);
    return name == host;
  });
}

}  // namespace

AcmeClient::AcmeClient(AcmeSettings settings, AcmeHooks hooks, AccountKey key)
    : settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      key_(std::move(key)),
      http_(client_options(settings_, hooks_)) {}

Result<IssuedCertificate> AcmeClient::obtain(const std::vector<std::string>& names, ProofBy by) {
  SITEPOD_TRY(prepare());
  AcmeOrder wanted;
  const std::string url = SITEPOD_TRY(order(names, wanted));
  SITEPOD_TRY(prove(wanted.authorizations, names, by));
  if (wanted.status == AcmeStatus::Pending) wanted = SITEPOD_TRY(wait_for_order(url, AcmeStatus::Pending));

  const CertificateRequest request = SITEPOD_TRY(make_request(names));
  if (wanted.status == AcmeStatus::Ready) {
    SITEPOD_TRY(post(wanted.finalize, R"({"csr":")" + to_base64url(request.der) + R"("})"));
    wanted = SITEPOD_TRY(wait_for_order(url, AcmeStatus::Processing));
  }
  if (wanted.status != AcmeStatus::Valid) return not_proven(wanted.reason);
  http::ClientResponse chain = SITEPOD_TRY(post(wanted.certificate, ""));
  return IssuedCertificate{std::move(chain.body), request.key_pem};
}

Result<void> AcmeClient::prepare() {
  if (!account_url_.empty()) return {};
  const http::ClientResponse answer = SITEPOD_TRY(http_.send({.url = settings_.directory_url}));
  if (answer.status != 200) return refusal_of(answer);
  directory_ = SITEPOD_TRY(parse_directory(answer.body));
  return register_account();
}

// With a key that the authority knows this yields the account that is there (RFC 8555 §7.3).
Result<void> AcmeClient::register_account() {
  account_url_.clear();
  std::string payload;
  api::JsonWriter json(payload);
  json.begin_object();
  json.member("termsOfServiceAgreed", true);
  json.key("contact").begin_array().value("mailto:" + settings_.email).end_array();
  json.end_object();
  const http::ClientResponse answer = SITEPOD_TRY(post(directory_.new_account, payload));
  account_url_ = answer.field("location");
  if (account_url_.empty()) return unavailable("The certificate authority named no account.");
  return {};
}

Result<std::string> AcmeClient::order(const std::vector<std::string>& names, AcmeOrder& order) {
  std::string payload;
  api::JsonWriter json(payload);
  json.begin_object();
  json.key("identifiers").begin_array();
  for (const std::string& name : names) {
    json.begin_object();
    json.member("type", "dns");
    json.member("value", name);
    json.end_object();
  }
  json.end_array().end_object();
  auto answer = post(directory_.new_order, payload);
  // The authority has lost the account, or another stands behind the address now.
  if (!answer.ok() && is_problem(answer.error(), "accountDoesNotExist")) {
    SITEPOD_TRY(register_account());
    answer = post(directory_.new_order, payload);
  }
  if (!answer.ok()) return std::move(answer).error();
  order = SITEPOD_TRY(parse_order(answer->body));
  if (order.status == AcmeStatus::Invalid) return not_proven(order.reason);
  std::string url(answer->field("location"));
  if (url.empty()) return unavailable("The certificate authority named no order.");
  return url;
}

// All texts are shown before the first is asked for: a name and its wildcard have theirs at the same place in DNS.
Result<void> AcmeClient::prove(const std::vector<std::string>& authorizations, const std::vector<std::string>& names,
                               ProofBy by) {
  const std::string_view challenge = by == ProofBy::Http ? "http-01" : "dns-01";
  std::vector<Proof> proofs;
  std::vector<AskedProof> asked;
  for (const std::string& url : authorizations) {
    const http::ClientResponse answer = SITEPOD_TRY(post(url, ""));
    const AcmeAuthorization authorization = SITEPOD_TRY(parse_authorization(answer.body, challenge));
    if (authorization.status == AcmeStatus::Valid) continue;
    if (authorization.challenge_url.empty()) return not_proven("it offers no proof by " + std::string(challenge));
    if (!is_of(names, authorization.host)) return not_proven("it asks for that of a host that was not ordered");
    asked.push_back({url, authorization.challenge_url});
    proofs.push_back(
        {authorization.host, authorization.token, SITEPOD_TRY(key_.authorization_of(authorization.token))});
  }
  if (proofs.empty()) return {};
  const ProofHooks& hooks = by == ProofBy::Http ? hooks_.http : hooks_.dns;
  Result<void> proven = hooks.present(proofs);
  if (proven.ok()) proven = have_looked(asked, challenge);
  hooks.withdraw(proofs);
  return proven;
}

Result<void> AcmeClient::have_looked(const std::vector<AskedProof>& asked, std::string_view challenge) {
  for (const AskedProof& each : asked) SITEPOD_TRY(post(each.challenge_url, "{}"));
  for (const AskedProof& each : asked) SITEPOD_TRY(wait_for_proof(each.authorization_url, challenge));
  return {};
}

Result<void> AcmeClient::wait_for_proof(const std::string& authorization_url, std::string_view challenge) {
  for (std::chrono::milliseconds left = kProofPatience;;) {
    const http::ClientResponse answer = SITEPOD_TRY(post(authorization_url, ""));
    const AcmeAuthorization authorization = SITEPOD_TRY(parse_authorization(answer.body, challenge));
    if (authorization.status == AcmeStatus::Valid) return {};
    if (authorization.status == AcmeStatus::Invalid) return not_proven(authorization.reason);
    SITEPOD_TRY(pause(answer, left));
  }
}

// Until the order is beyond pending, or beyond processing.
Result<AcmeOrder> AcmeClient::wait_for_order(const std::string& order_url, AcmeStatus past) {
  for (std::chrono::milliseconds left = kProofPatience;;) {
    const http::ClientResponse answer = SITEPOD_TRY(post(order_url, ""));
    AcmeOrder order = SITEPOD_TRY(parse_order(answer.body));
    if (order.status == AcmeStatus::Invalid) return not_proven(order.reason);
    const bool is_past =
        past == AcmeStatus::Pending ? order.status != AcmeStatus::Pending : order.status == AcmeStatus::Valid;
    if (is_past) return order;
    SITEPOD_TRY(pause(answer, left));
  }
}

Result<void> AcmeClient::pause(const http::ClientResponse& answer, std::chrono::milliseconds& left) const {
  const std::chrono::milliseconds asked = std::chrono::seconds(seconds_to_wait(answer));
  const auto time = std::clamp(asked, kFirstPause, kLongestPause);
  if (left < time) return took_too_long();
  left -= time;
  if (!hooks_.wait(time)) return unavailable("The server stops.");
  return {};
}

// A nonce counts once and may be refused for no reason (RFC 8555 §6.5).
Result<http::ClientResponse> AcmeClient::post(const std::string& url, std::string_view payload) {
  for (int i = 0;; ++i) {
    http::ClientResponse answer = SITEPOD_TRY(post_once(url, payload));
    if (answer.status / 100 == 2) return answer;
    if (parse_problem(answer.body).type != "badNonce" || i == kNonceTries) return refusal_of(answer);
  }
}

Result<http::ClientResponse> AcmeClient::post_once(const std::string& url, std::string_view payload) {
  const std::string nonce = SITEPOD_TRY(take_nonce());
  http::ClientRequest request{.method = "POST", .url = url};
  request.fields = {{"Content-Type", "application/jose+json"}};
  request.body = SITEPOD_TRY(key_.sign(url, nonce, account_url_, payload));
  http::ClientResponse answer = SITEPOD_TRY(http_.send(request));
  nonce_ = answer.field("replay-nonce");
  return answer;
}

Result<std::string> AcmeClient::take_nonce() {
  if (!nonce_.empty()) return std::exchange(nonce_, {});
  const http::ClientResponse answer = SITEPOD_TRY(http_.send({.method = "HEAD", .url = directory_.new_nonce}));
  std::string nonce(answer.field("replay-nonce"));
  if (nonce.empty()) return refusal_of(answer);
  return nonce;
}

}  // namespace sitepod::certs
