#include "blob/bucket.hpp"

#include <charconv>

#include "base/log.hpp"
#include "base/random.hpp"

namespace sitepod::blob {
namespace {

Error refusal(const S3Order& order, const http::ClientResponse& answer) {
  const S3Problem problem = parse_s3_problem(answer.body);
  return unavailable("The storage of files cannot be used; the operator finds the cause in the server's log.")
      .with("the bucket refused " + order.method + " " + order.key + ": status " + std::to_string(answer.status) + " " +
            problem.code + " " + problem.message);
}

// A large object is copied before the answer.
constexpr std::chrono::seconds kCopyStall{60};

bool is_absent(const http::ClientResponse& answer) { return answer.status == 404; }

// Which setting to look at, in the words of who set it.
std::string explain(const BucketSettings& settings, const http::ClientResponse& answer) {
  const S3Problem problem = parse_s3_problem(answer.body);
  const std::string place = settings.place();
  if (problem.code == "NoSuchBucket") return "there is no bucket " + place + ": make it, or mend storage.s3.bucket";
  if (problem.code == "RequestTimeTooSkewed") return "the clock of this machine is wrong: " + problem.message;
  if (problem.code == "AuthorizationHeaderMalformed" || problem.code == "PermanentRedirect" || answer.status == 301 ||
      answer.status == 307)
    return "the bucket " + place + " is in another region: mend storage.s3.region (" + problem.message + ")";
  const std::string said =
      "status " + std::to_string(answer.status) + (problem.code.empty() ? "" : ", " + problem.code);
  if (answer.status == 403 || answer.status == 401)
    return "the bucket " + place + " refuses these credentials (" + said +
           "): AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be of somebody who may list, read, write and delete in "
           "it";
  return "what answers at " + place + " is no bucket (" + said + "): mend storage.s3.endpoint and storage.s3.bucket";
}

}  // namespace

Result<void> Bucket::refuse_without_claim(const S3Order& order) const {
  if (order.method == "GET" || order.method == "HEAD") return {};
  const Claim claim = claim_;
  if (claim != Claim::Lost && (claim != Claim::Unproven || order.method != "DELETE")) return {};
  return unavailable("The storage of files cannot be used; the operator finds the cause in the server's log.")
      .with(claim == Claim::Lost ? "the bucket is kept by another server now"
                                 : "it is not known yet whether the bucket is still this server's");
}

Result<void> Bucket::refuse_if_unusable() {
  SITEPOD_TRY(refuse_without_claim({.method = "PUT"}));
  return exchange_.refuse_if_down();
}

Result<http::ClientResponse> Bucket::send(const S3Order& order) {
  SITEPOD_TRY(refuse_without_claim(order));
  http::ClientResponse answer = SITEPOD_TRY(exchange_.send(order));
  if (answer.status / 100 != 2 && !is_absent(answer)) return note_refusal(refusal(order, answer));
  return answer;
}

// Credentials that end while the server runs fail every request: once a minute is enough.
Error Bucket::note_refusal(Error error) {
  constexpr std::int64_t kNotedEverySeconds = 60;
  const std::int64_t at = now().unix_seconds();
  std::int64_t noted_at = refusal_noted_at_;
  if (at - noted_at >= kNotedEverySeconds && refusal_noted_at_.compare_exchange_strong(noted_at, at))
    log::error("the bucket refuses a request", {{"bucket", settings().place()}, {"cause", error.context}});
  return error;
}

Result<void> Bucket::check() {
  const std::string key = "tmp/check-" + random_base36(8);
  S3Order list;
  list.query = {{"list-type", "2"}, {"max-keys", "1"}};
  S3Order put{.method = "PUT", .key = key, .body = "sitepod looks whether it may write here\n"};
  S3Order get{.key = key};
  S3Order remove{.method = "DELETE", .key = key};
  for (const S3Order* order : {&list, &put, &get, &remove}) {
    const http::ClientResponse answer = SITEPOD_TRY(exchange_.send(*order));
    const bool is_right = answer.status / 100 == 2 && (order != &list || parse_s3_page(answer.body)) &&
                          (order != &get || answer.body == put.body);
    if (!is_right) return invalid_request(explain(settings(), answer));
  }
  return {};
}

BucketFigures Bucket::figures() const {
  BucketFigures figures = exchange_.counters().read();
  figures.is_usable = !is_down() && claim() != Claim::Lost;
  return figures;
}

Result<std::optional<std::uint64_t>> Bucket::find_size(const std::string& key) {
  const S3Order order{.method = "HEAD", .key = key};
  const http::ClientResponse answer = SITEPOD_TRY(send(order));
  if (is_absent(answer)) return std::optional<std::uint64_t>();
  const std::string_view text = answer.field("content-length");
  std::uint64_t size = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), size).ec != std::errc())
    return unavailable("The storage of files cannot be used; the operator finds the cause in the server's log.")
        .with("HEAD " + key + " has no Content-Length");
  return std::optional(size);
}

Result<void> Bucket::get(const std::string& key, const std::function<Result<void>()>& restart,
                         const std::function<Result<void>(std::string_view)>& each) {
  const S3Order order{.key = key, .on_body = each, .on_try = restart};
  const http::ClientResponse answer = SITEPOD_TRY(send(order));
  if (!is_absent(answer)) return {};
  // Whoever asks may give up the blob for good: a bucket that is gone, or a gateway without S3 behind it, is no answer
  // about the object. HEAD cannot tell them apart.
  const std::string code = parse_s3_problem(answer.body).code;
  if (code.empty() || code == "NoSuchBucket") return note_refusal(refusal(order, answer));
  return not_found("not_found", "The file is not in the store.").with("object " + key);
}

Result<void> Bucket::put(const std::string& key, int fd, std::uint64_t size, const Digest& hash) {
  return size <= settings().max_single_put_bytes ? put_whole(key, fd, size, hash) : put_parts(key, fd, size, hash);
}

Result<void> Bucket::remove(const std::string& key) {
  SITEPOD_TRY(send({.method = "DELETE", .key = key}));
  return {};
}

Result<std::optional<std::string>> Bucket::read_text(const std::string& key) {
  const S3Order order{.key = key};
  http::ClientResponse answer = SITEPOD_TRY(exchange_.send(order));
  if (answer.status / 100 == 2) return std::optional(std::move(answer.body));
  const std::string code = parse_s3_problem(answer.body).code;
  if (is_absent(answer) && !code.empty() && code != "NoSuchBucket") return std::optional<std::string>();
  return note_refusal(refusal(order, answer));
}

Result<void> Bucket::write_text(const std::string& key, const std::string& text, Condition condition) {
  constexpr int kPreconditionFailed = 412;
  constexpr int kConflict = 409;  // somebody else's write is under way
  constexpr int kNotImplemented = 501;
  S3Order order{.method = "PUT", .key = key, .body = text, .patience = S3Order::Patience::Write};
  if (condition == Condition::Absent) order.fields = {{"if-none-match", "*"}};
  http::ClientResponse answer = SITEPOD_TRY(exchange_.send(order));
  if (answer.status == kNotImplemented && condition == Condition::Absent) {
    order.fields.clear();
    answer = SITEPOD_TRY(exchange_.send(order));
  }
  const bool was_faster = answer.status == kPreconditionFailed || answer.status == kConflict;
  if (answer.status / 100 == 2 || (was_faster && condition == Condition::Absent)) return {};
  return note_refusal(refusal(order, answer));
}

Result<bool> Bucket::copy(const std::string& from, const std::string& to) {
  S3Order copy{.method = "PUT", .key = to, .patience = S3Order::Patience::Write, .stall = kCopyStall};
  copy.fields = {{"x-amz-copy-source", path_in({{}, {}, true}, settings(), from)}};
  const http::ClientResponse answer = SITEPOD_TRY(send(copy));
  const S3Problem problem = parse_s3_problem(answer.body);
  if (is_absent(answer) && problem.code != "NoSuchBucket") return false;
  // Copying may fail after the status was sent.
  if (is_absent(answer) || !problem.code.empty()) return note_refusal(refusal(copy, answer));
  return true;
}

Result<void> Bucket::move(const std::string& from, const std::string& to) {
  if (!SITEPOD_TRY(copy(from, to))) return {};
  return remove(from);
}

Result<void> Bucket::list(const std::string& prefix, const std::function<bool(const S3Object&)>& each) {
  for (std::string last;;) {
    S3Order order;
    order.query = {{"list-type", "2"}, {"prefix", prefix}};
    if (!last.empty()) order.query.emplace_back("start-after", last);
    const http::ClientResponse answer = SITEPOD_TRY(send(order));
    const std::optional<S3Page> page = parse_s3_page(answer.body);
    if (!page) return refusal(order, answer);
    for (const S3Object& object : page->objects)
      if (!each(object)) return {};
    if (!page->is_truncated || page->objects.empty()) return {};
    last = page->objects.back().key;
  }
}

}  // namespace sitepod::blob
