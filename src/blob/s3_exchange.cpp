#include "blob/s3_exchange.hpp"

#include <algorithm>
#include <cstring>

#include "base/log.hpp"
#include "base/random.hpp"
#include "blob/s3_answers.hpp"
#include "http/target.hpp"

namespace sitepod::blob {
namespace {

using namespace std::chrono_literals;

constexpr int kMostTries = 4;
constexpr std::chrono::milliseconds kFirstPause = 100ms;
constexpr std::chrono::milliseconds kLongestPause = 2s;
// Every request earns a tenth of a retry: a bucket in trouble gets a tenth more requests, not four times as many.
constexpr int kTenthsPerRetry = 10;
constexpr int kMostTenths = 500;
constexpr int kFailuresUntilDown = 3;
constexpr std::chrono::milliseconds kProbeEvery = 1s;
constexpr std::chrono::milliseconds kProbeDeadline = 1500ms;
constexpr std::size_t kMostIdleClients = 48;
constexpr std::size_t kMaxAnswerBytes = 8u << 20;

// What may be over by itself.
bool is_passing(const Result<http::ClientResponse>& answer) {
  if (!answer.ok()) return answer.error().code == "network";
  if (answer->status >= 500 || answer->status == 429 || answer->status == 408) return true;
  if (answer->status != 400 && answer->status != 409) return false;
  const std::string code = parse_s3_problem(answer->body).code;
  // The last two: the bytes were changed on their way.
  return code == "RequestTimeout" || code == "OperationAborted" || code == "BadDigest" ||
         code == "XAmzContentSHA256Mismatch";
}

BucketOperation operation_of(const S3Order& order) {
  if (order.method == "HEAD") return BucketOperation::Head;
  if (order.method == "DELETE") return BucketOperation::Delete;
  if (order.method == "GET") return order.key.empty() ? BucketOperation::List : BucketOperation::Get;
  for (const auto& [name, value] : order.fields)
    if (name == "x-amz-copy-source") return BucketOperation::Copy;
  return BucketOperation::Put;
}

BucketOutcome outcome_of(const Result<http::ClientResponse>& answer) {
  if (!answer.ok()) return BucketOutcome::Failed;
  if (answer->status / 100 == 2) return BucketOutcome::Ok;
  return answer->status == 404 ? BucketOutcome::Absent : BucketOutcome::Refused;
}

std::string cause_of(const Result<http::ClientResponse>& answer) {
  if (!answer.ok()) return answer.error().message;
  const S3Problem problem = parse_s3_problem(answer->body);
  return "status " + std::to_string(answer->status) + " " + problem.code + " " + problem.message;
}

std::chrono::milliseconds random_up_to(std::chrono::milliseconds most) {
  std::uint32_t random = 0;
  random_bytes(std::span(reinterpret_cast<std::uint8_t*>(&random), sizeof random));
  return std::chrono::milliseconds(random % static_cast<std::uint32_t>(most.count() + 1));
}

}  // namespace

S3Address address_of(const BucketSettings& settings, const std::string& endpoint) {
  S3Address address{endpoint, {}, !settings.is_name_in_host};
  if (endpoint.empty()) {
    // A wildcard certificate covers one label only.
    address.is_name_in_path = settings.name.find('.') != std::string::npos;
    address.origin = "https://s3." + settings.region + ".amazonaws.com";
  }
  const std::size_t host = address.origin.find("://") + std::strlen("://");
  if (!address.is_name_in_path) address.origin.insert(host, settings.name + ".");
  address.host = address.origin.substr(host);
  return address;
}

std::string path_in(const S3Address& address, const BucketSettings& settings, std::string_view key) {
  std::string path = address.is_name_in_path ? "/" + settings.name : "";
  if (!key.empty() || path.empty()) path += '/';
  for (const char c : key) c == '/' ? path += c : path += http::encode_component(std::string_view(&c, 1));
  return path;
}

S3Exchange::S3Exchange(BucketSettings settings)
    : settings_(std::move(settings)), address_(address_of(settings_, settings_.endpoint)), retries_(kMostTenths) {}

std::unique_ptr<http::Client> S3Exchange::take_client() {
  {
    const std::lock_guard lock(mutex_);
    if (!clients_.empty()) {
      auto client = std::move(clients_.back());
      clients_.pop_back();
      return client;
    }
  }
  http::ClientOptions options;
  options.connect_timeout = settings_.read_stall;
  options.max_body_bytes = kMaxAnswerBytes;
  options.cancelled = &is_stopped_;
  return std::make_unique<http::Client>(std::move(options));
}

void S3Exchange::give_back(std::unique_ptr<http::Client> client) {
  const std::lock_guard lock(mutex_);
  if (clients_.size() < kMostIdleClients) clients_.push_back(std::move(client));
}

void S3Exchange::count(const S3Order& order, const Answer& answer, std::uint64_t received, Clock::duration time) {
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time);
  counters_.count(operation_of(order), outcome_of(answer), microseconds);
  const std::uint64_t sent = order.read_body ? order.read_body_size : order.body.size();
  counters_.count_bytes(answer.ok() ? sent : 0, received + (answer.ok() ? answer->body.size() : 0));
}

S3Exchange::Answer S3Exchange::send_once(const S3Order& order, std::chrono::seconds stall,
                                         std::optional<std::chrono::milliseconds> deadline) {
  S3Request to_sign{order.method, address_.host, path_in(address_, settings_, order.key),
                    order.query,  order.fields,  order.payload_hash};
  if (to_sign.payload_hash.empty()) to_sign.payload_hash = sha256(order.body).hex();
  http::ClientRequest request;
  request.method = order.method;
  request.url = address_.origin + to_sign.path;
  if (!order.query.empty()) request.url += "?" + encode_query(order.query);
  request.fields = sign(to_sign, {settings_.access_key, settings_.secret_key}, settings_.region, now());
  request.body = order.body;
  request.read_body = order.read_body;
  if (order.read_body) request.read_body_size = order.read_body_size;
  std::uint64_t received = 0;
  if (order.on_body)
    request.on_body = [&](std::string_view piece) {
      received += piece.size();
      return order.on_body(piece);
    };
  request.stall_timeout = stall;
  request.deadline = deadline;
  auto client = take_client();
  const auto begin = Clock::now();
  Answer answer = client->send(request);
  count(order, answer, received, Clock::now() - begin);
  give_back(std::move(client));
  return answer;
}

S3Exchange::Answer S3Exchange::send(const S3Order& order) {
  SITEPOD_TRY(refuse_if_down());
  const bool is_read = order.patience == S3Order::Patience::Read;
  const auto end = Clock::now() + (is_read ? settings_.read_patience : settings_.write_patience);
  const std::chrono::seconds usual_stall = is_read ? settings_.read_stall : settings_.write_stall;
  const bool is_short = !order.on_body && !order.read_body;
  for (int tries = 1;; ++tries) {
    if (order.on_try) SITEPOD_TRY(order.on_try());
    const auto left = std::chrono::ceil<std::chrono::seconds>(end - Clock::now());
    const auto stall = order.stall.value_or(std::clamp(left, std::chrono::seconds(1), usual_stall));
    Answer answer = send_once(order, stall, is_short ? std::optional<std::chrono::milliseconds>(stall) : std::nullopt);
    if (!is_passing(answer)) {
      if (answer.ok()) note_success();
      return answer;
    }
    const auto longest = std::min(kLongestPause, kFirstPause * (1 << tries));
    if (tries < kMostTries && Clock::now() + longest < end && !is_down() && take_retry() && pause(longest)) continue;
    // What it says again and again about this order alone is no sign that it is down.
    if (answer.ok() && answer->status < 429 && answer->status != 408) return answer;
    return note_failure(unavailable("The storage of files cannot be reached; try again in a moment.")
                            .with(order.method + " " + order.key + ": " + cause_of(answer)));
  }
}

bool S3Exchange::take_retry() {
  if (retries_.fetch_sub(kTenthsPerRetry) >= kTenthsPerRetry) return true;
  retries_.fetch_add(kTenthsPerRetry);
  return false;
}

// False: stopped meanwhile.
bool S3Exchange::pause(std::chrono::milliseconds most) {
  std::unique_lock lock(mutex_);
  return !stopped_.wait_for(lock, random_up_to(most), [this] { return is_stopped_.load(); });
}

void S3Exchange::note_success() {
  failures_ = 0;
  if (retries_.load() < kMostTenths) retries_.fetch_add(1);
  if (is_down_.exchange(false)) log::info("the bucket can be reached again", {{"bucket", settings_.place()}});
}

Error S3Exchange::note_failure(Error error) {
  if (is_stopped_) return error;
  if (failures_.fetch_add(1) + 1 >= kFailuresUntilDown && !is_down_.exchange(true))
    log::error("the bucket cannot be reached: what is not on this machine is not served, and nothing is stored",
               {{"bucket", settings_.place()}, {"cause", error.context}});
  return error;
}

Error S3Exchange::describe_down() const {
  return unavailable("The storage of files cannot be reached; try again in a moment.")
      .with("the bucket " + settings_.place() + " is down");
}

Result<void> S3Exchange::refuse_if_down() {
  if (is_stopped_) return unavailable("The server is stopping; try again in a moment.");
  if (!is_down()) return {};
  probe();
  return is_down() ? Result<void>(describe_down()) : Result<void>();
}

// A name that nothing has: a gateway cannot answer that out of its memory while the disks behind it stand still.
void S3Exchange::probe() {
  const std::unique_lock lock(probing_, std::try_to_lock);
  if (!lock || Clock::now() - probed_at_ < kProbeEvery) return;
  S3Order order;
  order.method = "HEAD";
  order.key = "sitepod-probe/" + random_base36(8);
  const Answer answer = send_once(order, std::chrono::seconds(1), kProbeDeadline);
  probed_at_ = Clock::now();
  if (answer.ok() && !is_passing(answer)) note_success();
}

void S3Exchange::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  stopped_.notify_all();
}

}  // namespace sitepod::blob
