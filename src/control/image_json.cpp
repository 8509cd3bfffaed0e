#include "control/image_json.hpp"

#include "meta/records.hpp"

namespace sitepod::control {

void write_image(api::JsonWriter& json, const deploy::Committed& committed) {
  const meta::Image& image = committed.image;
  json.member("image_id", image.id);
  json.member("content_hash", image.manifest.hex());
  json.member("created_at", to_rfc3339(image.created_at));
  json.member("project", committed.project.name);
  json.member("message", image.message);
  json.member("version", "v" + std::to_string(image.version));
  json.member("file_count", image.file_count);
  json.member("files_count", image.file_count);
  json.member("total_size", image.total_size);
}

}  // namespace sitepod::control
