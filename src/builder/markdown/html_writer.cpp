#include "builder/markdown/html_writer.hpp"

#include "builder/markdown/block_detail.hpp"
#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

// Deeper spans lose their markup and keep their text: browsers and readers give up earlier.
constexpr std::size_t kMaxSpans = 64;
constexpr std::size_t kMaxHeadings = 20'000;

struct SpanTags {
  std::string_view open;
  std::string_view close;
};

SpanTags tags_of(MD_SPANTYPE type) {
  switch (type) {
    case MD_SPAN_EM:
      return {"<em>", "</em>"};
    case MD_SPAN_STRONG:
      return {"<strong>", "</strong>"};
    case MD_SPAN_CODE:
      return {"<code>", "</code>"};
    case MD_SPAN_DEL:
      return {"<del>", "</del>"};
    default:
      return {};
  }
}

bool is_blank(std::string_view text) { return trim(text).empty(); }

}  // namespace

// md4c is C: these lead its calls back into the writer they came from. When one of them ends the parsing, md4c 0.4.8
// still leaves the document, without details: nothing reaches the writer any more.
struct Callbacks {
  template <typename Call>
  static int guarded(void* user, const Call& call) {
    HtmlWriter& writer = *static_cast<HtmlWriter*>(user);
    if (!writer.is_stopped_) {
      call(writer);
      writer.is_stopped_ = writer.explodes();
    }
    return writer.is_stopped_ ? 1 : 0;
  }
  static int enter_block(MD_BLOCKTYPE type, void* detail, void* user) {
    return guarded(user, [&](HtmlWriter& writer) { writer.enter_block(type, detail); });
  }
  static int leave_block(MD_BLOCKTYPE type, void* detail, void* user) {
    return guarded(user, [&](HtmlWriter& writer) { writer.leave_block(type, detail); });
  }
  static int enter_span(MD_SPANTYPE type, void* detail, void* user) {
    return guarded(user, [&](HtmlWriter& writer) { writer.enter_span(type, detail); });
  }
  static int leave_span(MD_SPANTYPE type, void* /*detail*/, void* user) {
    return guarded(user, [&](HtmlWriter& writer) { writer.leave_span(type); });
  }
  static int text(MD_TEXTTYPE type, const char* text, MD_SIZE size, void* user) {
    return guarded(user, [&](HtmlWriter& writer) { writer.text(type, std::string_view(text, size)); });
  }
};

HtmlWriter::HtmlWriter(const MarkdownOptions& options, std::size_t max_output)
    : options_(options), max_output_(max_output) {}

bool HtmlWriter::read(const Source& source) {
  source_ = &source;
  last_text_ = source.text.data();
  out_.reserve(out_.size() + source.text.size() + source.text.size() / 4);
  page_.plain_text.reserve(page_.plain_text.size() + source.text.size());
  MD_PARSER parser{};
  parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS;
  if (!options_.allow_raw_html) parser.flags |= MD_FLAG_NOHTML;
  parser.enter_block = Callbacks::enter_block;
  parser.leave_block = Callbacks::leave_block;
  parser.enter_span = Callbacks::enter_span;
  parser.leave_span = Callbacks::leave_span;
  parser.text = Callbacks::text;
  const int outcome = md_parse(source.text.data(), static_cast<MD_SIZE>(source.text.size()), &parser, this);
  settle_lines();
  return outcome == 0;
}

bool HtmlWriter::explodes() const {
  return out_.size() + footnotes_size_ + code_.size() > max_output_ || address_bytes_ > max_output_ / 10 ||
         table_cells_ > max_output_ / 10 || page_.headings.size() > kMaxHeadings;
}

void HtmlWriter::enter_span(MD_SPANTYPE type, void* detail) {
  flush_raw_html();
  settle_quote();
  if (type == MD_SPAN_IMG) {
    if (image_depth_++ == 0) begin_picture(detail_as<MD_SPAN_IMG_DETAIL>(detail));
    return;
  }
  if (image_depth_ > 0) return;
  mark_text();
  if (type == MD_SPAN_A) {
    open_link(detail_as<MD_SPAN_A_DETAIL>(detail));
    return;
  }
  const SpanTags tags = spans_.size() < kMaxSpans ? tags_of(type) : SpanTags{};
  out_.append(tags.open);
  open_span(type, tags.close);
}

void HtmlWriter::leave_span(MD_SPANTYPE type) {
  flush_raw_html();
  if (type == MD_SPAN_IMG) {
    if (image_depth_ > 0 && --image_depth_ == 0) write_picture(image_address_, image_alt_, image_title_);
    return;
  }
  if (image_depth_ > 0 || spans_open_[type] == 0) return;
  while (spans_.back().type != type) close_span();
  close_span();
}

void HtmlWriter::open_span(MD_SPANTYPE type, std::string_view close) {
  spans_.push_back({type, close});
  ++spans_open_[type];
}

void HtmlWriter::close_span() {
  const Span& span = spans_.back();
  raw_filter_.close_deeper_than(raw_depth() - 1, out_);
  out_.append(span.close);
  --spans_open_[span.type];
  if (span.type == MD_SPAN_A) --links_open_;
  spans_.pop_back();
}

// md4c 0.4.8 pairs marks in a link's address with marks outside, and then tells of one of the two only: "[](*)*" leaves
// what was never entered, "*[](*)" enters what is never left.
void HtmlWriter::close_spans() {
  if (std::exchange(image_depth_, 0) > 0) write_picture(image_address_, image_alt_, image_title_);
  while (!spans_.empty()) close_span();
}

void HtmlWriter::begin_picture(const MD_SPAN_IMG_DETAIL& picture) {
  address_bytes_ += picture.src.size + picture.title.size;
  if (explodes()) return;
  image_address_ = attribute(picture.src);
  image_title_ = attribute(picture.title);
  image_alt_.clear();
  report_link(image_address_, picture.src.text, true);
}

void HtmlWriter::open_link(const MD_SPAN_A_DETAIL& link) {
  // Decoding costs time for each use of a definition: it ends before it becomes more than twice the page.
  address_bytes_ += link.href.size + link.title.size;
  if (explodes()) return;
  const std::string address = attribute(link.href);
  report_link(address, link.href.text, false);
  ++links_open_;
  if (links_open_ > 1 || spans_.size() >= kMaxSpans || !is_safe_address(address)) {
    open_span(MD_SPAN_A, {});
    return;
  }
  out_ += "<a href=\"";
  append_address(address, out_);
  if (link.title.size > 0) {
    out_ += "\" title=\"";
    append_escaped(attribute(link.title), out_);
  }
  out_ += "\">";
  open_span(MD_SPAN_A, "</a>");
}

void HtmlWriter::text(MD_TEXTTYPE type, std::string_view text) {
  if (type != MD_TEXT_HTML) flush_raw_html();
  if (is_in_source(text.data())) {
    last_text_ = text.data();
    settle_lines();
  }
  switch (type) {
    case MD_TEXT_NORMAL:
      write_text(text);
      break;
    case MD_TEXT_NULLCHAR:
      write_literal("\xEF\xBF\xBD");
      break;
    case MD_TEXT_ENTITY:
      write_literal(decode_reference(text));
      break;
    case MD_TEXT_BR:
      write_break("<br>\n");
      break;
    case MD_TEXT_SOFTBR:
      write_break("\n");
      break;
    case MD_TEXT_HTML:
      append_restored(text, *source_, raw_html_);
      break;
    case MD_TEXT_LATEXMATH:
      break;
    case MD_TEXT_CODE:
      write_code(text);
      break;
  }
}

void HtmlWriter::write_code(std::string_view text) {
  if (in_code_block_) {
    code_ += text;  // restored where the block ends
    return;
  }
  if (!find_placeholder(text, 0)) return write_literal(text);
  std::string restored;
  append_restored(text, *source_, restored);
  write_literal(restored);
}

void HtmlWriter::write_text(std::string_view text) {
  if (quote_ == Quote::kInFirstParagraph && begin_callout(text) && text.empty()) return;
  settle_quote();
  std::size_t written = 0;
  while (const auto found = find_placeholder(text, written)) {
    write_literal(text.substr(written, found->begin - written));
    write_special(source_->specials[found->index]);
    written = found->end;
  }
  write_literal(text.substr(written));
}

void HtmlWriter::write_literal(std::string_view text) {
  settle_quote();
  if (image_depth_ > 0) {
    image_alt_ += text;
    return;
  }
  if (!is_blank(text)) mark_text();
  append_escaped(text, out_);
  page_.plain_text += text;
}

void HtmlWriter::write_break(std::string_view html) {
  settle_quote();
  if (image_depth_ > 0) {
    image_alt_ += ' ';
    return;
  }
  if (quote_ == Quote::kTitle && spans_.empty()) {
    end_callout_title();
    return;
  }
  out_ += html;
  page_.plain_text += ' ';
}

void HtmlWriter::mark_text() { paragraph_has_text_ = true; }

void HtmlWriter::break_plain(char separator) {
  std::string& plain = page_.plain_text;
  if (!plain.empty() && plain.back() != '\n' && plain.back() != separator) plain += separator;
}

void HtmlWriter::flush_raw_html() {
  if (raw_html_.empty()) return;
  settle_quote();
  mark_text();
  if (image_depth_ == 0) raw_filter_.write(raw_html_, raw_depth(), out_);
  raw_html_.clear();
}

// A paragraph's own tag is written around it later, but tags opened inside end with it all the same.
std::size_t HtmlWriter::raw_depth() const {
  const bool in_html_block = !blocks_.empty() && blocks_.back().type == MD_BLOCK_HTML;
  return blocks_.size() + spans_.size() - (in_html_block ? 1 : 0);
}

std::string HtmlWriter::attribute(const MD_ATTRIBUTE& attribute) const {
  std::string out;
  for (std::size_t i = 0; attribute.size > 0 && attribute.substr_offsets[i] < attribute.size; ++i) {
    const MD_OFFSET begin = attribute.substr_offsets[i];
    const std::string_view part(attribute.text + begin, attribute.substr_offsets[i + 1] - begin);
    switch (attribute.substr_types[i]) {
      case MD_TEXT_ENTITY:
        out += decode_reference(part);
        break;
      case MD_TEXT_NULLCHAR:
        out += "\xEF\xBF\xBD";
        break;
      default:
        append_restored(part, *source_, out);
        break;
    }
  }
  return out;
}

bool HtmlWriter::is_in_source(const char* at) const {
  const std::string& text = source_->text;
  return !std::less<>{}(at, text.data()) && std::less<>{}(at, text.data() + text.size());
}

// md4c tells no lines, but most texts it hands out lie in the source. A link whose address was put together elsewhere
// gets the line of the text that follows.
void HtmlWriter::report_link(std::string_view target, const char* written_at, bool is_image) {
  const bool is_known = is_in_source(written_at);
  const auto line = is_known ? source_->line_at(static_cast<std::size_t>(written_at - source_->text.data())) : 0;
  page_.links.push_back({std::string(target), line, is_image});
  if (!is_known) links_without_line_.push_back(page_.links.size() - 1);
}

void HtmlWriter::settle_lines() {
  if (links_without_line_.empty()) return;
  const auto line = source_->line_at(static_cast<std::size_t>(last_text_ - source_->text.data()));
  for (const std::size_t link : links_without_line_) page_.links[link].line = line;
  links_without_line_.clear();
}

RenderedMarkdown HtmlWriter::finish() {
  write_footnotes();
  page_.html = std::move(out_);
  page_.words = count_words(page_.plain_text);
  return std::move(page_);
}

}  // namespace sitepod::builder::markdown
