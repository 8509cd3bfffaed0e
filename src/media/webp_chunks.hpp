// The container of a WebP file (RFC 9649 §2.7), as far as metadata stands in it. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sitepod::media {

// The same picture without EXIF, XMP, colour profile and chunks of unknown meaning; nothing when it is no WebP file.
std::optional<std::string> without_metadata(std::string_view webp);

}  // namespace sitepod::media
