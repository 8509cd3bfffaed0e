// What an uploaded file is by its bytes, and what it is published as. The name is believed only for bytes that carry no
// signature of a kind that is processed. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace sitepod::media {

enum class Kind : std::uint8_t { Jpeg, Png, Gif, Webp, Pdf, Mp4, QuickTime, WebM, Other };

// What classify() needs to see of a file; a shorter file is given whole.
inline constexpr std::size_t kHeadBytes = 4096;

// By magic bytes only.
Kind classify(std::string_view head);

constexpr bool is_picture(Kind kind) { return kind <= Kind::Webp; }
constexpr bool is_video(Kind kind) { return kind >= Kind::Mp4 && kind <= Kind::WebM; }

std::string_view name_of(Kind kind);
std::optional<Kind> kind_named(std::string_view name);

struct Form {
  Kind kind = Kind::Other;
  std::string extension;        // of the published file: lower case, [a-z0-9]+
  std::string_view media_type;  // its Content-Type; a string literal
};

// How the file is published, known before it is processed: pictures become WebP, QuickTime becomes MP4, everything else
// keeps its extension ("bin" when the name has none that is usable in an address). HTML and XML are published as plain
// text. Errors: Invalid `media_unreadable` when the name claims a picture, PDF or video and the bytes are none, because
// such a file would be published with its metadata.
Result<Form> form_of(std::string_view head, std::string_view name);

}  // namespace sitepod::media
