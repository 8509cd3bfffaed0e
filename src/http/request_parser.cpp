#include "http/request_parser.hpp"

#include <algorithm>
#include <cstring>

#include "http/authority.hpp"
#include "http/scan.hpp"
#include "http/syntax.hpp"

namespace sitepod::http {

namespace {

// Whether `text`, which is as long as `name`, equals it; one or two comparisons of words.
template <std::size_t Size>
bool is(std::string_view text, const char (&name)[Size]) {
  return std::memcmp(text.data(), name, Size - 1) == 0;
}

Method classify_method(std::string_view text) {
  switch (text.size()) {
    case 3:
      return is(text, "GET") ? Method::Get : is(text, "PUT") ? Method::Put : Method::Other;
    case 4:
      return is(text, "HEAD") ? Method::Head : is(text, "POST") ? Method::Post : Method::Other;
    case 5:
      return is(text, "PATCH") ? Method::Patch : Method::Other;
    case 6:
      return is(text, "DELETE") ? Method::Delete : Method::Other;
    case 7:
      return is(text, "OPTIONS") ? Method::Options : Method::Other;
    default:
      return Method::Other;
  }
}

// The length of the scheme and "://" of an absolute-form target that this server could be asked for; 0 for any other.
std::size_t scheme_length(std::string_view target) {
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")})
    if (equal_ignoring_case(target.substr(0, scheme.size()), scheme)) return scheme.size();
  return 0;
}

// Whether the beginning of a target can still become one of the forms of RFC 9112 §3.2; authority-form is CONNECT's,
// which no site answers.
bool may_begin_target(std::string_view part, Method method) {
  if (part.empty() || part[0] == '/') return true;
  if (part[0] == '*') return part.size() == 1 && method == Method::Options;
  for (const std::string_view scheme : {std::string_view("http://"), std::string_view("https://")}) {
    const std::size_t length = std::min(part.size(), scheme.size());
    if (equal_ignoring_case(part.substr(0, length), scheme.substr(0, length))) return true;
  }
  return false;
}

// Behind one run of bytes of a class and the white space that follows it; `from` is where the search stopped before.
// Requires: *begin is no white space.
inline const char* find_single_value_end(const char* begin, const char* from, const char* end, std::uint8_t bit) {
  if (from == begin || !is_whitespace(from[-1])) from = find_end_of_class(from, end, bit);
  while (from != end && is_whitespace(*from)) ++from;
  return from;
}

}  // namespace

int to_status(HeadError error) {
  switch (error) {
    case HeadError::BadRequest:
      return 400;
    case HeadError::TargetTooLong:
      return 414;
    case HeadError::ExpectationFailed:
      return 417;
    case HeadError::HeadTooLarge:
      return 431;
    case HeadError::UnknownTransferCoding:
      return 501;
    case HeadError::VersionNotSupported:
      return 505;
  }
  return 400;
}

void RequestParser::reset() {
  // head_.fields stays as it is: 6 KiB of zeros per request would cost more than parsing does.
  head_.method = Method::Other;
  head_.method_text = head_.target = head_.path = head_.query = head_.host = {};
  head_.has_query = false;
  head_.minor_version = 1;
  head_.framing = BodyFraming::None;
  head_.content_length = 0;
  head_.keep_alive = true;
  head_.expect_continue = false;
  head_.field_count = 0;
  head_.present = head_.repeated = 0;
  base_ = nullptr;
  head_start_ = part_start_ = scanned_ = name_start_ = consumed_ = 0;
  name_size_ = 0;
  field_ = FieldId::Unknown;
  stage_ = Stage::Start;
  error_ = HeadError::BadRequest;
  host_seen_ = close_seen_ = keep_alive_seen_ = expect_seen_ = false;
}

// Hot path 1/8: the bytes of a request become views.
RequestParser::Outcome RequestParser::parse(std::string_view input) {
  if (stage_ == Stage::Refused) return Outcome::Refused;
  if (stage_ == Stage::Complete) return Outcome::Complete;
  if (input.data() != base_) {
    if (base_ != nullptr) rebase(input.data());
    base_ = input.data();
  }
  Progress progress = stage_ == Stage::Start ? read_start(input) : Progress::StageDone;
  if (progress == Progress::NeedMore) return Outcome::NeedMore;
  // What lies beyond the limit is never looked at, so that a head is judged the same however it arrives.
  const std::string_view window = input.substr(0, head_start_ + kMaxHeadBytes);
  while (progress == Progress::StageDone && stage_ != Stage::Complete) progress = advance(window);
  if (progress == Progress::NeedMore && input.size() > window.size()) progress = refuse(HeadError::HeadTooLarge);
  if (progress == Progress::StageDone) return Outcome::Complete;
  return progress == Progress::NeedMore ? Outcome::NeedMore : Outcome::Refused;
}

inline RequestParser::Progress RequestParser::advance(std::string_view window) {
  switch (stage_) {
    case Stage::FieldName:
      return read_field_name(window);
    case Stage::FieldValue:
      return read_field_value(window);
    case Stage::Method:
      return read_method(window);
    case Stage::Target:
      return read_target(window);
    case Stage::Version:
      return read_version(window);
    default:
      return Progress::Refused;
  }
}

inline RequestParser::Progress RequestParser::begin(Stage next, std::size_t at) {
  stage_ = next;
  part_start_ = scanned_ = at;
  return Progress::StageDone;
}

RequestParser::Progress RequestParser::refuse(HeadError error) {
  stage_ = Stage::Refused;
  error_ = error;
  return Progress::Refused;
}

// The buffer moved: what was found so far now lies elsewhere.
void RequestParser::rebase(const char* data) {
  const auto move = [&](std::string_view& view) {
    // The old buffer may be gone, so its addresses are numbers only.
    const auto offset = reinterpret_cast<std::uintptr_t>(view.data()) - reinterpret_cast<std::uintptr_t>(base_);
    if (view.data() != nullptr) view = {data + offset, view.size()};
  };
  for (std::string_view* view : {&head_.method_text, &head_.target, &head_.path, &head_.query, &head_.host})
    move(*view);
  for (std::size_t i = 0; i < head_.field_count; ++i) {
    move(head_.fields[i].name);
    move(head_.fields[i].value);
  }
  for (std::size_t i = 0; i < head_.known.size(); ++i)
    if (head_.present >> i & 1u) move(head_.known[i]);
}

// One leading CRLF is ignored (RFC 9112 §2.2).
inline RequestParser::Progress RequestParser::read_start(std::string_view input) {
  if (input.empty()) return Progress::NeedMore;
  if (input[0] != '\r') return begin(Stage::Method, 0);
  if (input.size() == 1) return Progress::NeedMore;
  if (input[1] != '\n') return refuse(HeadError::BadRequest);
  head_start_ = 2;
  return begin(Stage::Method, 2);
}

inline RequestParser::Progress RequestParser::read_method(std::string_view window) {
  const char* end = find_end_of_class(window.data() + scanned_, window.data() + window.size(), kTokenBit);
  scanned_ = static_cast<std::size_t>(end - window.data());
  if (scanned_ == window.size()) return Progress::NeedMore;
  if (*end != ' ' || scanned_ == part_start_) return refuse(HeadError::BadRequest);
  head_.method_text = window.substr(part_start_, scanned_ - part_start_);
  head_.method = classify_method(head_.method_text);
  return begin(Stage::Target, scanned_ + 1);
}

inline RequestParser::Progress RequestParser::read_target(std::string_view window) {
  const char* end = find_target_end(window.data() + scanned_, window.data() + window.size());
  scanned_ = static_cast<std::size_t>(end - window.data());
  const std::string_view target = window.substr(part_start_, scanned_ - part_start_);
  if (!may_begin_target(target, head_.method)) return refuse(HeadError::BadRequest);
  if (target.size() > kMaxTargetBytes) return refuse(HeadError::TargetTooLong);
  if (scanned_ == window.size()) return Progress::NeedMore;
  head_.target = target;
  if (*end != ' ' || !split_target()) return refuse(HeadError::BadRequest);
  return begin(Stage::Version, scanned_ + 1);
}

// Sets path, query and, for absolute-form, host.
inline bool RequestParser::split_target() {
  std::string_view rest = head_.target;
  if (rest.empty()) return false;
  if (rest[0] != '/' && rest[0] != '*') {
    const std::size_t scheme = scheme_length(rest);
    if (scheme == 0) return false;
    rest.remove_prefix(scheme);
    const std::size_t authority = std::min(rest.find_first_of("/?"), rest.size());
    head_.host = find_host(rest.substr(0, authority));
    if (head_.host.empty()) return false;
    rest.remove_prefix(authority);
  }
  const std::size_t question = rest.find('?');
  head_.path = rest.substr(0, question);
  head_.has_query = question != std::string_view::npos;
  if (head_.has_query) head_.query = rest.substr(question + 1);
  return true;
}

inline RequestParser::Progress RequestParser::read_version(std::string_view window) {
  constexpr std::string_view kName = "HTTP/";
  const std::string_view line = window.substr(part_start_, 10);
  if (line.size() == 10 && is(line, "HTTP/1.1\r\n")) return begin(Stage::FieldName, part_start_ + 10);
  if (line.substr(0, kName.size()) != kName.substr(0, line.size())) return refuse(HeadError::BadRequest);
  if (line.size() > 5 && line[5] >= '2' && line[5] <= '9') return refuse(HeadError::VersionNotSupported);
  const auto fits = [&](std::size_t at, auto is_right) { return at >= line.size() || is_right(line[at]); };
  const bool right = fits(5, [](char c) { return c == '1'; }) && fits(6, [](char c) { return c == '.'; }) &&
                     fits(7, is_digit) && fits(8, [](char c) { return c == '\r'; }) &&
                     fits(9, [](char c) { return c == '\n'; });
  if (!right) return refuse(HeadError::BadRequest);
  if (line.size() < 10) return Progress::NeedMore;
  // A later minor version is answered as 1.1, the highest that we know (RFC 9110 §2.5).
  head_.minor_version = line[7] == '0' ? 0 : 1;
  return begin(Stage::FieldName, part_start_ + 10);
}

inline RequestParser::Progress RequestParser::read_field_name(std::string_view window) {
  const char* end = find_end_of_class(window.data() + scanned_, window.data() + window.size(), kTokenBit);
  scanned_ = static_cast<std::size_t>(end - window.data());
  if (scanned_ == part_start_) return read_blank_line(window);
  if (head_.field_count == kMaxFields) return refuse(HeadError::HeadTooLarge);
  if (scanned_ == window.size()) return Progress::NeedMore;
  if (*end != ':') return refuse(HeadError::BadRequest);
  name_start_ = part_start_;
  name_size_ = static_cast<std::uint16_t>(scanned_ - part_start_);
  field_ = identify_field(window.substr(name_start_, name_size_));
  if (!may_follow(field_)) return refuse(HeadError::BadRequest);
  return begin(Stage::FieldValue, scanned_ + 1);
}

inline RequestParser::Progress RequestParser::read_blank_line(std::string_view window) {
  const std::string_view line = window.substr(part_start_, 2);
  if (line != std::string_view("\r\n").substr(0, line.size())) return refuse(HeadError::BadRequest);
  if (line.size() < 2) return Progress::NeedMore;
  consumed_ = part_start_ + 2;
  return finish();
}

inline RequestParser::Progress RequestParser::read_field_value(std::string_view window) {
  const char* const data = window.data();
  const char* const limit = data + window.size();
  const char* at = data + scanned_;
  if (scanned_ == part_start_) {
    while (at != limit && is_whitespace(*at)) ++at;
    part_start_ = static_cast<std::size_t>(at - data);
  }
  if (field_ == FieldId::Host)
    at = find_single_value_end(data + part_start_, at, limit, kHostBit);
  else if (field_ == FieldId::ContentLength)
    at = find_single_value_end(data + part_start_, at, limit, kDigitBit);
  else
    at = find_value_end(at, limit);
  scanned_ = static_cast<std::size_t>(at - data);
  if (at == limit) return Progress::NeedMore;
  if (*at != '\r') return refuse(HeadError::BadRequest);
  if (at + 1 == limit) return Progress::NeedMore;
  if (at[1] != '\n') return refuse(HeadError::BadRequest);
  const char* value_end = at;
  while (value_end != data + part_start_ && is_whitespace(value_end[-1])) --value_end;
  const std::string_view value(data + part_start_, static_cast<std::size_t>(value_end - data) - part_start_);
  const Progress progress = store_field(window.substr(name_start_, name_size_), value);
  return progress == Progress::StageDone ? begin(Stage::FieldName, scanned_ + 2) : progress;
}

inline bool RequestParser::may_follow(FieldId id) const {
  if (id == FieldId::Host) return !host_seen_;
  // Any two framing fields, even equal ones, are two opinions about where the body ends (RFC 9112 §6.3).
  if (id == FieldId::ContentLength) return head_.framing == BodyFraming::None;
  if (id == FieldId::TransferEncoding) return head_.framing == BodyFraming::None && head_.minor_version > 0;
  return true;
}

inline RequestParser::Progress RequestParser::store_field(std::string_view name, std::string_view value) {
  head_.fields[head_.field_count++] = {name, value};
  if (is_known(field_)) {
    const auto index = static_cast<unsigned>(field_);
    if ((head_.present >> index & 1u) == 0) {
      head_.known[index] = value;
      head_.present |= 1u << index;
    } else {
      head_.repeated |= 1u << index;
    }
    return Progress::StageDone;
  }
  switch (field_) {
    case FieldId::Host:
      return obey_host(value);
    case FieldId::ContentLength:
      return obey_content_length(value);
    case FieldId::TransferEncoding:
      return obey_transfer_encoding(value);
    case FieldId::Expect:
      return obey_expect(value);
    case FieldId::Connection:
      obey_connection(value);
      return Progress::StageDone;
    default:
      return Progress::StageDone;
  }
}

RequestParser::Progress RequestParser::obey_host(std::string_view value) {
  host_seen_ = true;
  const std::string_view host = find_host(value);
  if (host.empty()) return refuse(HeadError::BadRequest);
  // The authority of an absolute-form target wins (RFC 9112 §3.2.2).
  if (head_.host.empty()) head_.host = host;
  return Progress::StageDone;
}

RequestParser::Progress RequestParser::obey_content_length(std::string_view value) {
  // 18 digits are more than any disk holds and fit every integer that the length is later put into.
  constexpr std::size_t kMaxDigits = 18;
  if (value.empty() || value.size() > kMaxDigits) return refuse(HeadError::BadRequest);
  for (const char c : value) head_.content_length = head_.content_length * 10 + static_cast<std::uint64_t>(c - '0');
  head_.framing = BodyFraming::Length;
  return Progress::StageDone;
}

// `chunked` and nothing else. A well-formed list that ends in a coding that we lack, or in `chunked` behind one, is
// 501.
RequestParser::Progress RequestParser::obey_transfer_encoding(std::string_view value) {
  if (equal_ignoring_case(value, "chunked")) {
    head_.framing = BodyFraming::Chunked;
    return Progress::StageDone;
  }
  bool chunked_seen = false;
  do {
    const std::string_view element = next_list_element(value);
    const std::size_t semicolon = element.find(';');
    const std::string_view coding = trim_whitespace(element.substr(0, semicolon));
    const bool is_chunked = equal_ignoring_case(coding, "chunked");
    const bool is_odd = is_chunked && semicolon != std::string_view::npos;
    if (!is_token(coding) || chunked_seen || is_odd) return refuse(HeadError::BadRequest);
    chunked_seen = is_chunked;
  } while (value.data() != nullptr);
  return refuse(HeadError::UnknownTransferCoding);
}

RequestParser::Progress RequestParser::obey_expect(std::string_view value) {
  if (!equal_ignoring_case(value, "100-continue")) return refuse(HeadError::ExpectationFailed);
  expect_seen_ = true;
  return Progress::StageDone;
}

void RequestParser::obey_connection(std::string_view value) {
  while (!value.empty()) {
    const std::string_view option = next_list_element(value);
    close_seen_ = close_seen_ || equal_ignoring_case(option, "close");
    keep_alive_seen_ = keep_alive_seen_ || equal_ignoring_case(option, "keep-alive");
  }
}

inline RequestParser::Progress RequestParser::finish() {
  const bool is_old = head_.minor_version == 0;
  if (!host_seen_ && !is_old) return refuse(HeadError::BadRequest);
  if (head_.path.empty()) head_.path = "/";
  head_.keep_alive = !close_seen_ && (!is_old || keep_alive_seen_);
  // An HTTP/1.0 client cannot wait for 100 (RFC 9110 §10.1.1), and without a body there is nothing to wait for.
  const bool has_body = head_.framing == BodyFraming::Chunked || head_.content_length > 0;
  head_.expect_continue = expect_seen_ && !is_old && has_body;
  stage_ = Stage::Complete;
  return Progress::StageDone;
}

}  // namespace sitepod::http
