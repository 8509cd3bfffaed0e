#include "api/plan_request.hpp"

#include "api/byte_order_mark.hpp"
#include "api/plan_handler.hpp"
#include "api/plan_scanner.hpp"

namespace sitepod::api {
namespace {

// An item that is cut by the end of a piece waits for the next; a longer one goes to the parser as it comes.
constexpr std::size_t kMaxHeldBytes = 8 * 1024;
// The list of files begins behind one of the first brackets, or is found by the parser alone.
constexpr int kMaxBracketsTried = 64;

boost::json::parse_options bounded_depth() {
  boost::json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  return options;
}

bool is_json_space(std::string_view text) { return text.find_first_not_of(" \t\r\n") == std::string_view::npos; }

}  // namespace

// The parser reads what stands around the files, and every item that the scanner does not know. Between two items, just
// behind a comma, the parser's state is always the same, so that the scanner may take items away from under it.
struct PlanRequestParser::State {
  enum class Stage : std::uint8_t {
    Head,       // before the list of files
    FirstItem,  // just behind its bracket
    Items,      // just behind a comma of it
    Rest,       // the parser alone, to the end
  };

  State(std::function<Result<void>(const PlanFile&)> each, Stage first)
      : sink(std::move(each)), parser(bounded_depth(), sink), stage(first) {}

  PlanFileSink sink;
  boost::json::basic_parser<PlanHandler> parser;
  Stage stage;
  int brackets_tried = 0;
  std::string held;  // the beginning of an item
  ByteOrderMark mark = {};
  PlanItem item;

  Result<void> write(std::string_view piece) {
    if (held.empty()) {
      SITEPOD_TRY(read(piece));
      held = piece;
      return {};
    }
    held += piece;
    std::string_view unread = held;
    SITEPOD_TRY(read(unread));
    held.erase(0, held.size() - unread.size());
    return {};
  }

  // Takes off `unread` what was read; what is left is the beginning of an item.
  Result<void> read(std::string_view& unread) {
    if (stage == Stage::Head) SITEPOD_TRY(read_head(unread));
    if (stage == Stage::FirstItem || stage == Stage::Items) SITEPOD_TRY(read_items(unread));
    return stage == Stage::Rest ? parse_next(unread, unread.size()) : Result<void>();
  }

  // Stops just behind the bracket that begins the list.
  Result<void> read_head(std::string_view& unread) {
    while (stage == Stage::Head && !unread.empty()) {
      const std::size_t bracket = unread.find('[');
      SITEPOD_TRY(parse_next(unread, bracket == std::string_view::npos ? unread.size() : bracket + 1));
      if (parser.handler().places.back() == Place::FilesArray)
        stage = Stage::FirstItem;
      else if (++brackets_tried == kMaxBracketsTried)
        stage = Stage::Rest;
    }
    return {};
  }

  Result<void> read_items(std::string_view& unread) {
    while (!unread.empty()) {
      const std::size_t plain = stage == Stage::Items ? read_plain_item(unread, item) : 0;
      if (plain > 0) {
        SITEPOD_TRY(sink.take_item(item));
        unread.remove_prefix(plain);
        continue;
      }
      const std::size_t end = find_item_end(unread);
      if (end == 0) {
        if (unread.size() > kMaxHeldBytes || !may_begin_item(unread)) stage = Stage::Rest;
        return {};
      }
      SITEPOD_TRY(parse_next(unread, end));
      stage = Stage::Items;
    }
    return {};
  }

  Result<void> parse_next(std::string_view& unread, std::size_t count) {
    const std::string_view part = unread.substr(0, count);
    unread.remove_prefix(count);
    return part.empty() ? Result<void>() : parse(part, true);
  }

  Result<void> parse(std::string_view part, bool more) {
    if (parser.done()) {
      if (is_json_space(part)) return {};
      return invalid("invalid_json", "The body has something behind its JSON value.");
    }
    JsonEvents::Code code;
    const std::size_t used = parser.write_some(more, part.data(), part.size(), code);
    if (parser.handler().error) return *std::move(parser.handler().error);
    if (code) return json_error(code);
    if (!is_json_space(part.substr(used)))
      return invalid("invalid_json", "The body has something behind its JSON value.");
    return {};
  }

  Result<void> finish() {
    if (!held.empty()) SITEPOD_TRY(parse(held, true));
    return parse({}, false);
  }
};

PlanRequestParser::PlanRequestParser(std::function<Result<void>(const PlanFile&)> each, Items items)
    : state_(std::make_unique<State>(std::move(each),
                                     items == Items::Scanned ? State::Stage::Head : State::Stage::Rest)) {}

PlanRequestParser::~PlanRequestParser() = default;

Result<void> PlanRequestParser::feed(std::string_view piece) {
  SITEPOD_TRY(state_->mark.take_off(piece));
  return piece.empty() ? Result<void>() : state_->write(piece);
}

Result<PlanRequestHead> PlanRequestParser::finish() {
  SITEPOD_TRY(state_->finish());
  PlanHandler& handler = state_->parser.handler();
  if (handler.head.project.empty()) return invalid_request("The field \"project\" is required.");
  if (!handler.has_files) return invalid_request("The field \"files\" is required.");
  if (!state_->sink.has_any()) return invalid_request("The field \"files\" must name at least one file.");
  return std::move(handler.head);
}

}  // namespace sitepod::api
