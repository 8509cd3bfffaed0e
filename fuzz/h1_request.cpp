// The request-head parser: the same verdict however the bytes arrive, views that stay inside the input, and nothing
// accepted that Boost.Beast refuses or reads differently. Beast is the more lenient of the two, so the reverse does not
// hold.
#include <algorithm>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "http/request_parser.hpp"
#include "http/syntax.hpp"

namespace {

namespace beast = boost::beast::http;
using namespace sitepod::http;
using Outcome = RequestParser::Outcome;

bool is_inside(std::string_view view, std::string_view input) {
  return view.data() == nullptr ||
         (view.data() >= input.data() && view.data() + view.size() <= input.data() + input.size());
}

void check_views(const RequestHead& head, std::string_view input) {
  SITEPOD_CHECK(is_inside(head.path, input) || (head.path == "/" && head.target[0] != '/'));
  for (const std::string_view view : {head.method_text, head.target, head.query, head.host})
    SITEPOD_CHECK(is_inside(view, input));
  for (std::size_t i = 0; i < head.known.size(); ++i) SITEPOD_CHECK(is_inside(head[static_cast<Known>(i)], input));
  for (const Field& field : head.all_fields())
    SITEPOD_CHECK(is_inside(field.name, input) && is_inside(field.value, input));
}

void check_promises(const RequestHead& head) {
  SITEPOD_CHECK(!head.host.empty() || head.minor_version == 0);
  SITEPOD_CHECK(head.path[0] == '/' || (head.path == "*" && head.method == Method::Options));
  SITEPOD_CHECK(head.host.find_first_of(",/@ \t") == std::string_view::npos);
  SITEPOD_CHECK(head.target.size() <= kMaxTargetBytes && head.field_count <= kMaxFields);
  for (const Field& field : head.all_fields()) {
    SITEPOD_CHECK(is_token(field.name) && trim_whitespace(field.value) == field.value);
    SITEPOD_CHECK(field.value.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
}

void check_same(const RequestParser& a, const RequestParser& b, Outcome outcome) {
  if (outcome == Outcome::Refused) SITEPOD_CHECK(a.error() == b.error());
  if (outcome != Outcome::Complete) return;
  const RequestHead& x = a.head();
  const RequestHead& y = b.head();
  SITEPOD_CHECK(a.consumed() == b.consumed());
  SITEPOD_CHECK(x.method == y.method && x.method_text == y.method_text && x.target == y.target && x.path == y.path);
  SITEPOD_CHECK(x.query == y.query && x.has_query == y.has_query && x.host == y.host &&
                x.minor_version == y.minor_version);
  SITEPOD_CHECK(x.framing == y.framing && x.content_length == y.content_length && x.keep_alive == y.keep_alive);
  SITEPOD_CHECK(x.expect_continue == y.expect_continue && x.repeated == y.repeated && x.field_count == y.field_count);
  for (std::size_t i = 0; i < x.field_count; ++i)
    SITEPOD_CHECK(x.fields[i].name == y.fields[i].name && x.fields[i].value == y.fields[i].value);
  for (std::size_t i = 0; i < x.known.size(); ++i) SITEPOD_CHECK(x[static_cast<Known>(i)] == y[static_cast<Known>(i)]);
  SITEPOD_CHECK(x.present == y.present);
}

using Fields = std::vector<std::pair<std::string, std::string>>;

// Beast keeps fields of one name together, so only the order among equal names is comparable.
Fields grouped(Fields fields) {
  for (auto& [name, value] : fields) std::transform(name.begin(), name.end(), name.begin(), to_lower);
  std::stable_sort(fields.begin(), fields.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  return fields;
}

// What Beast refuses or means differently on purpose, and we do not.
bool is_explained(const RequestHead& head, std::string_view text) {
  for (const Field& field : head.all_fields()) {
    const bool is_connection = equal_ignoring_case(field.name, "connection");
    // Beast obeys the Proxy-Connection of old browsers; no standard has it.
    if (equal_ignoring_case(field.name, "proxy-connection")) return true;
    // Beast refuses malformed lists of connection options and stops short in them; we skip what is no option we know.
    if (is_connection && !beast::validate_list(beast::opt_token_list{{field.value.data(), field.value.size()}}))
      return true;
  }
  // Beast reports HTTP/1.2 and later as they were sent; we answer them as 1.1.
  const char minor =
      text[static_cast<std::size_t>(head.target.data() - text.data()) + head.target.size() + sizeof(" HTTP/1.") - 1];
  return minor > '1';
}

void compare_with_beast(const RequestParser& ours, std::string_view input) {
  const RequestHead& head = ours.head();
  std::string_view text = input.substr(0, ours.consumed());
  if (is_explained(head, text)) return;
  if (text.starts_with("\r\n")) text.remove_prefix(2);  // Beast does not ignore a leading CRLF

  beast::request_parser<beast::empty_body> parser;
  parser.header_limit(1 << 20);
  parser.body_limit(boost::none);
  boost::system::error_code error;
  const std::size_t used = parser.put(boost::asio::buffer(text.data(), text.size()), error);
  // The parser of an empty body objects to a body that is announced, after it has read the head.
  SITEPOD_CHECK(!error || error == beast::error::unexpected_body);
  SITEPOD_CHECK(used == text.size() && parser.is_header_done());
  const auto& message = parser.get();
  const auto view = [](auto theirs) { return std::string_view(theirs.data(), theirs.size()); };
  SITEPOD_CHECK(view(message.method_string()) == head.method_text);
  SITEPOD_CHECK(view(message.target()) == head.target);
  SITEPOD_CHECK(message.version() == 10u + head.minor_version);
  SITEPOD_CHECK(parser.chunked() == (head.framing == BodyFraming::Chunked));
  SITEPOD_CHECK(parser.content_length().has_value() == (head.framing == BodyFraming::Length));
  if (head.framing == BodyFraming::Length) SITEPOD_CHECK(*parser.content_length() == head.content_length);
  SITEPOD_CHECK(parser.keep_alive() == head.keep_alive);
  Fields our_fields;
  for (const Field& field : head.all_fields()) our_fields.emplace_back(field.name, field.value);
  Fields their_fields;
  for (const auto& field : message) their_fields.emplace_back(view(field.name_string()), view(field.value()));
  SITEPOD_CHECK(grouped(our_fields) == grouped(their_fields));
}

// Parses the first `cut` bytes in a buffer of their own, as before an input buffer grows, then everything.
Outcome parse_in_two(RequestParser& parser, std::string_view input, std::size_t cut) {
  parser.reset();
  Outcome outcome = Outcome::NeedMore;
  {
    const std::vector<char> first(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(cut));
    outcome = parser.parse({first.data(), first.size()});
  }
  // A head that is complete in the first piece is complete in all of it; its views lie in memory that is gone.
  if (outcome != Outcome::NeedMore) {
    parser.reset();
    const Outcome again = parser.parse(input);
    SITEPOD_CHECK(again == outcome);
    return again;
  }
  return parser.parse(input);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Reused from input to input, so that what reset() forgets to forget shows up.
  static const auto kWhole = std::make_unique<RequestParser>();
  static const auto kPieces = std::make_unique<RequestParser>();
  const std::vector<char> copy(data, data + size);
  const std::string_view input(copy.data(), copy.size());

  kWhole->reset();
  const Outcome outcome = kWhole->parse(input);
  if (outcome == Outcome::Complete) {
    check_views(kWhole->head(), input);
    check_promises(kWhole->head());
    compare_with_beast(*kWhole, input);
  }
  const std::size_t step = std::max<std::size_t>(1, size / 64);
  for (std::size_t cut = 0; cut <= size; cut += step) {
    SITEPOD_CHECK(parse_in_two(*kPieces, input, cut) == outcome);
    check_same(*kWhole, *kPieces, outcome);
  }
  kPieces->reset();
  Outcome last = Outcome::NeedMore;
  for (std::size_t length = 0; length <= size && last == Outcome::NeedMore; ++length)
    last = kPieces->parse(input.substr(0, length));
  SITEPOD_CHECK(last == outcome);
  check_same(*kWhole, *kPieces, outcome);
  return 0;
}
