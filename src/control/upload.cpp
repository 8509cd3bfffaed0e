#include "api/json_writer.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> upload_blob(Call& call);
Result<http::ApiResponse> upload_pack(Call& call);

}  // namespace

void add_upload_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Post, "/api/v1/upload/{plan_id}/{hash}", Access::owner_upload(), upload_blob});
  routes.push_back({http::Method::Put, "/api/v1/upload/{plan_id}/{hash}", Access::owner_upload(), upload_blob});
  routes.push_back({http::Method::Post, "/api/v1/upload/{plan_id}", Access::owner_upload(), upload_pack});
}

namespace {

Result<http::ApiResponse> upload_blob(Call& call) {
  const deploy::StoredUpload stored =
      SITEPOD_TRY(call.rooms.deployer.upload(call.caller, call.parameters[0], call.parameters[1],
                                             call.request.content_length, reader_of(call.request), call.now));
  call.rooms.metrics.count_uploads(1, stored.size);
  std::string out;
  api::JsonWriter(out).begin_object().member("hash", stored.name.hex()).member("size", stored.size).end_object();
  return json_response(200, std::move(out));
}

Result<http::ApiResponse> upload_pack(Call& call) {
  std::uint64_t received = 0;
  const deploy::ReadBody counted = [&, read = reader_of(call.request)](std::span<std::byte> out) {
    Result<std::size_t> count = read(out);
    if (count.ok()) received += *count;
    return count;
  };
  const deploy::StoredPack pack =
      SITEPOD_TRY(call.rooms.deployer.upload_pack(call.caller, call.parameters[0], counted, call.now));
  call.rooms.metrics.count_uploads(pack.stored, received);
  constexpr std::size_t kBytesPerName = 67;  // with its quotes and comma; some write 100,000 of them
  std::string out;
  out.reserve(64 + pack.missing.size() * kBytesPerName);
  api::JsonWriter json(out);
  json.begin_object().member("stored", pack.stored).key("missing").begin_array();
  for (const Digest& name : pack.missing) json.value(name.hex());
  json.end_array().end_object();
  return json_response(200, std::move(out));
}

}  // namespace
}  // namespace sitepod::control
