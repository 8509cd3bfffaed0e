#include "tree/media_type.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace sitepod::tree {
namespace {

struct Row {
  std::string_view extension;
  std::string_view media_type;
};

// Sorted by extension. Sources: the IANA registry, RFC 9239 (JavaScript), RFC 8081 (fonts), W3C manifests.
constexpr Row kTable[] = {
    {"3gp", "video/3gpp"},
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"apng", "image/apng"},
    {"appcache", "text/cache-manifest; charset=utf-8"},
    {"asc", "text/plain; charset=utf-8"},
    {"atom", "application/atom+xml; charset=utf-8"},
    {"avi", "video/x-msvideo"},
    {"avif", "image/avif"},
    {"bmp", "image/bmp"},
    {"br", "application/x-brotli"},
    {"bz2", "application/x-bzip2"},
    {"cjs", "text/javascript; charset=utf-8"},
    {"cmd", "text/plain; charset=utf-8"},
    {"conf", "text/plain; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"deb", "application/vnd.debian.binary-package"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"eot", "application/vnd.ms-fontobject"},
    {"epub", "application/epub+zip"},
    {"flac", "audio/flac"},
    {"geojson", "application/geo+json; charset=utf-8"},
    {"gif", "image/gif"},
    {"glb", "model/gltf-binary"},
    {"gltf", "model/gltf+json; charset=utf-8"},
    {"gpx", "application/gpx+xml; charset=utf-8"},
    {"gz", "application/gzip"},
    {"heic", "image/heic"},
    {"heif", "image/heif"},
    {"htm", "text/html; charset=utf-8"},
    {"html", "text/html; charset=utf-8"},
    {"ico", "image/vnd.microsoft.icon"},
    {"ics", "text/calendar; charset=utf-8"},
    {"jfif", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript; charset=utf-8"},
    {"json", "application/json; charset=utf-8"},
    {"json5", "application/json5; charset=utf-8"},
    {"jsonl", "application/jsonl; charset=utf-8"},
    {"jsonld", "application/ld+json; charset=utf-8"},
    {"jxl", "image/jxl"},
    {"kml", "application/vnd.google-earth.kml+xml; charset=utf-8"},
    {"log", "text/plain; charset=utf-8"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"m4a", "audio/mp4"},
    {"m4v", "video/mp4"},
    {"map", "application/json; charset=utf-8"},
    {"markdown", "text/markdown; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"mkv", "video/x-matroska"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpd", "application/dash+xml; charset=utf-8"},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg"},
    {"obj", "model/obj"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"opml", "text/x-opml; charset=utf-8"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"pdf", "application/pdf"},
    {"php", "text/plain; charset=utf-8"},
    {"png", "image/png"},
    {"pps", "application/vnd.ms-powerpoint"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"rar", "application/vnd.rar"},
    {"rss", "application/rss+xml; charset=utf-8"},
    {"rtf", "application/rtf"},
    {"sh", "text/plain; charset=utf-8"},
    {"srt", "application/x-subrip; charset=utf-8"},
    {"stl", "model/stl"},
    {"svg", "image/svg+xml; charset=utf-8"},
    {"svgz", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"tgz", "application/gzip"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml; charset=utf-8"},
    {"ts", "video/mp2t"},
    {"tsv", "text/tab-separated-values; charset=utf-8"},
    {"ttc", "font/collection"},
    {"ttf", "font/ttf"},
    {"txt", "text/plain; charset=utf-8"},
    {"usdz", "model/vnd.usdz+zip"},
    {"vcf", "text/vcard; charset=utf-8"},
    {"vtt", "text/vtt; charset=utf-8"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json; charset=utf-8"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xht", "application/xhtml+xml; charset=utf-8"},
    {"xhtml", "application/xhtml+xml; charset=utf-8"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "application/xml; charset=utf-8"},
    {"xsl", "application/xslt+xml; charset=utf-8"},
    {"xslt", "application/xslt+xml; charset=utf-8"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml; charset=utf-8"},
    {"yml", "application/yaml; charset=utf-8"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
};
static_assert(std::is_sorted(std::begin(kTable), std::end(kTable),
                             [](const Row& a, const Row& b) { return a.extension < b.extension; }));

// Types outside text/*, */*+json and */*+xml that are not compressed by themselves.
constexpr std::string_view kCompressible[] = {"application/javascript",
                                              "application/json",
                                              "application/json5",
                                              "application/jsonl",
                                              "application/rtf",
                                              "application/toml",
                                              "application/vnd.ms-fontobject",
                                              "application/wasm",
                                              "application/x-javascript",
                                              "application/x-subrip",
                                              "application/x-tar",
                                              "application/xml",
                                              "application/yaml",
                                              "application/vnd.apple.mpegurl",
                                              "audio/wav",
                                              "font/collection",
                                              "font/otf",
                                              "font/ttf",
                                              "image/bmp",
                                              "image/vnd.microsoft.icon",
                                              "image/x-icon",
                                              "model/gltf-binary",
                                              "model/obj",
                                              "model/stl"};

constexpr std::size_t kLongestExtension = 11;
constexpr std::size_t kShortestFingerprint = 8;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}
// Without its parameters.
std::string_view essence(std::string_view media_type) {
  const std::string_view type = media_type.substr(0, media_type.find(';'));
  return type.substr(0, type.find_last_not_of(" \t") + 1);
}
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }
bool is_base64url(char c) { return is_digit(c) || is_upper(c) || is_lower(c) || c == '-' || c == '_'; }

std::string_view last_segment(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool has_hex_fingerprint(std::string_view name) {
  for (std::size_t start = 1; start < name.size(); ++start) {
    if (name[start - 1] != '.' && name[start - 1] != '-') continue;
    std::size_t end = start;
    while (end < name.size() && is_hex(name[end])) ++end;
    if (end - start >= kShortestFingerprint && end < name.size() && name[end] == '.') return true;
  }
  return false;
}

std::size_t run_count(std::string_view token) {
  auto class_of = [](char c) { return is_digit(c) ? 0 : is_upper(c) ? 1 : is_lower(c) ? 2 : 3; };
  std::size_t runs = 1;
  for (std::size_t i = 1; i < token.size(); ++i) {
    bool capital_goes_on = is_upper(token[i - 1]) && is_lower(token[i]);
    if (class_of(token[i]) != class_of(token[i - 1]) && !capital_goes_on) ++runs;
  }
  return runs;
}

bool looks_random(std::string_view token) {
  std::string_view inner = token;
  while (!inner.empty() && is_digit(inner.back())) inner.remove_suffix(1);
  bool digit_inside = std::any_of(inner.begin(), inner.end(), is_digit);
  bool upper = std::any_of(token.begin(), token.end(), is_upper);
  if (!digit_inside || !upper) return false;
  if (std::any_of(token.begin(), token.end(), is_lower)) return 2 * run_count(token) >= token.size();
  return token.size() == kShortestFingerprint &&
         std::all_of(token.begin(), token.end(), [](char c) { return is_upper(c) || (c >= '2' && c <= '7'); });
}

// The name without its extension, or its two: app-BkX3a9Qz.js.map.
std::string_view stem_of(std::string_view name) {
  std::size_t dot = name.rfind('.');
  if (dot != std::string_view::npos && dot != 0 && name.substr(dot) == ".map") dot = name.rfind('.', dot - 1);
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

// The token may hold '-' itself, so every separator that leaves eight characters may be its beginning.
bool has_base64url_fingerprint(std::string_view name) {
  const std::string_view stem = stem_of(name);
  for (std::size_t start = stem.size(); start > 1 && is_base64url(stem[start - 1]);) {
    --start;
    if (start > 0 && (stem[start - 1] == '-' || stem[start - 1] == '.') &&
        stem.size() - start >= kShortestFingerprint && looks_random(stem.substr(start)))
      return true;
  }
  return false;
}

// Where bundlers put nothing but files that they name by their content, any token may be the hash: letters alone are no
// word there.
bool is_bundled(std::string_view path, std::string_view name) {
  constexpr std::string_view kFolders[] = {"_app/immutable/", "_astro/", "_nuxt/"};
  if (std::none_of(std::begin(kFolders), std::end(kFolders), [&](auto folder) { return path.starts_with(folder); }))
    return false;
  const std::string_view stem = stem_of(name);
  std::size_t start = stem.size();
  while (start > 0 && is_base64url(stem[start - 1])) --start;
  return stem.size() - start >= kShortestFingerprint && (start == 0 || stem[start - 1] == '.');
}

// `media/{2 digits}/{64 digits}.webp` or `…-480.webp`.
bool is_built_media(std::string_view path) {
  constexpr std::string_view kFolder = "media/";
  constexpr std::size_t kShardDigits = 2;
  constexpr std::size_t kDigits = 64;
  if (!path.starts_with(kFolder)) return false;
  path.remove_prefix(kFolder.size());
  const std::string_view shard = path.substr(0, kShardDigits);
  path.remove_prefix(shard.size());
  if (path.size() < 1 + kDigits + 1 || path[0] != '/' || !path.substr(1).starts_with(shard)) return false;
  const std::string_view digits = path.substr(1, kDigits);
  const char behind = path[1 + kDigits];
  return std::all_of(digits.begin(), digits.end(), is_hex) && (behind == '.' || behind == '-');
}

}  // namespace

std::string_view media_type_of(std::string_view path) {
  std::string_view name = last_segment(path);
  std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || name.size() - dot - 1 > kLongestExtension) return kUnknownMediaType;
  std::array<char, kLongestExtension> buffer;
  std::size_t length = name.size() - dot - 1;
  std::transform(name.begin() + static_cast<std::ptrdiff_t>(dot) + 1, name.end(), buffer.begin(), lower);
  std::string_view extension(buffer.data(), length);
  const Row* row = std::lower_bound(std::begin(kTable), std::end(kTable), extension,
                                    [](const Row& a, std::string_view wanted) { return a.extension < wanted; });
  return row != std::end(kTable) && row->extension == extension ? row->media_type : kUnknownMediaType;
}

std::string_view served_media_type(std::string_view path, std::string_view given) {
  const std::string_view by_name = media_type_of(path);
  const std::string_view type = essence(given);
  if (type.empty() || equals_ignoring_case(type, kUnknownMediaType)) return by_name;
  if (type.size() == given.size() && equals_ignoring_case(type, essence(by_name))) return by_name;
  return given;
}

bool is_compressible(std::string_view media_type) {
  std::string_view essence = media_type.substr(0, media_type.find(';'));
  while (!essence.empty() && essence.back() == ' ') essence.remove_suffix(1);
  std::string folded(essence);
  std::transform(folded.begin(), folded.end(), folded.begin(), lower);
  return folded.starts_with("text/") || folded.ends_with("+json") || folded.ends_with("+xml") ||
         std::find(std::begin(kCompressible), std::end(kCompressible), folded) != std::end(kCompressible);
}

bool is_fingerprinted(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.starts_with("assets/") || path.starts_with("_next/")) return true;
  if (media_type_of(path).starts_with("text/html")) return false;
  std::string_view name = last_segment(path);
  return is_built_media(path) || has_hex_fingerprint(name) || has_base64url_fingerprint(name) || is_bundled(path, name);
}

}  // namespace sitepod::tree
