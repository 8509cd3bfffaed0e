// What stood behind the source's placeholders: math, bare addresses, wikilinks, footnotes.
#include <charconv>

#include "builder/markdown/heading_ids.hpp"
#include "builder/markdown/html_writer.hpp"
#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

// Further lines of math in a quote begin with the quote's marks.
std::string without_quote_marks(std::string_view text, std::size_t quotes) {
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    std::string_view line = text.substr(begin, end - begin);
    for (std::size_t i = 0; begin > 0 && i < quotes; ++i) {
      const std::size_t mark = line.find_first_not_of(" \t");
      if (mark == std::string_view::npos || line[mark] != '>') break;
      line.remove_prefix(mark + 1);
    }
    out += line;
    begin = end;
  }
  return out;
}

// Between the delimiters; GitHub's form $`…`$ has a second pair.
std::string_view math_in(std::string_view source) {
  const std::size_t dollars = source.starts_with("$$") ? 2 : 1;
  source = source.substr(dollars, source.size() - 2 * dollars);
  if (dollars == 1 && source.size() > 2 && source.front() == '`' && source.back() == '`')
    source = source.substr(1, source.size() - 2);
  return trim(source);
}

struct Wikilink {
  std::string_view page;
  std::string_view heading;
  std::string_view label;  // empty: none written
};

// Requires: the source is "[[…]]" or "![[…]]". In tables the bar is written "\|".
Wikilink parse_wikilink(std::string_view source) {
  const std::size_t begin = source.find("[[") + 2;
  std::string_view inner = source.substr(begin, source.size() - begin - 2);
  Wikilink link;
  if (const std::size_t bar = inner.find('|'); bar != std::string_view::npos) {
    link.label = trim(inner.substr(bar + 1));
    inner = inner.substr(0, bar);
    if (inner.ends_with('\\')) inner.remove_suffix(1);
  }
  const std::size_t hash = inner.find('#');
  link.page = trim(inner.substr(0, hash));
  if (hash != std::string_view::npos) link.heading = trim(inner.substr(hash + 1));
  return link;
}

bool is_picture_name(std::string_view name) {
  const std::string lower = lower_case(name.substr(0, name.find_first_of("?#")));
  for (const std::string_view ending : {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})
    if (lower.ends_with(ending)) return true;
  return false;
}

std::uint32_t parse_width(std::string_view label) {
  std::uint32_t width = 0;
  const auto [end, error] = std::from_chars(label.data(), label.data() + label.size(), width);
  const std::string_view rest = label.substr(static_cast<std::size_t>(end - label.data()));
  return error == std::errc() && (rest.empty() || rest.starts_with('x')) && width <= 10'000 ? width : 0;
}

std::string address_of_autolink(std::string_view source) {
  std::string address = decode_references(source);
  if (address.find("://") != std::string::npos || address.starts_with("mailto:")) return address;
  return (lower_case(source.substr(0, 4)) == "www." ? "http://" : "mailto:") + address;
}

std::string footnote_id(std::string_view kind, std::size_t number) {
  return std::string(kind) + ":" + std::to_string(number);
}

}  // namespace

void HtmlWriter::write_special(const Special& special) {
  switch (special.kind) {
    case SpecialKind::kInlineMath:
    case SpecialKind::kDisplayMath:
      write_math(special);
      break;
    case SpecialKind::kAutolink:
      write_autolink(special);
      break;
    case SpecialKind::kWikilink:
      write_wikilink(special);
      break;
    case SpecialKind::kEmbed:
      write_embed(special);
      break;
    case SpecialKind::kFootnoteReference:
      write_footnote_reference(special);
      break;
    case SpecialKind::kFootnoteBody:
      begins_footnote_ = special.footnote;
      break;
    case SpecialKind::kLineBreak:
      write_break("<br>");
      break;
    case SpecialKind::kPlainText:
      write_literal(special.source);
      break;
    case SpecialKind::kComment:
      break;
  }
}

void HtmlWriter::write_math(const Special& special) {
  const std::string source = without_quote_marks(special.source, special.quotes);
  const std::string_view math = math_in(source);
  if (image_depth_ > 0) {
    image_alt_ += math;
    return;
  }
  page_.has_math = true;
  const bool is_display = special.kind == SpecialKind::kDisplayMath;
  if (is_display && spans_.empty())
    paragraph_math_.emplace_back(math);
  else
    mark_text();
  out_ += is_display ? "<span class=\"math math-display\">" : "<span class=\"math math-inline\">";
  append_escaped(math, out_);
  out_ += "</span>";
  page_.plain_text += math;
}

void HtmlWriter::write_autolink(const Special& special) {
  const std::string text = decode_references(special.source);
  if (image_depth_ > 0 || links_open_ > 0) {
    write_literal(text);
    return;
  }
  const std::string address = address_of_autolink(special.source);
  report_link(address, nullptr, false);
  settle_lines();
  out_ += "<a href=\"";
  append_address(address, out_);
  out_ += "\">";
  write_literal(text);
  out_ += "</a>";
}

void HtmlWriter::write_wikilink(const Special& special) {
  const Wikilink link = parse_wikilink(special.source);
  // A picture's width is no text for whoever misses the picture.
  const bool has_label = !link.label.empty() && !(special.kind == SpecialKind::kEmbed && parse_width(link.label) > 0);
  std::string label(has_label ? link.label : link.page);
  if (!has_label && !link.heading.empty()) label.append(label.empty() ? "" : " › ").append(link.heading);
  if (image_depth_ > 0 || links_open_ > 0) {
    write_literal(label);
    return;
  }
  std::optional<std::string> address;
  if (link.page.empty()) address = "";
  if (!link.page.empty() && options_.resolve_wikilink) address = options_.resolve_wikilink(link.page);
  if (!address || !is_safe_address(*address)) {
    report_link("[[" + std::string(link.page) + "]]", nullptr, false);
    page_.links.back().is_unresolved = true;
    write_literal(label);
    return;
  }
  if (!link.heading.empty()) address->append("#").append(heading_slug(link.heading));
  report_link(*address, nullptr, false);
  settle_lines();
  out_ += "<a class=\"wikilink\" href=\"";
  append_address(*address, out_);
  out_ += "\">";
  write_literal(label);
  out_ += "</a>";
}

void HtmlWriter::write_embed(const Special& special) {
  const Wikilink embed = parse_wikilink(special.source);
  std::optional<std::string> address;
  if (options_.resolve_wikilink) address = options_.resolve_wikilink(embed.page);
  if (!address && embed.page.find('/') != std::string_view::npos) address = std::string(embed.page);
  if (!address || !(is_picture_name(*address) || is_picture_name(embed.page)) || image_depth_ > 0) {
    write_wikilink(special);
    return;
  }
  report_link(*address, nullptr, true);
  settle_lines();
  const std::uint32_t width = parse_width(embed.label);
  const std::string_view name = embed.page.substr(embed.page.rfind('/') + 1);
  write_picture(*address, width > 0 || embed.label.empty() ? name.substr(0, name.rfind('.')) : embed.label, {}, width);
}

void HtmlWriter::write_footnote_reference(const Special& special) {
  if (image_depth_ > 0) return;
  mark_text();
  if (footnote_numbers_.size() <= special.footnote) footnote_numbers_.resize(special.footnote + 1);
  std::size_t& number = footnote_numbers_[special.footnote];
  if (number == 0) {
    footnotes_.push_back({special.footnote, 0, false, {}});
    number = footnotes_.size();
  }
  const std::size_t references = ++footnotes_[number - 1].references;
  std::string id = footnote_id("fnref", number);
  if (references > 1) id += ":" + std::to_string(references);
  const std::string shown = std::to_string(number);
  out_ += "<sup class=\"footnote-ref\">";
  if (links_open_ == 0)
    out_ += "<a href=\"#" + footnote_id("fn", number) + "\" id=\"" + id + "\" role=\"doc-noteref\">" + shown + "</a>";
  else
    out_ += shown;
  out_ += "</sup>";
}

std::vector<std::size_t> HtmlWriter::missing_footnotes() const {
  std::vector<std::size_t> missing;
  for (const NumberedFootnote& footnote : footnotes_)
    if (!footnote.is_written) missing.push_back(footnote.index);
  return missing;
}

void HtmlWriter::begin_footnote(std::size_t footnote) {
  if (footnote_at_hand_ != 0) end_footnote();
  footnote_at_hand_ = footnote_numbers_[footnote];
  footnote_start_ = out_.size();
}

void HtmlWriter::end_footnote() {
  NumberedFootnote& footnote = footnotes_[std::exchange(footnote_at_hand_, 0) - 1];
  footnote.html = out_.substr(footnote_start_);
  footnote.is_written = true;
  out_.resize(footnote_start_);
  footnotes_size_ += footnote.html.size();
}

void HtmlWriter::write_footnotes() {
  if (footnotes_.empty()) return;
  out_ += "<section class=\"footnotes\" role=\"doc-endnotes\" aria-label=\"Footnotes\">\n<ol>\n";
  for (std::size_t number = 1; number <= footnotes_.size(); ++number) {
    const NumberedFootnote& footnote = footnotes_[number - 1];
    std::string back;
    for (std::size_t i = 1; i <= footnote.references; ++i) {
      const std::string id = footnote_id("fnref", number) + (i > 1 ? ":" + std::to_string(i) : "");
      back += " <a href=\"#" + id +
              "\" class=\"footnote-backref\" role=\"doc-backlink\" aria-label=\"Back to reference " +
              std::to_string(number) + "\">↩</a>";
    }
    std::string_view body = footnote.html;
    constexpr std::string_view kEnd = "</p>\n";
    const bool ends_in_paragraph = body.ends_with(kEnd);
    if (ends_in_paragraph) body.remove_suffix(kEnd.size());
    out_.append("<li id=\"").append(footnote_id("fn", number)).append("\">").append(body).append(back);
    out_.append(ends_in_paragraph ? kEnd : "\n").append("</li>\n");
  }
  out_ += "</ol>\n</section>\n";
}

}  // namespace sitepod::builder::markdown
