// The files of a build, each as a path, the key of its inputs and a way to make it. Files whose key the memory knows
// are not made again. Plans are collected by one thread and carried out by several.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "builder/build_memory.hpp"
#include "builder/parallel.hpp"
#include "builder/views.hpp"

namespace sitepod::builder {

enum class FileKind : std::uint8_t {
  Page,       // a page of an author: two of them must not claim one path
  Generated,  // gives way to a page at the same path
};

struct Draft {
  CacheKey key;
  std::function<std::string()> make;
};

struct PlannedFile {
  std::string path;
  FileKind kind = FileKind::Generated;
  // Called once, by any thread: looks at the inputs and says how to make the file from them.
  std::function<Draft()> draft;
};

struct MadeFile {
  FinishedFile file;
  CacheKey key;
  bool was_remembered = false;
};

// In the order of the plans.
std::vector<MadeFile> make_files(const std::vector<PlannedFile>& plans, const Memory& memory, unsigned threads,
                                 Deadline deadline);

// A file whose bytes are known already.
PlannedFile known_file(std::string path, std::string bytes);

}  // namespace sitepod::builder
