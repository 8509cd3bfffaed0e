#include <array>

#include "api/json_writer.hpp"
#include "api/plan_request.hpp"
#include "control/rooms.hpp"
#include "http/limits.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> make_plan(Call& call);

}  // namespace

void add_plan_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/plan", Access::owner(identity::Scope::Deploy), make_plan});
}

namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
// A larger answer is written while it is made.
constexpr std::size_t kStreamedAnswerBytes = 256 * 1024;
// About what one missing file takes with its addresses.
constexpr std::size_t kBytesPerMissing = 260;
constexpr std::size_t kBytesPerPresigned = 700;

deploy::NameKind kind_of(api::PlanFile::Naming naming) {
  switch (naming) {
    case api::PlanFile::Naming::Blake3:
      return deploy::NameKind::Blake3;
    case api::PlanFile::Naming::Sha256:
      return deploy::NameKind::Sha256;
    case api::PlanFile::Naming::Either:
      break;
  }
  return deploy::NameKind::Either;
}

struct ReceivedPlan {
  api::PlanRequestHead head;
  deploy::PlanEntries entries;
};

// The body as it arrives: it never stands in memory as JSON.
Result<ReceivedPlan> receive_plan(http::ApiRequest& request, const deploy::Quotas& quotas) {
  SITEPOD_TRY(check_content_coding(request));
  const std::uint64_t announced = request.content_length.value_or(0);
  if (announced > http::kMaxPlanBodyBytes) return payload_too_large(http::kMaxPlanBodyBytes);
  // The packed form is shorter than the JSON it comes from.
  deploy::PlanEntries::Builder builder(static_cast<std::size_t>(announced));
  api::PlanRequestParser parser([&](const api::PlanFile& file) -> Result<void> {
    if (builder.size() >= quotas.max_files_per_deploy)
      return invalid("quota_exceeded",
                     "A deploy may have at most " + std::to_string(quotas.max_files_per_deploy) + " files.");
    builder.add({file.path, file.had_slash, file.name, kind_of(file.naming), file.sha256, file.size, file.media_type});
    return {};
  });
  std::vector<char> piece(kPieceBytes);
  std::uint64_t received = 0;
  while (const std::size_t count = SITEPOD_TRY(request.body->read(std::as_writable_bytes(std::span(piece))))) {
    received += count;
    if (received > http::kMaxPlanBodyBytes) return payload_too_large(http::kMaxPlanBodyBytes);
    SITEPOD_TRY(parser.feed({piece.data(), count}));
  }
  ReceivedPlan plan;
  plan.head = SITEPOD_TRY(parser.finish());
  plan.entries = SITEPOD_TRY(std::move(builder).build());
  return plan;
}

// What the answer needs; outlives the handler when the answer is streamed.
struct PlanAnswer {
  deploy::Planned planned;
  api::PlanForm form;
  bool with_upload_urls;

  // The name of an entry as text, and where its bytes may be sent.
  struct Hex {
    char digits[64];
    std::string_view view() const { return {digits, sizeof digits}; }
  };
  static Hex hex_of(const deploy::PlanEntry& entry) {
    Hex hex;
    entry.name.hex_into(hex.digits);
    return hex;
  }
  // `address` is reused from file to file.
  void put_upload_url(const Hex& hash, std::string& address) const {
    address.assign("/api/v1/upload/").append(planned.plan_id).append(1, '/').append(hash.view());
  }

  void write_missing(api::JsonWriter& json, std::uint32_t position, std::string& buffer) const {
    const deploy::PlanEntry entry = planned.entries->at(position);
    const Hex hash = hex_of(entry);
    if (form == api::PlanForm::Map) {
      json.value(hash.view());
      return;
    }
    json.begin_object();
    buffer.assign(entry.had_slash ? "/" : "").append(entry.path);
    json.member("path", buffer);
    json.member("hash", hash.view());
    json.member("size", entry.size.value_or(0));
    // Nobody else can make an address of the bucket.
    if (planned.presign) {
      json.member("upload_url", planned.presign(position));
    } else if (with_upload_urls) {
      put_upload_url(hash, buffer);
      json.member("upload_url", buffer);
    }
    json.end_object();
  }
  std::size_t bytes() const {
    return planned.missing.size() * (planned.presign ? kBytesPerPresigned : kBytesPerMissing);
  }

  // Calls `flush` between files; it may empty the string that `json` fills.
  template <typename Flush>
  Result<void> write(api::JsonWriter& json, Flush flush) const {
    std::string buffer;
    json.begin_object();
    json.member("plan_id", planned.plan_id);
    json.member("content_hash", planned.content_hash);
    json.member("upload_mode", planned.presign ? "presigned" : "direct");
    if (planned.presign) json.member("upload_urls_expire_at", to_rfc3339(planned.presigned_until));
    json.member("reusable", planned.reusable);
    json.member("expires_at", to_rfc3339(planned.expires_at));
    json.key("missing").begin_array();
    for (const std::uint32_t position : planned.missing) {
      write_missing(json, position, buffer);
      SITEPOD_TRY(flush());
    }
    json.end_array();
    if (with_upload_urls) {
      json.key("upload_urls").begin_object();
      for (const std::uint32_t position : planned.missing) {
        const Hex hash = hex_of(planned.entries->at(position));
        put_upload_url(hash, buffer);
        json.member(hash.view(), buffer);
        SITEPOD_TRY(flush());
      }
      json.end_object();
    }
    json.end_object();
    return {};
  }
};

Result<void> stream_answer(const PlanAnswer& answer, http::BodyWriter& writer) {
  std::string buffer;
  api::JsonWriter json(buffer);
  const auto send = [&]() -> Result<void> {
    Result<void> sent = writer.write(buffer);
    buffer.clear();
    return sent;
  };
  SITEPOD_TRY(
      answer.write(json, [&]() -> Result<void> { return buffer.size() < kPieceBytes ? Result<void>() : send(); }));
  return send();
}

Result<http::ApiResponse> make_plan(Call& call) {
  ReceivedPlan received = SITEPOD_TRY(receive_plan(call.request, call.rooms.deployer.settings().quotas));
  api::PlanRequestHead& head = received.head;
  deploy::PlanRequest request{
      head.project, std::move(received.entries), {head.git_commit, head.git_branch, head.git_message}, head.message};
  // The form of a map has room for names only.
  request.may_stage = head.form == api::PlanForm::Array;
  const auto answer = std::make_shared<PlanAnswer>();
  answer->form = head.form;
  answer->with_upload_urls = head.with_upload_urls;
  answer->planned = SITEPOD_TRY(call.rooms.deployer.plan(call.caller, std::move(request), call.now));
  if (const std::string& made = answer->planned.new_project_id; !made.empty())
    SITEPOD_TRY_WITH(call.rooms.publication.publish_project(made), "publishing the new project " + head.project);
  call.rooms.metrics.count_plan(answer->planned.entries->size(), answer->planned.reusable);

  std::string out;
  if (answer->bytes() <= kStreamedAnswerBytes) {
    api::JsonWriter json(out);
    SITEPOD_TRY(answer->write(json, [] { return Result<void>(); }));
    return json_response(200, std::move(out));
  }
  http::ApiResponse response = json_response(200, "");
  response.stream = [answer](http::BodyWriter& writer) { return stream_answer(*answer, writer); };
  return response;
}

}  // namespace
}  // namespace sitepod::control
