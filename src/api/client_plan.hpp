// Writes the body of POST /plan piece by piece, in the richest form that stays below the server's limit.
// A resource of one thread; holds a reference to the question.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/digest.hpp"

namespace sitepod::api {

// Views live until the next call of PlanQuestion::file.
struct ClientFile {
  std::string_view path;
  Digest blake3;
  Digest sha256;
  std::uint64_t size = 0;
  std::string_view content_type;
};

struct PlanQuestion {
  std::string project;
  std::string message;
  std::string git_commit, git_branch, git_message;
  std::size_t file_count = 0;
  std::function<ClientFile(std::size_t)> file;
  std::uint64_t max_body_bytes = 31 << 20;  // the contract allows 32 MiB
};

class PlanWriter {
 public:
  // Every form names files by their BLAKE3. Full: both digests, size and type of each file. Lean: BLAKE3 and size. Map:
  // path and hash.
  enum class Form : std::uint8_t { Full, Lean, Map };

  explicit PlanWriter(const PlanQuestion& question);
  Form form() const { return form_; }
  std::uint64_t size() const { return size_; }
  // 0 at the end.
  std::size_t read(std::span<std::byte> out);
  void rewind();

 private:
  std::string head() const;
  void append_file(std::size_t index, std::string& out) const;
  std::uint64_t measure() const;

  const PlanQuestion& question_;
  Form form_ = Form::Full;
  std::uint64_t size_ = 0;
  std::string pending_;
  std::size_t taken_ = 0;
  std::size_t next_ = 0;
  bool ended_ = false;
};

}  // namespace sitepod::api
