// "file:" destinations of images and links in markdown: they name attached files and become the files' addresses
// (content API §4). Pure; any thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sitepod::content {

// The address of the file with that name; nothing: there is no such file.
using FindFile = std::function<std::optional<std::string>(std::string_view name)>;

struct ReplacedReferences {
  std::string text;
  std::size_t unresolved = 0;
};
// Code spans and code blocks stay as they are. Names may stand in <…> and be percent-encoded.
ReplacedReferences replace_file_references(std::string_view markdown, const FindFile& find_file);

}  // namespace sitepod::content
