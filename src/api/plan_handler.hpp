// What the JSON parser tells about the body of POST /plan, event by event; any JSON, cut anywhere.
// A resource of one thread. Only plan_request.cpp includes it.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/json_events.hpp"
#include "api/json_value.hpp"
#include "api/plan_item.hpp"

namespace sitepod::api {

// Where the value that comes next belongs.
enum class Place : std::uint8_t { Document, Top, FilesMap, FilesArray, File, Git, Ignored };

enum class Kind : std::uint8_t { Text, Number, Boolean, Null };

struct Scalar {
  Kind kind;
  std::string_view text;
  std::optional<std::uint64_t> natural;
  bool flag = false;
};

// The names that one object may hold once; each is a bit.
class SeenNames {
 public:
  // False when the name was seen before. Unknown names are never remembered.
  bool insert(std::span<const std::string_view> known, std::string_view name) {
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (known[i] != name) continue;
      const auto bit = static_cast<std::uint8_t>(1u << i);
      if (bits_ & bit) return false;
      bits_ = static_cast<std::uint8_t>(bits_ | bit);
    }
    return true;
  }

 private:
  std::uint8_t bits_ = 0;
};

inline constexpr std::string_view kTopNames[] = {"project", "files", "git", "message", "upload_urls"};
inline constexpr std::string_view kFileNames[] = {"path", "blake3", "sha256", "size", "content_type"};
inline constexpr std::string_view kGitNames[] = {"commit", "branch", "message"};

struct ArrayFile {
  std::optional<std::string> path;
  std::string blake3, sha256, content_type;
  std::optional<std::uint64_t> size;
};

struct PlanHandler : JsonEvents {
  explicit PlanHandler(PlanFileSink& files) : sink(files) {}

  PlanFileSink& sink;
  PlanRequestHead head;
  bool has_files = false;

  std::vector<Place> places{Place::Document};
  std::string key;
  std::string text;
  ArrayFile file;
  SeenNames top_seen, file_seen, git_seen;
  std::optional<Error> error;

  bool refuse(Code& code, Error reason) {
    error = std::move(reason);
    return stop(code);
  }
  bool accept(Code& code, Result<void> outcome) { return outcome.ok() || refuse(code, std::move(outcome).error()); }

  // ---- structure --------------------------------------------------------------------------------------------------
  Result<Place> place_of_object() {
    switch (places.back()) {
      case Place::Document:
        return Place::Top;
      case Place::Top:
        if (key == "files") {
          has_files = true;
          head.form = PlanForm::Map;
          return Place::FilesMap;
        }
        if (key == "git") return Place::Git;
        return known_elsewhere(kTopNames);
      case Place::FilesArray:
        file = {};
        file_seen = {};
        return Place::File;
      case Place::FilesMap:
        return invalid_request("The hash of " + quoted_for_message(key) + " in \"files\" must be a string.");
      case Place::File:
        return known_elsewhere(kFileNames);
      case Place::Git:
        return known_elsewhere(kGitNames);
      case Place::Ignored:
        break;
    }
    return Place::Ignored;
  }
  Result<Place> place_of_array() {
    switch (places.back()) {
      case Place::Document:
        return invalid_request("The body must be a JSON object.");
      case Place::Top:
        if (key == "files") {
          has_files = true;
          head.form = PlanForm::Array;
          return Place::FilesArray;
        }
        return known_elsewhere(kTopNames);
      case Place::FilesArray:
        return invalid_request("Each item of \"files\" must be an object.");
      default:
        return place_of_object();
    }
  }
  // A container where a known field wants a scalar is an error; under an unknown name it is ignored.
  Result<Place> known_elsewhere(std::span<const std::string_view> known) const {
    for (const std::string_view name : known)
      if (name == key) return invalid_request("The field " + quoted_for_message(key) + " has the wrong type.");
    return Place::Ignored;
  }
  bool enter(Code& code, Result<Place> place) {
    if (!place.ok()) return refuse(code, std::move(place).error());
    places.push_back(*place);
    return true;
  }
  bool on_object_begin(Code& code) { return enter(code, place_of_object()); }
  bool on_array_begin(Code& code) { return enter(code, place_of_array()); }
  bool on_array_end(std::size_t, Code&) {
    places.pop_back();
    return true;
  }
  bool on_object_end(std::size_t, Code& code) {
    const Place ended = places.back();
    places.pop_back();
    return ended != Place::File || accept(code, emit_array_file());
  }

  // ---- names --------------------------------------------------------------------------------------------------------
  bool append_name(Code& code, Text part) {
    if (text.size() <= kMaxPlanTextBytes) text += view(part);
    // No known name is so long: only a path can be wrong by it.
    if (text.size() <= kMaxPlanTextBytes || places.back() != Place::FilesMap) return true;
    return refuse(code, invalid("invalid_path", "A path is longer than 1024 bytes."));
  }
  bool on_key_part(Text part, std::size_t, Code& code) { return append_name(code, part); }
  bool on_key(Text part, std::size_t, Code& code) {
    if (!append_name(code, part)) return false;
    std::swap(key, text);
    text.clear();
    bool first = true;
    if (places.back() == Place::Top) first = top_seen.insert(kTopNames, key);
    if (places.back() == Place::File) first = file_seen.insert(kFileNames, key);
    if (places.back() == Place::Git) first = git_seen.insert(kGitNames, key);
    return first || refuse(code, invalid("invalid_json",
                                         "The name " + quoted_for_message(key) + " stands twice in one object."));
  }

  // ---- scalars ------------------------------------------------------------------------------------------------------
  // What stands under an unknown name is of no interest, however long it is.
  bool is_ignored() const {
    const auto is_unknown = [&](std::span<const std::string_view> known) {
      return std::find(known.begin(), known.end(), key) == known.end();
    };
    switch (places.back()) {
      case Place::Top:
        return is_unknown(kTopNames);
      case Place::File:
        return is_unknown(kFileNames);
      case Place::Git:
        return is_unknown(kGitNames);
      default:
        return places.back() == Place::Ignored;
    }
  }
  bool append_text(Code& code, Text part) {
    if (is_ignored()) return true;
    text += view(part);
    return text.size() <= kMaxPlanTextBytes || refuse(code, invalid_request("A text is longer than 64 KiB."));
  }
  bool on_string_part(Text part, std::size_t, Code& code) { return append_text(code, part); }
  bool on_string(Text part, std::size_t, Code& code) {
    if (!append_text(code, part)) return false;
    const bool accepted = accept(code, take({Kind::Text, text, {}, false}));
    text.clear();
    return accepted;
  }
  bool on_int64(std::int64_t number, Text, Code& code) {
    Scalar scalar{Kind::Number, {}, {}, false};
    if (number >= 0) scalar.natural = static_cast<std::uint64_t>(number);
    return accept(code, take(scalar));
  }
  bool on_uint64(std::uint64_t, Text, Code& code) {
    return accept(code, take({Kind::Number, {}, {}, false}));  // beyond int64: no file has that size
  }
  bool on_double(double number, Text, Code& code) {
    if (!std::isfinite(number)) return refuse(code, invalid("invalid_json", "A number is too large."));
    return accept(code, take({Kind::Number, {}, {}, false}));
  }
  bool on_bool(bool flag, Code& code) { return accept(code, take({Kind::Boolean, {}, {}, flag})); }
  bool on_null(Code& code) { return accept(code, take({Kind::Null, {}, {}, false})); }

  Result<void> take(const Scalar& scalar) {
    switch (places.back()) {
      case Place::Document:
        return invalid_request("The body must be a JSON object.");
      case Place::Top:
        return take_top(scalar);
      case Place::FilesMap:
        return take_map_file(scalar);
      case Place::FilesArray:
        return invalid_request("Each item of \"files\" must be an object.");
      case Place::File:
        return take_file_field(scalar);
      case Place::Git:
        return take_git(scalar);
      case Place::Ignored:
        break;
    }
    return {};
  }

  // Null stands for "not given".
  Result<void> assign(std::string& field, const Scalar& scalar) const {
    SITEPOD_TRY(assign_any(field, scalar));
    if (field.find('\0') != std::string::npos)
      return invalid_request("The field " + quoted_for_message(key) + " must not contain NUL.");
    return {};
  }
  // For fields whose own grammar refuses NUL, by a better name.
  Result<void> assign_any(std::string& field, const Scalar& scalar) const {
    if (scalar.kind == Kind::Null) return {};
    if (scalar.kind != Kind::Text)
      return invalid_request("The field " + quoted_for_message(key) + " must be a string.");
    field = scalar.text;
    return {};
  }
  Result<void> take_top(const Scalar& scalar) {
    if (key == "project") return assign(head.project, scalar);
    if (key == "message") return assign(head.message, scalar);
    if (key == "upload_urls") {
      if (scalar.kind != Kind::Boolean) return invalid_request("The field \"upload_urls\" must be true or false.");
      head.with_upload_urls = scalar.flag;
      return {};
    }
    if (key == "files")
      return invalid_request("The field \"files\" must be an object (path to hash) or an array of files.");
    if (key == "git" && scalar.kind != Kind::Null) return invalid_request("The field \"git\" must be an object.");
    return {};
  }
  Result<void> take_git(const Scalar& scalar) {
    if (key == "commit") return assign(head.git_commit, scalar);
    if (key == "branch") return assign(head.git_branch, scalar);
    if (key == "message") return assign(head.git_message, scalar);
    return {};
  }
  Result<void> take_file_field(const Scalar& scalar) {
    if (key == "path") {
      file.path.emplace();
      return assign_any(*file.path, scalar);
    }
    if (key == "blake3") return assign_any(file.blake3, scalar);
    if (key == "sha256") return assign(file.sha256, scalar);
    if (key == "content_type") return assign(file.content_type, scalar);
    if (key == "size") {
      if (!scalar.natural) return invalid_request("The field \"size\" must be an integer of at least 0.");
      file.size = scalar.natural;
    }
    return {};
  }

  // ---- files --------------------------------------------------------------------------------------------------------
  Result<void> take_map_file(const Scalar& scalar) {
    if (scalar.kind != Kind::Text)
      return invalid_request("The hash of " + quoted_for_message(key) + " in \"files\" must be a string.");
    return sink.take_member(key, scalar.text);
  }
  Result<void> emit_array_file() {
    PlanItem item{{}, file.blake3, file.sha256, file.content_type, file.size};
    if (file.path) item.path = *file.path;
    return sink.take_item(item);
  }
};

}  // namespace sitepod::api
