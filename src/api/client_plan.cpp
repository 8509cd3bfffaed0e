#include "api/client_plan.hpp"

#include <algorithm>
#include <cstring>

#include "api/json_writer.hpp"

namespace sitepod::api {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;

}  // namespace

PlanWriter::PlanWriter(const PlanQuestion& question) : question_(question) {
  for (Form form : {Form::Full, Form::Lean, Form::Map}) {
    form_ = form;
    size_ = measure();
    if (size_ <= question.max_body_bytes) break;
  }
  rewind();
}

void PlanWriter::rewind() {
  pending_ = head();
  taken_ = next_ = 0;
  ended_ = false;
}

// Everything before the first file.
std::string PlanWriter::head() const {
  std::string out;
  JsonWriter json(out);
  json.begin_object().member("project", question_.project).member("upload_urls", false);
  if (!question_.message.empty()) json.member("message", question_.message);
  if (!question_.git_commit.empty()) {
    json.key("git").begin_object().member("commit", question_.git_commit);
    if (!question_.git_branch.empty()) json.member("branch", question_.git_branch);
    if (!question_.git_message.empty()) json.member("message", question_.git_message);
    json.end_object();
  }
  json.key("files");
  out += form_ == Form::Map ? '{' : '[';
  return out;
}

void PlanWriter::append_file(std::size_t index, std::string& out) const {
  ClientFile file = question_.file(index);
  char blake3[64], sha256[64];
  file.blake3.hex_into(blake3);
  if (index > 0) out += ',';
  JsonWriter json(out);
  if (form_ == Form::Map) {
    json.key(file.path).value(std::string_view(blake3, sizeof blake3));
    return;
  }
  json.begin_object()
      .member("path", file.path)
      .member("blake3", std::string_view(blake3, sizeof blake3))
      .member("size", file.size);
  if (form_ == Form::Full) {
    file.sha256.hex_into(sha256);
    json.member("sha256", std::string_view(sha256, sizeof sha256)).member("content_type", file.content_type);
  }
  json.end_object();
}

std::uint64_t PlanWriter::measure() const {
  std::uint64_t total = head().size() + 2;  // the closing brackets
  std::string piece;
  for (std::size_t i = 0; i < question_.file_count; ++i) {
    piece.clear();
    append_file(i, piece);
    total += piece.size();
  }
  return total;
}

std::size_t PlanWriter::read(std::span<std::byte> out) {
  if (taken_ == pending_.size()) {
    pending_.clear();
    taken_ = 0;
  }
  while (pending_.size() < kPieceBytes && next_ < question_.file_count) append_file(next_++, pending_);
  if (next_ == question_.file_count && !ended_) {
    pending_ += form_ == Form::Map ? "}}" : "]}";
    ended_ = true;
  }
  std::size_t count = std::min(out.size(), pending_.size() - taken_);
  std::memcpy(out.data(), pending_.data() + taken_, count);
  taken_ += count;
  return count;
}

}  // namespace sitepod::api
