#include "api/pages_body.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "api/json_writer.hpp"
#include "base/file.hpp"
#include "base/random.hpp"
#include "model/page_fields.hpp"

namespace sitepod::api {
namespace {

void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& items) {
  json.key(name).begin_array();
  for (const std::string& item : items) json.value(item);
  json.end_array();
}

void write_page(JsonWriter& json, const model::PageChange& page) {
  json.begin_object();
  for (const model::TextField& each : model::kTextFields)
    if (const auto& value = page.*each.field) json.member(each.name, *value);
  for (const model::FlagField& each : model::kFlagFields)
    if (const auto& value = page.*each.field) json.member(each.name, *value);
  for (const model::ListField& each : model::kListFields)
    if (const auto& value = page.*each.field) write_list(json, each.name, *value);
  if (page.order) json.member(model::kOrderField, *page.order);
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    if (const auto& value = page.switches[i]) json.member(model::to_string(static_cast<model::Switch>(i)), *value);
  json.end_object();
}

std::string json_of(const PagesQuestion& question, std::string_view site_id) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  if (!site_id.empty()) json.member("siteId", site_id);
  if (question.build) json.member("build", true);
  json.key("pages").begin_array();
  for (const model::PageChange* page : question.pages) write_page(json, *page);
  json.end_array();
  if (!question.deletions.empty()) {
    json.key("deleteSlugs").begin_array();
    for (const model::PageDeletion& page : question.deletions) {
      json.begin_object().member("slug", page.slug).member("contentType", page.content_type);
      json.member("section", page.section).end_object();
    }
    json.end_array();
  }
  json.end_object();
  return out;
}

// RFC 7578 §4.2: as browsers do.
std::string quoted_name(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (c == '"')
      out += "%22";
    else if (c == '\r')
      out += "%0D";
    else if (c == '\n')
      out += "%0A";
    else
      out += c;
  }
  return out;
}

Error unreadable(const std::string& path, int error_number) {
  return invalid("unreadable", "The file " + path + " cannot be read: " + std::strerror(error_number) + ".");
}

}  // namespace

PagesBody::PagesBody(const PagesQuestion& question, std::string_view site_id) : question_(question) {
  json_ = json_of(question, site_id);
  if (question.files.empty()) {
    content_type_ = "application/json";
    size_ = json_.size();
  } else {
    boundary_ = "sitepod-" + random_uuid();
    content_type_ = "multipart/form-data; boundary=" + boundary_;
    json_ = "--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\n" + json_;
    end_ = "\r\n--" + boundary_ + "--\r\n";
    size_ = json_.size() + end_.size();
    for (const AttachedFile& file : question.files) size_ += head_of(file).size() + file.size;
  }
  rewind();
}

std::string PagesBody::head_of(const AttachedFile& file) const {
  return "\r\n--" + boundary_ + "\r\nContent-Disposition: form-data; name=\"files\"; filename=\"" +
         quoted_name(file.name) + "\"\r\nContent-Type: application/octet-stream\r\n\r\n";
}

void PagesBody::rewind() {
  text_ = json_;
  text_at_ = 0;
  next_file_ = 0;
  open_file_.reset();
  left_in_file_ = 0;
  is_ended_ = end_.empty();
}

Result<std::size_t> PagesBody::read(std::span<std::byte> out) {
  for (;;) {
    if (text_at_ < text_.size()) {
      const std::size_t count = std::min(out.size(), text_.size() - text_at_);
      std::memcpy(out.data(), text_.data() + text_at_, count);
      text_at_ += count;
      return count;
    }
    if (open_file_) return read_file_piece(out);
    text_at_ = 0;
    if (next_file_ < question_.files.size()) {
      const AttachedFile& file = question_.files[next_file_];
      open_file_ = UniqueFd(::open(file.path.c_str(), O_RDONLY | O_CLOEXEC));
      if (!open_file_) return unreadable(file.path, errno);
      left_in_file_ = file.size;
      text_ = head_of(file);
      // An empty file is its head alone.
      if (left_in_file_ == 0) {
        open_file_.reset();
        ++next_file_;
      }
      continue;
    }
    if (is_ended_) return std::size_t{0};
    is_ended_ = true;
    text_ = end_;
  }
}

Result<std::size_t> PagesBody::read_file_piece(std::span<std::byte> out) {
  const AttachedFile& file = question_.files[next_file_];
  const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_in_file_));
  const ssize_t count = ::read(open_file_.get(), out.data(), wanted);
  if (count < 0) return unreadable(file.path, errno);
  if (count == 0)
    return invalid("changed", "The file " + file.path + " became shorter while it was read; publish again.");
  left_in_file_ -= static_cast<std::uint64_t>(count);
  if (left_in_file_ == 0) {
    open_file_.reset();
    ++next_file_;
    text_.clear();
  }
  return static_cast<std::size_t>(count);
}

}  // namespace sitepod::api
