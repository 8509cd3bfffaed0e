#include "control/received_media.hpp"

#include "http/form_disposition.hpp"

namespace sitepod::control {

bool is_form(const http::ApiRequest& request) {
  std::string type(request.header("Content-Type").substr(0, 19));
  for (char& c : type) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return type == "multipart/form-data";
}

Result<ReceivedMedia> receive_media(Call& call, std::uint64_t text_bytes, std::string_view json_part) {
  SITEPOD_TRY(check_content_coding(call.request));
  const std::optional<std::string> boundary = http::boundary_of(call.request.header("Content-Type"));
  if (!boundary) return invalid_request("the body must be multipart/form-data with a boundary");
  content::MediaLibrary& media = call.rooms.content.media;
  ReceivedMedia received{SITEPOD_TRY(media::TemporaryFolder::make(media.settings().folder)), {}, {}};
  media::IntakeLimits limits = SITEPOD_TRY(media.limits_for(call.caller.account_id));
  limits.text_bytes = text_bytes;
  limits.json_part = json_part;
  limits.small_text_bytes = http::kLargeBodyBytes;
  limits.allow_large_texts = [&] { return call.rooms.large_bodies.take_into(received.place); };
  Result<media::ReceivedForm> form =
      media::receive_form(*boundary, reader_of(call.request), limits, received.folder.path());
  if (!form.ok() && form.error().code == "storage_exceeded")
    return content::storage_quota_exceeded(media.settings().storage_bytes);
  received.form = SITEPOD_TRY(std::move(form));
  return received;
}

}  // namespace sitepod::control
