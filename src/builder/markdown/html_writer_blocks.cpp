// The blocks of a text: paragraphs, headings, lists, quotes, tables.
#include "builder/markdown/block_detail.hpp"
#include "builder/markdown/callout.hpp"
#include "builder/markdown/html_writer.hpp"
#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

// Deeper blocks lose their markup and keep their text: browsers and readers give up earlier.
constexpr std::size_t kMaxContainers = 64;

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

}  // namespace

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
  // The text of an item that has a list of its own ends without a block's end.
  break_plain('\n');
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

}  // namespace sitepod::builder::markdown
