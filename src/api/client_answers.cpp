#include "api/client_answers.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include "api/json_events.hpp"

namespace sitepod::api {
namespace {

// Longer texts than any of the contract are cut off while they are passed over, so that no answer can fill the memory.
constexpr std::size_t kMaxTextBytes = 4096;

struct Reader : JsonEvents {
  ListingAnswer answer;
  int depth = 0;  // of open objects and arrays
  bool in_missing = false;
  std::string key;  // of the innermost object
  std::string collected;
  std::string item_url;  // of the item of `missing` that is being read
  bool bad_hash = false;

  void collect(Text piece) {
    if (collected.size() < kMaxTextBytes) collected += view(piece);
  }
  bool at_top() const { return depth == 1; }

  bool on_object_begin(Code&) { return ++depth > 0; }
  bool on_object_end(std::size_t, Code&) {
    if (in_missing && depth == 3) end_item();
    return leave();
  }
  void end_item() {
    if (!item_url.empty() && !answer.missing.empty()) {
      answer.upload_urls.resize(answer.missing.size());
      answer.upload_urls.back() = item_url;
    }
    item_url.clear();
  }
  bool on_array_begin(Code&) {
    if (at_top() && key == "missing") in_missing = answer.has_missing = true;
    return ++depth > 0;
  }
  bool on_array_end(std::size_t, Code&) { return leave(); }
  bool leave() {
    if (--depth == 1) in_missing = false;
    return true;
  }

  bool on_key_part(Text piece, std::size_t, Code&) {
    collect(piece);
    return true;
  }
  bool on_key(Text piece, std::size_t, Code&) {
    collect(piece);
    key.swap(collected);
    collected.clear();
    return true;
  }
  bool on_string_part(Text piece, std::size_t, Code&) {
    collect(piece);
    return true;
  }
  bool on_string(Text piece, std::size_t, Code& code) {
    collect(piece);
    bool is_hash = in_missing && (depth == 2 || (depth == 3 && key == "hash"));
    if (is_hash) {
      auto digest = parse_digest(collected);
      if (!digest) {
        bad_hash = true;
        return stop(code);
      }
      answer.missing.push_back(*digest);
    } else if (in_missing && depth == 3 && key == "upload_url" && collected.starts_with("http")) {
      item_url = collected;
    } else if (at_top()) {
      answer.texts[key] = collected;
    }
    collected.clear();
    return true;
  }
  bool on_number(std::int64_t number) {
    if (at_top()) answer.numbers[key] = number;
    return true;
  }
  bool on_int64(std::int64_t number, Text, Code&) { return on_number(number); }
  bool on_uint64(std::uint64_t number, Text, Code&) { return on_number(static_cast<std::int64_t>(number)); }
  bool on_double(double, Text, Code&) { return true; }
  bool on_bool(bool, Code&) { return true; }
  bool on_null(Code&) { return true; }
};

boost::json::parse_options shallow() {
  boost::json::parse_options options;
  options.max_depth = 16;
  return options;
}

Error invalid_answer(std::string context) {
  return {ErrorKind::Internal,
          "invalid_answer",
          "The server's answer is not what this program understands.",
          std::move(context),
          {}};
}

}  // namespace

struct ListingParser::State {
  boost::json::basic_parser<Reader> parser{shallow()};

  Result<void> write(std::string_view piece, bool more) {
    boost::json::error_code code;
    std::size_t used = parser.write_some(more, piece.data(), piece.size(), code);
    if (parser.handler().bad_hash) return invalid_answer("a hash that is no hash");
    if (code) return invalid_answer(code.message());
    if (piece.substr(used).find_first_not_of(" \t\r\n") != std::string_view::npos)
      return invalid_answer("something behind the JSON value");
    return {};
  }
};

ListingParser::ListingParser() : state_(std::make_unique<State>()) {}
ListingParser::~ListingParser() = default;

Result<void> ListingParser::feed(std::string_view piece) {
  if (!state_->parser.done()) return state_->write(piece, true);
  if (piece.find_first_not_of(" \t\r\n") != std::string_view::npos)
    return invalid_answer("something behind the JSON value");
  return {};
}

Result<ListingAnswer> ListingParser::finish() {
  if (!state_->parser.done()) SITEPOD_TRY(state_->write("", false));
  return std::move(state_->parser.handler().answer);
}

std::string ListingAnswer::text(std::string_view name) const {
  auto found = texts.find(name);
  return found == texts.end() ? std::string() : found->second;
}

std::int64_t ListingAnswer::number(std::string_view name) const {
  auto found = numbers.find(name);
  return found == numbers.end() ? 0 : found->second;
}

}  // namespace sitepod::api
