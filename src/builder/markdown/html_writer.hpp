// Writes HTML while md4c reads a source. One writer for a page and for the footnotes it lifted out. One thread.
#pragma once

#include <md4c.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "builder/markdown.hpp"
#include "builder/markdown/heading_ids.hpp"
#include "builder/markdown/raw_html.hpp"
#include "builder/markdown/source.hpp"

namespace sitepod::builder::markdown {

class HtmlWriter {
 public:
  HtmlWriter(const MarkdownOptions& options, std::size_t max_output);
  HtmlWriter(const HtmlWriter&) = delete;
  HtmlWriter& operator=(const HtmlWriter&) = delete;

  // Reads one source to its end. False: the output would pass its bound.
  bool read(const Source& source);

  // Indices of footnotes that are referred to and not yet written, in the order of their numbers.
  std::vector<std::size_t> missing_footnotes() const;

  RenderedMarkdown finish();

 private:
  struct Block {
    MD_BLOCKTYPE type;
    bool is_written = true;  // not, when nested too deep
    std::string_view close;  // a callout's end tag; empty: the block's own
  };
  struct Span {
    MD_SPANTYPE type;
    std::string_view close;  // empty: nothing was opened
  };
  struct NumberedFootnote {
    std::size_t index = 0;  // among the page's footnotes
    std::size_t references = 0;
    bool is_written = false;
    std::string html;
  };
  // A picture of the paragraph or gallery at hand.
  struct WrittenPicture {
    std::string address;
    std::string tag;
    std::string caption;
  };
  enum class Quote { kNone, kOpened, kInFirstParagraph, kTitle };
  static constexpr std::size_t kNoFootnote = static_cast<std::size_t>(-1);

  friend struct Callbacks;
  void enter_block(MD_BLOCKTYPE type, void* detail);
  void leave_block(MD_BLOCKTYPE type, void* detail);
  void enter_span(MD_SPANTYPE type, void* detail);
  void leave_span(MD_SPANTYPE type);
  void open_span(MD_SPANTYPE type, std::string_view close);
  void close_span();
  void close_spans();
  void text(MD_TEXTTYPE type, std::string_view text);
  bool explodes() const;

  void open_block(MD_BLOCKTYPE type, void* detail);
  void close_block(const Block& block, void* detail);
  void open_item(const MD_BLOCK_LI_DETAIL& item);
  void settle_quote();
  bool begin_callout(std::string_view& text);
  void end_callout_title();
  void end_paragraph();
  void end_heading(unsigned level);
  void end_code();
  void write_gallery(const std::vector<WrittenPicture>& pictures);
  std::vector<WrittenPicture> read_gallery_fence();
  std::string picture_tag(const std::string& address, std::string_view alt, std::uint32_t width) const;
  void begin_picture(const MD_SPAN_IMG_DETAIL& picture);
  void open_link(const MD_SPAN_A_DETAIL& link);
  void write_picture(const std::string& address, std::string_view alt, std::string_view title, std::uint32_t width = 0);
  void write_code(std::string_view text);
  void write_text(std::string_view text);
  void write_special(const Special& special);
  void write_autolink(const Special& special);
  void write_wikilink(const Special& special);
  void write_embed(const Special& special);
  void write_math(const Special& special);
  void write_footnote_reference(const Special& special);
  void write_footnotes();
  void begin_footnote(std::size_t footnote);
  void end_footnote();
  void break_plain(char separator);
  void mark_text();
  void write_literal(std::string_view text);
  void write_break(std::string_view html);
  void begin_paragraph();
  bool is_in_source(const char* at) const;
  void settle_lines();
  std::string attribute(const MD_ATTRIBUTE& attribute) const;
  void report_link(std::string_view target, const char* written_at, bool is_image);
  void flush_raw_html();
  std::size_t raw_depth() const;

  const MarkdownOptions& options_;
  const std::size_t max_output_;
  const Source* source_ = nullptr;
  RenderedMarkdown page_;
  std::string out_;
  std::vector<Block> blocks_;
  std::vector<Span> spans_;
  std::array<std::size_t, 16> spans_open_{};  // of spans_, by type
  bool is_stopped_ = false;
  std::size_t address_bytes_ = 0;  // of all links: a definition may be used very often
  std::size_t table_cells_ = 0;    // written or added where a row is short
  std::size_t containers_ = 0;
  HeadingIds heading_ids_;
  const char* last_text_ = nullptr;  // in source_
  std::vector<std::size_t> links_without_line_;
  std::size_t links_open_ = 0;

  Quote quote_ = Quote::kNone;
  std::string_view callout_title_close_;
  std::string callout_title_;

  bool in_paragraph_ = false;
  bool paragraph_has_text_ = false;
  std::size_t paragraph_start_ = 0;
  std::vector<std::string> paragraph_math_;  // display math
  std::vector<WrittenPicture> paragraph_pictures_;

  std::size_t heading_start_ = 0;
  std::size_t heading_plain_start_ = 0;
  bool has_seen_heading_ = false;

  bool in_code_block_ = false;
  std::string code_;
  std::string code_language_;

  std::size_t image_depth_ = 0;
  std::string image_address_;
  std::string image_title_;
  std::string image_alt_;

  std::string raw_html_;  // not yet filtered
  RawHtmlFilter raw_filter_;
  std::vector<NumberedFootnote> footnotes_;
  std::vector<std::size_t> footnote_numbers_;  // by index, 0: not referred to
  std::size_t footnote_at_hand_ = 0;           // number, 0: the page itself
  std::size_t footnote_start_ = 0;
  std::size_t footnotes_size_ = 0;             // bytes of those written
  std::size_t begins_footnote_ = kNoFootnote;  // the paragraph at hand only says which footnote follows
};

}  // namespace sitepod::builder::markdown
