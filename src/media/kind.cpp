#include "media/kind.hpp"

#include <algorithm>
#include <array>

#include "media/outcome.hpp"
#include "tree/media_type.hpp"

namespace sitepod::media {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMaxExtension = 12;

// In the order of Kind.
constexpr std::array kNames = {"jpeg"sv, "png"sv,       "gif"sv,  "webp"sv, "pdf"sv,
                               "mp4"sv,  "quicktime"sv, "webm"sv, "other"sv};

std::uint32_t big_endian_32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

// Brands of ISO 14496-12 files that are films for browsers. HEIF and AVIF pictures and M4A sound share the container.
bool is_mp4_brand(std::string_view brand) {
  constexpr std::array kBrands = {"isom"sv, "iso2"sv, "iso3"sv, "iso4"sv, "iso5"sv, "iso6"sv, "iso7"sv, "iso8"sv,
                                  "iso9"sv, "mp41"sv, "mp42"sv, "mp71"sv, "avc1"sv, "M4V "sv, "M4VH"sv, "M4VP"sv,
                                  "dash"sv, "f4v "sv, "MSNV"sv, "hvc1"sv, "av01"sv, "XAVC"sv};
  return std::find(kBrands.begin(), kBrands.end(), brand) != kBrands.end();
}

Kind kind_of_film(std::string_view head) {
  const std::string_view major = head.substr(8, 4);
  if (major == "qt  "sv) return Kind::QuickTime;
  return is_mp4_brand(major) ? Kind::Mp4 : Kind::Other;
}

// QuickTime files from before the `ftyp` atom begin with one of these (QuickTime File Format, "Movie Atoms").
bool is_old_quicktime(std::string_view head) {
  constexpr std::array kAtoms = {"moov"sv, "mdat"sv, "wide"sv, "pnot"sv};
  const std::uint32_t size = big_endian_32(head);
  return (size >= 8 || size == 1) && std::find(kAtoms.begin(), kAtoms.end(), head.substr(4, 4)) != kAtoms.end();
}

// The document type stands in the EBML header in front of everything else (RFC 8794 §11.2.4), as text behind its id
// 42 82 and its length.
bool is_webm(std::string_view head) {
  const std::string_view header = head.substr(0, 64);
  return header.starts_with("\x1a\x45\xdf\xa3"sv) && header.find("\x42\x82\x84webm"sv) != std::string_view::npos;
}

// Readers accept junk in front of "%PDF-" (ISO 32000-1, annex H.3: within the first 1024 bytes). A text may mention the
// mark, so only the name makes such a file a PDF.
bool is_late_pdf(std::string_view head) { return head.substr(0, 1024).find("%PDF-"sv) != std::string_view::npos; }

std::string extension_of(std::string_view name) {
  const std::size_t slash = name.find_last_of("/\\");
  if (slash != std::string_view::npos) name.remove_prefix(slash + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return {};
  std::string extension(name.substr(dot + 1));
  if (extension.empty() || extension.size() > kMaxExtension) return {};
  for (char& c : extension) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) return {};
  }
  return extension;
}

struct Claim {
  std::string_view extension;
  std::string_view what;
};
constexpr Claim kClaims[] = {
    {"jpg", "a JPEG picture"},   {"jpeg", "a JPEG picture"}, {"jpe", "a JPEG picture"}, {"jfif", "a JPEG picture"},
    {"png", "a PNG picture"},    {"apng", "a PNG picture"},  {"gif", "a GIF picture"},  {"webp", "a WebP picture"},
    {"pdf", "a PDF document"},   {"mp4", "an MP4 video"},    {"m4v", "an MP4 video"},   {"mov", "a QuickTime video"},
    {"qt", "a QuickTime video"}, {"webm", "a WebM video"},
};

}  // namespace

Kind classify(std::string_view head) {
  if (head.starts_with("\xff\xd8\xff"sv)) return Kind::Jpeg;
  if (head.starts_with("\x89PNG\r\n\x1a\n"sv)) return Kind::Png;
  if (head.starts_with("GIF87a"sv) || head.starts_with("GIF89a"sv)) return Kind::Gif;
  if (head.size() >= 12 && head.starts_with("RIFF"sv) && head.substr(8, 4) == "WEBP"sv) return Kind::Webp;
  if (head.size() >= 12 && head.substr(4, 4) == "ftyp"sv) return kind_of_film(head);
  if (is_webm(head)) return Kind::WebM;
  if (head.size() >= 8 && is_old_quicktime(head)) return Kind::QuickTime;
  return head.starts_with("%PDF-"sv) ? Kind::Pdf : Kind::Other;
}

std::string_view name_of(Kind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::optional<Kind> kind_named(std::string_view name) {
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Kind>(found - kNames.begin());
}

// Documents whose scripts would run as the site's own when somebody opens their address: they are shown as text.
// Pictures in SVG have to keep their type, else no page could show them.
std::string_view safe_type(std::string_view media_type) {
  const bool is_document = media_type.find("html") != std::string_view::npos ||
                           (media_type.find("xml") != std::string_view::npos && !media_type.starts_with("image/"));
  return is_document ? "text/plain; charset=utf-8" : media_type;
}

Result<Form> form_of(std::string_view head, std::string_view name) {
  std::string extension = extension_of(name);
  Kind kind = classify(head);
  if (kind == Kind::Other && extension == "pdf" && is_late_pdf(head)) kind = Kind::Pdf;
  if (is_picture(kind)) return Form{kind, "webp", "image/webp"};
  if (kind == Kind::Pdf) return Form{kind, "pdf", "application/pdf"};
  if (kind == Kind::WebM) return Form{kind, "webm", "video/webm"};
  if (is_video(kind)) return Form{kind, "mp4", "video/mp4"};
  for (const Claim& claim : kClaims)
    if (claim.extension == extension)
      return invalid("media_unreadable",
                     std::string(name) + " is named like " + std::string(claim.what) +
                         ", but its content is none; send the intact file, or name it after what it is");
  if (extension.empty()) extension = "bin";
  const std::string_view media_type = safe_type(tree::media_type_of("file." + extension));
  return Form{Kind::Other, std::move(extension), media_type};
}

}  // namespace sitepod::media
