#include "api/plan_item.hpp"

#include "http/media_type.hpp"
#include "model/names.hpp"

namespace sitepod::api {
namespace {

constexpr std::size_t kMaxEchoBytes = 200;
constexpr std::size_t kMaxContentTypeBytes = 255;  // as a manifest allows

Result<void> name_file(const PlanItem& item, PlanFile& out) {
  if (item.blake3.empty()) {
    if (!out.sha256)
      return invalid("invalid_hash", "The file " + quoted_for_message(*item.path) + " needs its \"blake3\".");
    out.name = *out.sha256;
    out.naming = PlanFile::Naming::Sha256;
    out.sha256.reset();
    return {};
  }
  const std::optional<Digest> name = parse_digest(item.blake3);
  if (!name)
    return invalid("invalid_hash",
                   "The blake3 of " + quoted_for_message(*item.path) + " must be 64 hexadecimal digits.");
  out.name = *name;
  out.naming = PlanFile::Naming::Blake3;
  return {};
}

}  // namespace

std::string quoted_for_message(std::string_view text) {
  if (text.size() <= kMaxEchoBytes) return "\"" + std::string(text) + "\"";
  std::size_t end = kMaxEchoBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return "\"" + std::string(text.substr(0, end)) + "…\"";
}

Result<void> PlanFileSink::hand_on(PlanFile& file, std::string_view sent_path) {
  file.path = SITEPOD_TRY(model::parse_manifest_path(sent_path));
  file.had_slash = sent_path.starts_with('/');
  has_any_ = true;
  return each_(file);
}

bool PlanFileSink::is_media_type(std::string_view text) {
  if (text == known_media_type_) return true;
  if (text.size() > kMaxContentTypeBytes || !http::is_valid_media_type(text)) return false;
  known_media_type_ = text;
  return true;
}

Result<void> PlanFileSink::take_member(std::string_view path, std::string_view hash) {
  const std::optional<Digest> name = parse_digest(hash);
  if (!name)
    return invalid("invalid_hash", "The hash of " + quoted_for_message(path) + " must be 64 hexadecimal digits.");
  PlanFile file;
  file.name = *name;
  return hand_on(file, path);
}

Result<void> PlanFileSink::take_item(const PlanItem& item) {
  if (!item.path) return invalid_request("Each item of \"files\" needs a \"path\".");
  PlanFile file;
  file.size = item.size;
  if (!item.sha256.empty()) {
    file.sha256 = parse_digest(item.sha256);
    if (!file.sha256) file.sha256 = parse_digest_base64(item.sha256);
    if (!file.sha256)
      return invalid("invalid_hash", "The sha256 of " + quoted_for_message(*item.path) +
                                         " must be 64 hexadecimal digits or base64 of 32 bytes.");
  }
  SITEPOD_TRY(name_file(item, file));
  if (!item.content_type.empty() && !is_media_type(item.content_type))
    return invalid_request("The content_type of " + quoted_for_message(*item.path) + " must be a media type.");
  // It says nothing: the extension may know better (deploy API §11.5).
  if (item.content_type != "application/octet-stream") file.media_type = item.content_type;
  return hand_on(file, *item.path);
}

}  // namespace sitepod::api
