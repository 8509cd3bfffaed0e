#include "builder/markdown/html_writer.hpp"

#include <algorithm>

#include "builder/markdown/callout.hpp"
#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

// Deeper blocks and spans lose their markup and keep their text: browsers and readers give up earlier.
constexpr std::size_t kMaxContainers = 64;
constexpr std::size_t kMaxSpans = 64;
constexpr std::size_t kMaxHeadings = 20'000;

template <typename Detail>
const Detail& detail_as(void* detail) {
  return *static_cast<const Detail*>(detail);
}

bool is_container(MD_BLOCKTYPE type) {
  return type == MD_BLOCK_QUOTE || type == MD_BLOCK_UL || type == MD_BLOCK_OL || type == MD_BLOCK_LI;
}

std::string_view align_class(MD_ALIGN align) {
  switch (align) {
    case MD_ALIGN_LEFT:
      return " class=\"align-left\"";
    case MD_ALIGN_CENTER:
      return " class=\"align-center\"";
    case MD_ALIGN_RIGHT:
      return " class=\"align-right\"";
    default:
      return {};
  }
}

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

void HtmlWriter::enter_block(MD_BLOCKTYPE type, void* detail) {
  flush_raw_html();
  if (quote_ == Quote::kOpened && type == MD_BLOCK_P)
    quote_ = Quote::kInFirstParagraph;
  else
    settle_quote();
  if (is_container(type)) ++containers_;
  blocks_.push_back({type, !is_container(type) || containers_ <= kMaxContainers, {}});
  if (blocks_.back().is_written) open_block(type, detail);
}

void HtmlWriter::leave_block(MD_BLOCKTYPE type, void* detail) {
  flush_raw_html();
  close_spans();
  if (type != MD_BLOCK_P) settle_quote();
  // What an HTML block opens stays open for the blocks behind it, up to the end of the block around them.
  if (type != MD_BLOCK_HTML) raw_filter_.close_deeper_than(raw_depth() - 1, out_);
  const Block block = blocks_.back();
  blocks_.pop_back();
  if (is_container(type)) --containers_;
  if (block.is_written) close_block(block, detail);
}

void HtmlWriter::open_block(MD_BLOCKTYPE type, void* detail) {
  switch (type) {
    case MD_BLOCK_QUOTE:
      quote_ = Quote::kOpened;
      break;
    case MD_BLOCK_UL:
      out_ += "<ul>\n";
      break;
    case MD_BLOCK_OL: {
      const unsigned start = detail_as<MD_BLOCK_OL_DETAIL>(detail).start;
      out_ += start == 1 ? "<ol>\n" : "<ol start=\"" + std::to_string(start) + "\">\n";
      break;
    }
    case MD_BLOCK_LI:
      open_item(detail_as<MD_BLOCK_LI_DETAIL>(detail));
      break;
    case MD_BLOCK_HR:
      out_ += "<hr>\n";
      break;
    case MD_BLOCK_H:
      heading_start_ = out_.size();
      heading_plain_start_ = page_.plain_text.size();
      break;
    case MD_BLOCK_CODE: {
      in_code_block_ = true;
      code_.clear();
      code_language_ = attribute(detail_as<MD_BLOCK_CODE_DETAIL>(detail).lang);
      break;
    }
    case MD_BLOCK_P:
      begin_paragraph();
      break;
    // The frame scrolls when the table is wider than the page; the keyboard must reach it.
    case MD_BLOCK_TABLE: {
      const auto& table = detail_as<MD_BLOCK_TABLE_DETAIL>(detail);
      table_cells_ += std::size_t{table.col_count} * (table.head_row_count + table.body_row_count);
      out_ += "<div class=\"table-scroll\" tabindex=\"0\"><table>\n";
      break;
    }
    case MD_BLOCK_THEAD:
      out_ += "<thead>\n";
      break;
    case MD_BLOCK_TBODY:
      out_ += "<tbody>\n";
      break;
    case MD_BLOCK_TR:
      out_ += "<tr>\n";
      break;
    case MD_BLOCK_TH:
      out_.append("<th").append(align_class(detail_as<MD_BLOCK_TD_DETAIL>(detail).align)) += '>';
      break;
    case MD_BLOCK_TD:
      out_.append("<td").append(align_class(detail_as<MD_BLOCK_TD_DETAIL>(detail).align)) += '>';
      break;
    case MD_BLOCK_DOC:
    case MD_BLOCK_HTML:
      break;
  }
}

void HtmlWriter::close_block(const Block& block, void* detail) {
  switch (block.type) {
    case MD_BLOCK_QUOTE:
      out_.append(block.close.empty() ? "</blockquote>\n" : block.close);
      break;
    case MD_BLOCK_UL:
      out_ += "</ul>\n";
      break;
    case MD_BLOCK_OL:
      out_ += "</ol>\n";
      break;
    case MD_BLOCK_LI:
      out_ += "</li>\n";
      break;
    case MD_BLOCK_H:
      end_heading(detail_as<MD_BLOCK_H_DETAIL>(detail).level);
      break;
    case MD_BLOCK_CODE:
      end_code();
      break;
    case MD_BLOCK_P:
      end_paragraph();
      break;
    case MD_BLOCK_TABLE:
      out_ += "</table></div>\n";
      break;
    case MD_BLOCK_THEAD:
      out_ += "</thead>\n";
      break;
    case MD_BLOCK_TBODY:
      out_ += "</tbody>\n";
      break;
    case MD_BLOCK_TR:
      out_ += "</tr>\n";
      break;
    case MD_BLOCK_TH:
      out_ += "</th>\n";
      break;
    case MD_BLOCK_TD:
      out_ += "</td>\n";
      break;
    case MD_BLOCK_DOC:
      if (footnote_at_hand_ != 0) end_footnote();
      break;
    case MD_BLOCK_HTML:
    case MD_BLOCK_HR:
      break;
  }
  break_plain('\n');
}

void HtmlWriter::open_item(const MD_BLOCK_LI_DETAIL& item) {
  if (item.is_task == 0) {
    out_ += "<li>";
    return;
  }
  out_ += "<li class=\"task-list-item\"><input type=\"checkbox\" disabled aria-label=\"";
  out_ += item.task_mark == ' ' ? "To do\"> " : "Done\" checked> ";
}

// A quote's tag is written when it is known that its first line is no callout's.
void HtmlWriter::settle_quote() {
  if (quote_ != Quote::kOpened && quote_ != Quote::kInFirstParagraph) return;
  quote_ = Quote::kNone;
  out_ += "<blockquote>\n";
  paragraph_start_ = out_.size();
}

// Takes "[!NOTE]" from the text when it begins a callout. Requires: the text begins a quote.
bool HtmlWriter::begin_callout(std::string_view& text) {
  const auto callout = parse_callout(text);
  if (!callout) return false;
  text.remove_prefix(callout->length);
  blocks_[blocks_.size() - 2].close = callout->fold == Fold::kNone ? "</div>\n" : "</details>\n";
  callout_title_close_ = callout->fold == Fold::kNone ? "</p>\n" : "</summary>\n";
  callout_title_ = callout->title;
  open_callout(*callout, out_);
  paragraph_start_ = out_.size();
  quote_ = Quote::kTitle;
  return true;
}

void HtmlWriter::end_callout_title() {
  if (out_.size() == paragraph_start_) append_escaped(callout_title_, out_);
  out_.append(callout_title_close_);
  break_plain('\n');
  begin_paragraph();
  quote_ = Quote::kNone;
}

void HtmlWriter::begin_paragraph() {
  in_paragraph_ = true;
  paragraph_has_text_ = false;
  paragraph_start_ = out_.size();
  paragraph_math_.clear();
  paragraph_pictures_.clear();
}

void HtmlWriter::end_paragraph() {
  if (quote_ == Quote::kTitle) end_callout_title();
  settle_quote();
  in_paragraph_ = false;
  if (begins_footnote_ != kNoFootnote) {
    out_.resize(paragraph_start_);
    begin_footnote(std::exchange(begins_footnote_, kNoFootnote));
    return;
  }
  if (out_.size() == paragraph_start_) return;
  if (!paragraph_has_text_ && paragraph_pictures_.size() > 1 && paragraph_math_.empty()) {
    out_.resize(paragraph_start_);
    write_gallery(paragraph_pictures_);
    return;
  }
  if (!paragraph_has_text_ && paragraph_pictures_.empty() && paragraph_math_.size() == 1) {
    out_.resize(paragraph_start_);
    out_ += "<div class=\"math math-display\">";
    append_escaped(paragraph_math_.front(), out_);
    out_ += "</div>\n";
    return;
  }
  out_.insert(paragraph_start_, "<p>");
  out_ += "</p>\n";
}

void HtmlWriter::end_heading(unsigned level) {
  const std::string text(trim(std::string_view(page_.plain_text).substr(heading_plain_start_)));
  const bool is_first = !std::exchange(has_seen_heading_, true);
  if (is_first && level == 1 && !text.empty() && text == trim(options_.title)) {
    out_.resize(heading_start_);
    page_.plain_text.resize(heading_plain_start_);
    return;
  }
  Heading heading{static_cast<int>(level), heading_ids_.unique_id(text), text};
  const std::string tag = "h" + std::to_string(level);
  out_.insert(heading_start_, "<" + tag + " id=\"" + heading.id + "\">");
  if (!text.empty()) {
    out_ += "<a class=\"anchor\" href=\"#";
    append_address(heading.id, out_);
    out_ += "\" aria-hidden=\"true\" tabindex=\"-1\">#</a>";
  }
  out_.append("</").append(tag).append(">\n");
  page_.headings.push_back(std::move(heading));
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
      raw_html_ += restore(text, *source_);
      break;
    case MD_TEXT_LATEXMATH:
      break;
    case MD_TEXT_CODE:
      if (in_code_block_)
        code_ += restore(text, *source_);
      else
        write_literal(restore(text, *source_));
      break;
  }
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
        out += restore(part, *source_);
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
