// The files of a build, each as a path, the key of its inputs and a way to make it. Files whose key is known are not
// made again. Plans are collected by one thread and carried out by several.
#pragma once

#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "builder/build_memory.hpp"
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
  bool shows_texts = false;  // of pages more than their entries: to be looked at whenever a text is new
  // Called once, by any thread: looks at the inputs and says how to make the file from them.
  std::function<Draft()> draft;
};

struct MadeFile {
  FinishedFile file;
  CacheKey key;
  bool was_remembered = false;
};

// Makes files unless their key is known; what is made goes to the sink, where there is one. Any thread.
class FileMaker {
 public:
  // Both outlive it.
  FileMaker(const FilesByKey& known, const FileSink& sink) : known_(known), sink_(sink) {}
  // `before`: the same file as it was made last, where it is not among the known ones.
  Result<MadeFile> make(const PlannedFile& plan, const MadeFile* before = nullptr) const;

 private:
  bool serves(const FinishedFile& file) const { return sink_ || file.bytes; }
  const FilesByKey& known_;
  const FileSink& sink_;
};

// A file whose bytes are known already.
PlannedFile known_file(std::string path, std::string bytes);

}  // namespace sitepod::builder
