#include "api/page_requests.hpp"

#include <algorithm>
#include <span>

#include "api/byte_order_mark.hpp"
#include "api/json_events.hpp"
#include "api/json_value.hpp"
#include "model/page_fields.hpp"

namespace sitepod::api {
namespace {

using model::PageChange;
using model::PageDeletion;

// One more than any field may have, so that what is cut is refused by its length.
constexpr std::size_t kKeptBytes = kMaxPageTextBytes + 1;
constexpr std::size_t kMaxKeyBytes = 1024;
// Of one list within a page; what the lists may really hold is less.
constexpr std::size_t kMaxListItems = 1'000;

// Where the value that comes next belongs.
enum class Place : std::uint8_t { Document, Top, Pages, Page, List, Deletions, Deletion, Ignored };

template <typename T>
const model::PageField<T>* find_named(std::span<const model::PageField<T>> names, std::string_view name) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& each) { return each.name == name; });
  return found == names.end() ? nullptr : &*found;
}

std::optional<std::size_t> find_switch(std::string_view name) {
  for (std::size_t i = 0; i < model::kSwitches; ++i)
    if (model::to_string(static_cast<model::Switch>(i)) == name) return i;
  return std::nullopt;
}

bool is_page_field(std::string_view name) {
  return find_named<std::string>(model::kTextFields, name) || find_named<bool>(model::kFlagFields, name) ||
         find_named<std::vector<std::string>>(model::kListFields, name) || find_switch(name) ||
         name == model::kOrderField;
}

struct Scalar {
  enum class Kind : std::uint8_t { Text, Integer, Fraction, Boolean, Null } kind;
  std::string text = {};
  std::int64_t number = 0;
  bool flag = false;
};

struct Reader : JsonEvents {
  PagesRequest request;
  bool has_pages = false;
  PageChange flat;                  // page keys of the top-level object
  bool has_flat = false;            // there was one
  std::optional<Error> flat_error;  // counts only when the flat form is meant

  std::vector<Place> places{Place::Document};
  std::vector<std::vector<std::string>> names;  // of each open object, for names that stand twice
  std::string key;                              // the last name read
  std::string text;
  std::vector<std::string>* list = nullptr;
  std::optional<Error> error;

  bool refuse(Code& code, Error reason) {
    error = std::move(reason);
    return stop(code);
  }
  bool accept(Code& code, Result<void> outcome) { return outcome.ok() || refuse(code, std::move(outcome).error()); }

  bool is_in_page() const { return places.back() == Place::Page; }
  PageChange& page() { return is_in_page() ? request.pages.back() : flat; }
  std::string named() const {
    const std::string name = "\"" + key + "\"";
    if (request.pages.empty() || !is_in_page()) return "The field " + name;
    return "The field " + name + " of page " + std::to_string(request.pages.size() - 1);
  }
  Result<void> wrong_type(std::string_view wanted) {
    return invalid_request(named() + " must be " + std::string(wanted) + ".");
  }
  // A wrong page field in the top-level object matters only when that is the page.
  Result<void> unless_ignored(Result<void> outcome) {
    if (outcome.ok() || is_in_page()) return outcome;
    if (!flat_error) flat_error = std::move(outcome).error();
    return {};
  }

  // ---- structure ----------------------------------------------------------------------------------------------------
  Result<Place> place_of_object() {
    switch (places.back()) {
      case Place::Document:
        return Place::Top;
      case Place::Pages:
        if (request.pages.size() >= kMaxPagesPerRequest)
          return invalid_request("A request may hold at most 5000 pages; send more in another one.");
        request.pages.emplace_back();
        return Place::Page;
      case Place::Deletions:
        if (request.deletions.size() >= kMaxPagesPerRequest)
          return invalid_request("A request may delete at most 5000 pages; send more in another one.");
        request.deletions.emplace_back();
        return Place::Deletion;
      case Place::List:
        return invalid_request("The items of \"tags\" and \"aliases\" must be strings.");
      case Place::Ignored:
        return Place::Ignored;
      default:
        SITEPOD_TRY(check_no_container());
        return Place::Ignored;
    }
  }
  // A container where a known field wants a scalar is an error; under an unknown name it is ignored.
  Result<void> check_no_container() {
    const bool is_top = places.back() == Place::Top;
    if (is_top && (key == "pages" || key == "deleteSlugs")) return wrong_type("an array");
    if (is_top && (key == "siteId" || key == "build")) return wrong_type(key == "build" ? "true or false" : "a string");
    if (places.back() == Place::Deletion && (key == "slug" || key == "contentType" || key == "section"))
      return wrong_type("a string");
    if ((is_top || is_in_page()) && is_page_field(key)) {
      if (is_top) has_flat = true;
      return unless_ignored(wrong_type("of its type, and is an object or an array"));
    }
    return {};
  }
  Result<Place> place_of_array() {
    if (places.back() == Place::Document) return invalid_request("The body must be a JSON object.");
    if (places.back() == Place::Pages) return invalid_request("Each item of \"pages\" must be an object.");
    if (places.back() == Place::Deletions) return invalid_request("Each item of \"deleteSlugs\" must be an object.");
    if (places.back() == Place::Top && key == "pages") {
      has_pages = true;
      return Place::Pages;
    }
    if (places.back() == Place::Top && key == "deleteSlugs") {
      request.has_deletions = true;
      return Place::Deletions;
    }
    if (places.back() == Place::Top || is_in_page())
      if (const auto* found = find_named<std::vector<std::string>>(model::kListFields, key)) {
        if (!is_in_page()) has_flat = true;
        list = &(page().*found->field).emplace();
        return Place::List;
      }
    return place_of_object();
  }
  bool enter(Code& code, Result<Place> place) {
    if (!place.ok()) return refuse(code, std::move(place).error());
    places.push_back(*place);
    return true;
  }
  bool on_object_begin(Code& code) {
    names.emplace_back();
    return enter(code, place_of_object());
  }
  bool on_array_begin(Code& code) { return enter(code, place_of_array()); }
  bool on_array_end(std::size_t, Code&) {
    places.pop_back();
    return true;
  }
  bool on_object_end(std::size_t, Code& code) {
    const Place ended = places.back();
    places.pop_back();
    names.pop_back();
    if (ended != Place::Deletion) return true;
    const PageDeletion& deletion = request.deletions.back();
    if (!deletion.slug.empty() && !deletion.content_type.empty()) return true;
    return refuse(code, invalid_request("Each item of \"deleteSlugs\" needs \"slug\" and \"contentType\"."));
  }

  // ---- names and scalars --------------------------------------------------------------------------------------------
  bool on_key_part(Text part, std::size_t, Code&) {
    append(part, kMaxKeyBytes);
    return true;
  }
  bool on_key(Text part, std::size_t, Code& code) {
    append(part, kMaxKeyBytes);
    key = std::exchange(text, {});
    if (places.back() == Place::Ignored) return true;
    std::vector<std::string>& seen = names.back();
    if (std::find(seen.begin(), seen.end(), key) != seen.end())
      return refuse(code, invalid("invalid_json", "The name \"" + key + "\" stands twice in one object."));
    // Unknown names are not remembered: there may be any number of them.
    if (is_known()) seen.push_back(key);
    return true;
  }
  bool is_known() const {
    return is_page_field(key) || key == "siteId" || key == "pages" || key == "deleteSlugs" || key == "build";
  }
  void append(Text part, std::size_t limit) {
    if (text.size() < limit) text += view(part).substr(0, limit - text.size());
  }
  bool on_string_part(Text part, std::size_t, Code&) {
    append(part, kKeptBytes);
    return true;
  }
  bool on_string(Text part, std::size_t, Code& code) {
    append(part, kKeptBytes);
    return accept(code, take({Scalar::Kind::Text, std::exchange(text, {})}));
  }
  bool on_int64(std::int64_t number, Text, Code& code) {
    return accept(code, take({Scalar::Kind::Integer, {}, number}));
  }
  bool on_uint64(std::uint64_t, Text, Code& code) { return accept(code, take({Scalar::Kind::Fraction})); }
  bool on_double(double, Text, Code& code) { return accept(code, take({Scalar::Kind::Fraction})); }
  bool on_bool(bool flag, Code& code) { return accept(code, take({Scalar::Kind::Boolean, {}, 0, flag})); }
  bool on_null(Code& code) { return accept(code, take({Scalar::Kind::Null})); }

  Result<void> take(Scalar scalar) {
    switch (places.back()) {
      case Place::Document:
        return invalid_request("The body must be a JSON object.");
      case Place::Top:
        return take_top(std::move(scalar));
      case Place::Pages:
        return invalid_request("Each item of \"pages\" must be an object.");
      case Place::Page:
        return take_page_field(std::move(scalar));
      case Place::List:
        return take_item(std::move(scalar));
      case Place::Deletions:
        return invalid_request("Each item of \"deleteSlugs\" must be an object.");
      case Place::Deletion:
        return take_deletion_field(std::move(scalar));
      case Place::Ignored:
        break;
    }
    return {};
  }

  Result<void> assign(std::string& field, Scalar scalar) {
    if (scalar.kind == Scalar::Kind::Null) return {};
    if (scalar.kind != Scalar::Kind::Text) return wrong_type("a string");
    field = std::move(scalar.text);
    return {};
  }
  Result<void> take_top(Scalar scalar) {
    if (key == "siteId") return assign(request.site_id, std::move(scalar));
    if (key == "build") {
      if (scalar.kind == Scalar::Kind::Null) return {};
      if (scalar.kind != Scalar::Kind::Boolean) return wrong_type("true or false");
      request.build = scalar.flag;
      return {};
    }
    if (key == "pages" || key == "deleteSlugs")
      return scalar.kind == Scalar::Kind::Null ? Result<void>() : wrong_type("an array");
    if (!is_page_field(key) || scalar.kind == Scalar::Kind::Null) return {};
    has_flat = true;
    return unless_ignored(take_page_field(std::move(scalar)));
  }
  Result<void> take_deletion_field(Scalar scalar) {
    PageDeletion& deletion = request.deletions.back();
    if (key == "slug") return assign(deletion.slug, std::move(scalar));
    if (key == "contentType") return assign(deletion.content_type, std::move(scalar));
    if (key == "section") return assign(deletion.section, std::move(scalar));
    return {};
  }
  Result<void> take_item(Scalar scalar) {
    if (scalar.kind != Scalar::Kind::Text)
      return invalid_request("The items of \"tags\" and \"aliases\" must be strings.");
    if (list->size() < kMaxListItems) list->push_back(std::move(scalar.text));
    return {};
  }
  Result<void> take_page_field(Scalar scalar) {
    if (scalar.kind == Scalar::Kind::Null) return {};
    if (const auto* text_field = find_named<std::string>(model::kTextFields, key)) {
      if (scalar.kind != Scalar::Kind::Text) return wrong_type("a string");
      page().*text_field->field = std::move(scalar.text);
    } else if (const auto* flag_field = find_named<bool>(model::kFlagFields, key)) {
      if (scalar.kind != Scalar::Kind::Boolean) return wrong_type("true or false");
      page().*flag_field->field = scalar.flag;
    } else if (const std::optional<std::size_t> position = find_switch(key)) {
      if (scalar.kind == Scalar::Kind::Boolean)
        page().switches[*position] = scalar.flag ? "true" : "false";
      else if (scalar.kind == Scalar::Kind::Text)
        page().switches[*position] = std::move(scalar.text);
      else
        return wrong_type(R"("true", "false" or "inherit")");
    } else if (key == model::kOrderField) {
      if (scalar.kind != Scalar::Kind::Integer) return wrong_type("a whole number");
      page().order = scalar.number;
    } else if (find_named<std::vector<std::string>>(model::kListFields, key)) {
      return wrong_type("an array of strings");
    }
    return {};
  }
};

boost::json::parse_options bounded_depth() {
  boost::json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  return options;
}

}  // namespace

struct PagesRequestParser::State {
  boost::json::basic_parser<Reader> parser{bounded_depth()};
  ByteOrderMark mark = {};
  bool is_empty = true;

  Result<void> write(std::string_view piece, bool more) {
    boost::json::error_code code;
    const std::size_t used = parser.write_some(more, piece.data(), piece.size(), code);
    if (parser.handler().error) return *std::move(parser.handler().error);
    if (code) return json_error(code);
    if (used != piece.size() && piece.substr(used).find_first_not_of(" \t\r\n") != std::string_view::npos)
      return invalid("invalid_json", "The body has something behind its JSON value.");
    return {};
  }
};

PagesRequestParser::PagesRequestParser() : state_(std::make_unique<State>()) {}
PagesRequestParser::~PagesRequestParser() = default;

Result<void> PagesRequestParser::feed(std::string_view piece) {
  SITEPOD_TRY(state_->mark.take_off(piece));
  if (state_->is_empty) {
    const std::size_t start = std::min(piece.find_first_not_of(" \t\r\n"), piece.size());
    piece.remove_prefix(start);
    state_->is_empty = piece.empty();
  }
  if (piece.empty()) return {};
  if (!state_->parser.done()) return state_->write(piece, true);
  if (piece.find_first_not_of(" \t\r\n") == std::string_view::npos) return {};
  return invalid("invalid_json", "The body has something behind its JSON value.");
}

Result<PagesRequest> PagesRequestParser::finish() {
  if (state_->is_empty) return PagesRequest{};
  if (!state_->parser.done()) SITEPOD_TRY(state_->write({}, false));
  Reader& reader = state_->parser.handler();
  if (!reader.has_pages && !reader.request.has_deletions && reader.has_flat) {
    if (reader.flat_error) return *std::move(reader.flat_error);
    reader.request.pages.push_back(std::move(reader.flat));
    reader.request.is_flat = true;
  }
  return std::move(reader.request);
}

}  // namespace sitepod::api
