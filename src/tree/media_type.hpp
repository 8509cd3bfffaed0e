// What a path's name says about its bytes: the media type, whether compressing helps, whether the name changes with the
// content. Pure functions of static tables; any thread; results are string literals.
#pragma once

#include <string_view>

namespace sitepod::tree {

inline constexpr std::string_view kUnknownMediaType = "application/octet-stream";

// The complete Content-Type for the path's extension, compared without case; text carries "; charset=utf-8". Unknown:
// kUnknownMediaType.
std::string_view media_type_of(std::string_view path);

// The Content-Type that a file is served with (deploy API §11.5): what its manifest gives; the path's where that is
// empty or unspecific, and where both agree, since the path's is complete (it has the charset). A view of either.
std::string_view served_media_type(std::string_view path, std::string_view given);

// Whether br, zstd and gzip usually make such bytes smaller. Parameters after ';' do not count.
bool is_compressible(std::string_view media_type);

// Whether the path names one content for ever, so that it may be cached as immutable:
//   1. it lies in `assets/` or `_next/` of the root, or
//   2. its last segment has `[.-]` + at least 8 lower-case hexadecimal digits + `.`, or
//   3. a base64url token of at least 8 characters stands between `-` or `.` and the extension, as bundlers write it,
//   and cannot be
//      a word: it holds upper case, lower case and digits, not only a number at its end, in at least half as many runs
//      as characters (a capital and the small letters after it are one run), or it is esbuild's form: 8 of [A-Z2-7]
//      with a digit inside.
//   4. it is a media file of a built site: `media/`, two digits, `/`, 64 lower-case hexadecimal digits that begin with
//   them, and `.` or `-`, or
//   5. it lies in `_app/immutable/`, `_astro/` or `_nuxt/` of the root, where bundlers put hashed files only, and a
//   base64url token of at least 8 characters, letters alone included, stands before the extension.
// Rules 2 to 5 never apply to HTML. `my-document.css`, `Section-MyComponent.js`, `photo-iPhone14Pro.jpg` and
// `notes-Version10.txt` are words: taking one for a fingerprint keeps visitors on old bytes for a year, the opposite
// error costs one revalidation.
bool is_fingerprinted(std::string_view path);

}  // namespace sitepod::tree
