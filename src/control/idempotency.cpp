#include "control/idempotency.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "base/log.hpp"
#include "identity/sealed_text.hpp"
#include "meta/kept_answers.hpp"

namespace sitepod::control {
namespace {

constexpr std::string_view kHeader = "Idempotency-Key";
constexpr std::size_t kMaxKeyBytes = 255;
constexpr std::int64_t kKeptMs = 24 * 3600 * 1000;
// The answer to a plan of 100,000 files; what is longer is not kept.
constexpr std::size_t kMaxKeptBytes = 32u << 20;
// A client that tries again after a lost connection should find the first answer, not a refusal; but those who wait
// keep threads of the API.
constexpr std::chrono::seconds kPatience{30};
constexpr std::size_t kMaxWaiting = 32;
constexpr std::string_view kReplayed = "Idempotency-Replayed";

// Passes a body on and hashes it.
class HashingReader final : public http::BodyReader {
 public:
  HashingReader(http::BodyReader& body, const http::ApiRequest& request) : body_(body) {
    for (const std::string_view part :
         {std::string_view(request.method_text), std::string_view(request.path), std::string_view(request.query)}) {
      hasher_.update(part);
      hasher_.update(std::string_view("\n"));
    }
  }
  Result<std::size_t> read(std::span<std::byte> out) override {
    const std::size_t count = SITEPOD_TRY(body_.read(out));
    hasher_.update(out.first(count));
    return count;
  }
  // Reads what the handler has left.
  Result<Digest> finish() {
    std::array<std::byte, 16 * 1024> rest;
    while (SITEPOD_TRY(read(rest)) > 0) continue;
    return hasher_.finish();
  }

 private:
  http::BodyReader& body_;
  Sha256 hasher_;
};

class StringWriter final : public http::BodyWriter {
 public:
  Result<void> write(std::string_view piece) override {
    text.append(piece);
    return {};
  }
  std::string text;
};

// Status, headers and body, a line each but for the body.
std::string pack(const http::ApiResponse& response) {
  std::string text = std::to_string(response.status) + "\n";
  for (const http::Header& header : response.headers) text += header.name + "\n" + header.value + "\n";
  return text + "\n" + response.body;
}

std::optional<http::ApiResponse> unpack(std::string_view text) {
  const auto take_line = [&]() -> std::optional<std::string_view> {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
  };
  http::ApiResponse response;
  const auto status = take_line();
  if (!status || std::from_chars(status->data(), status->data() + status->size(), response.status).ec != std::errc())
    return std::nullopt;
  for (;;) {
    const auto name = take_line();
    if (!name) return std::nullopt;
    if (name->empty()) break;
    const auto value = take_line();
    if (!value) return std::nullopt;
    response.headers.push_back({std::string(*name), std::string(*value)});
  }
  response.body = text;
  return response;
}

Error used_otherwise() { return conflict("This Idempotency-Key was used with another request."); }

// Only who has the token can read what it was told.
std::string_view secret_of(const Call& call) { return call.request.header("Authorization"); }

}  // namespace

bool Idempotency::concerns(const Route& route, const Call& call) {
  return route.method == http::Method::Post && call.caller.account_id.starts_with("usr_") &&
         !call.request.header(kHeader).empty();
}

Result<http::ApiResponse> Idempotency::answer(Call& call, const std::function<http::ApiResponse()>& handle) {
  const std::string_view sent = call.request.header(kHeader);
  const bool is_printable = std::all_of(sent.begin(), sent.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (sent.size() > kMaxKeyBytes || !is_printable)
    return invalid_request("The Idempotency-Key must be at most 255 printable ASCII characters.");
  const Digest key = sha256(sent);

  const std::string place = call.caller.account_id + key.hex();
  if (!enter(place))
    return conflict("A request with this Idempotency-Key is still running.").detail("retry_after", "1");
  Result<http::ApiResponse> response = do_and_keep(call, key, handle);
  leave(place);
  return response;
}

bool Idempotency::enter(const std::string& place) {
  std::unique_lock lock(mutex_);
  if (running_.insert(place).second) return true;
  if (waiting_ == kMaxWaiting) return false;
  ++waiting_;
  const bool entered = left_.wait_for(lock, kPatience, [&] { return running_.insert(place).second; });
  --waiting_;
  return entered;
}

void Idempotency::leave(const std::string& place) {
  {
    const std::lock_guard lock(mutex_);
    running_.erase(place);
  }
  left_.notify_all();
}

Result<http::ApiResponse> Idempotency::do_and_keep(Call& call, const Digest& key,
                                                   const std::function<http::ApiResponse()>& handle) {
  const Instant oldest{call.now.unix_ms - kKeptMs};
  const auto kept = SITEPOD_TRY(
      meta_.read([&](meta::Session& session) { return meta::find_kept_answer(session, call.caller.account_id, key); }));
  HashingReader body(*call.request.body, call.request);
  if (kept && kept->created_at >= oldest) {
    if (SITEPOD_TRY(body.finish()) != kept->request) return used_otherwise();
    const auto text = identity::unseal_text(secret_of(call), kept->sealed);
    std::optional<http::ApiResponse> response = text ? unpack(*text) : std::nullopt;
    if (!response)
      return conflict("This request was done already, with another token: its answer is not yours to see.");
    response->headers.push_back({std::string(kReplayed), "true"});
    return *std::move(response);
  }

  http::BodyReader* const original = std::exchange(call.request.body, &body);
  http::ApiResponse response = handle();
  call.request.body = original;
  // What failed has changed nothing: the same request may be tried again under its key.
  if (response.status < 200 || response.status > 299) return response;
  if (response.stream) {
    StringWriter writer;
    SITEPOD_TRY(response.stream(writer));
    response.stream = nullptr;
    response.body = std::move(writer.text);
  }
  if (response.body.size() > kMaxKeptBytes) return response;
  const auto request = body.finish();
  if (!request.ok()) return response;
  const meta::KeptAnswer answer{call.caller.account_id, key, *request,
                                identity::seal_text(secret_of(call), pack(response)), call.now};
  const auto stored = meta_.write([&](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::delete_kept_answers(session, oldest));
    return meta::keep_answer(session, answer);
  });
  // It was done whether or not it will be remembered.
  if (!stored.ok()) log::warn("could not keep an answer for its Idempotency-Key", {{"reason", stored.error().context}});
  return response;
}

}  // namespace sitepod::control
