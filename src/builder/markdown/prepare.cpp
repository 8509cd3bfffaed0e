#include "builder/markdown/prepare.hpp"

#include "builder/markdown/inline_scan.hpp"
#include "builder/markdown/lines.hpp"

namespace sitepod::builder::markdown {
namespace {

FootnoteIndex index_of(const std::vector<Footnote>& footnotes) {
  FootnoteIndex index;
  for (std::size_t i = 0; i < footnotes.size(); ++i) index.emplace(footnotes[i].id, i);
  return index;
}

// md4c 0.4.8 wants three dashes for a column, GitHub one.
std::string with_long_dashes(std::string_view rule) {
  std::string out;
  for (std::size_t at = 0; at < rule.size();) {
    const std::size_t end = std::min(rule.find_first_not_of(rule[at], at), rule.size());
    out.append(rule[at] == '-' ? std::max<std::size_t>(end - at, 3) : end - at, rule[at]);
    at = end;
  }
  return out;
}

// Copies the lines into the source, with placeholders in those that hold inline text.
void scan_lines(std::string_view text, const std::vector<Line>& lines, InlineScanner& scanner) {
  // md4c looks at every open list for every blank line.
  constexpr std::size_t kMaxBlankLines = 8;
  std::size_t blank = 0;
  for (std::size_t i = 0; i < lines.size();) {
    const Line& line = lines[i];
    std::size_t last = i;
    blank = line.kind == LineKind::kBlank ? blank + 1 : 0;
    if (line.breaks) scanner.break_paragraph();
    switch (line.kind) {
      case LineKind::kBlank:
        scanner.copy_line(blank <= kMaxBlankLines ? text.substr(line.begin, line.end - line.begin) : "");
        break;
      case LineKind::kTableRule:
        scanner.copy_line(with_long_dashes(text.substr(line.begin, line.end - line.begin)));
        break;
      case LineKind::kVerbatim:
        scanner.copy_line(text.substr(line.begin, line.end - line.begin));
        break;
      case LineKind::kLifted:
        scanner.copy_line("\n");
        break;
      case LineKind::kLinkDefinition:
        scanner.copy_definition(text.substr(line.begin, line.end - line.begin));
        break;
      case LineKind::kText:
        while (last + 1 < lines.size() && lines[last + 1].kind == LineKind::kText && lines[last + 1].continues) ++last;
        scanner.scan(text.substr(line.begin, lines[last].end - line.begin), line.quotes);
        break;
    }
    i = last + 1;
  }
}

// md4c looks at every open quote and list for every line: markers that nest too deep are escaped.
std::string without_deep_markers(std::string text) {
  constexpr std::size_t kShortestDeepLine = 101;
  std::string out;
  std::size_t copied = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = std::string_view(text).substr(begin, end - begin);
    const std::size_t deep = line.size() < kShortestDeepLine ? std::string_view::npos : too_deep_marker(line);
    if (deep != std::string_view::npos) {
      out.append(text, copied, begin + deep - copied) += '\\';
      copied = begin + deep;
    }
    begin = end + 1;
  }
  return copied == 0 ? std::move(text) : out.append(text, copied);
}

std::string with_plain_lines(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  constexpr std::string_view kNoncharacters = "\xEF\xB7";  // U+FDC0 to U+FDFF; U+FDD0 to U+FDEF are no characters
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  // Of most texts nothing is to be replaced, which is found far faster one by one.
  if (text.find('\r') == std::string_view::npos && text.find(kNoncharacters) == std::string_view::npos)
    return std::string(text);
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t next = std::min(text.find_first_of("\r\xEF", at), text.size());
    out.append(text, at, next - at);
    at = next;
    if (at == text.size()) break;
    if (text[at] == '\r') {
      out += '\n';
      at += text.substr(at).starts_with("\r\n") ? 2 : 1;
      continue;
    }
    const auto third = at + 2 < text.size() ? static_cast<unsigned char>(text[at + 2]) : 0U;
    const bool is_noncharacter = text.substr(at).starts_with(kNoncharacters) && third >= 0x90 && third <= 0xAF;
    out.append(is_noncharacter ? "\xEF\xBF\xBD" : text.substr(at, 1));
    at += is_noncharacter ? 3 : 1;
  }
  return out;
}

}  // namespace

std::string clean_text(std::string_view text) { return without_deep_markers(with_plain_lines(text)); }

PreparedPage prepare_page(std::string_view text, bool reads_wikilinks) {
  PageLines page = split_lines(text);
  PreparedPage prepared{{}, std::move(page.footnotes), reads_wikilinks};
  const FootnoteIndex footnotes = index_of(prepared.footnotes);
  prepared.source.text.reserve(text.size() + text.size() / 8);
  prepared.source.line_starts.reserve(page.lines.size());
  InlineScanner scanner(footnotes, reads_wikilinks, prepared.source);
  scan_lines(text, page.lines, scanner);
  return prepared;
}

Source prepare_footnotes(const PreparedPage& page, const std::vector<std::size_t>& wanted, bool may_refer_to_new) {
  Source source;
  FootnoteIndex known;
  if (may_refer_to_new) known = index_of(page.footnotes);
  InlineScanner scanner(known, page.reads_wikilinks, source);
  for (const auto& [definition, line] : page.source.link_definitions) {
    const std::vector<std::uint32_t> lines{line};
    scanner.start_lines(&lines);
    scanner.copy_line(definition);
  }
  for (const std::size_t index : wanted) {
    const Footnote& footnote = page.footnotes[index];
    const PageLines body = split_lines(footnote.body);
    scanner.start_lines(&footnote.lines);
    scanner.begin_footnote(index);
    scan_lines(footnote.body, body.lines, scanner);
    // An open fence would swallow the footnotes behind it.
    source.text.append("\n").append(body.open_fence).append("\n\n");
  }
  return source;
}

}  // namespace sitepod::builder::markdown
