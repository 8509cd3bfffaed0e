#include "manuscript/destinations.hpp"

#include <algorithm>

#include "manuscript/markdown_lines.hpp"

namespace sitepod::manuscript {
namespace {

// As the builder reads it.
constexpr std::size_t kLongestEmbed = 400;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class Replacing {
 public:
  Replacing(std::string_view text, const ChooseDestination& choose) : text_(text), choose_(choose) {}

  std::string run() {
    while (at_ < text_.size()) take_line();
    return std::move(out_);
  }

 private:
  // ---- lines: code stays as it is -----------------------------------------------------------------------------------
  void take_line() {
    const std::size_t end = line_end();
    const std::string_view line = text_.substr(at_, end - at_);
    const MarkdownLines::Line found = lines_.take(line.substr(0, line.find('\n')));
    if (found.is_code || found.text.empty()) open_brackets_ = 0;
    if (found.is_code) return copy(line.size());
    copy(static_cast<std::size_t>(found.text.data() - line.data()));
    if (is_definition(found.text)) take_definition(found.text);
    take_inlines(end);
    // A code span may have ended within a later line.
    while (at_ > 0 && at_ < text_.size() && text_[at_ - 1] != '\n') take_inlines(line_end());
  }
  // Behind the line feed.
  std::size_t line_end() const {
    const std::size_t feed = text_.find('\n', at_);
    return feed == std::string_view::npos ? text_.size() : feed + 1;
  }

  // "[name]: destination"
  static bool is_definition(std::string_view line) {
    const std::size_t close = line.find("]:");
    return line.starts_with('[') && !line.starts_with("[^") && close != std::string_view::npos;
  }
  void take_definition(std::string_view line) {
    const std::size_t start = line.find("]:") + 2;
    copy(std::min(line.find_first_not_of(" \t", start), line.size()));
    take_destination(std::min(text_.find('\n', at_), text_.size()));
  }

  // ---- inlines ----------------------------------------------------------------------------------------------------
  void take_inlines(std::size_t end) {
    while (at_ < end) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size()) {
        copy(2);
      } else if (c == '`') {
        take_code_span();
      } else if (text_.substr(at_).starts_with("![[")) {
        copy(3);
        take_embed();
      } else if (c == '[') {
        ++open_brackets_;
        copy(1);
      } else if (c == ']' && open_brackets_ == 0) {
        copy(1);  // `\[a](b)` is text
      } else if (c == ']' && !text_.substr(at_).starts_with("](")) {
        --open_brackets_;
        copy(1);
      } else if (c == ']') {
        --open_brackets_;
        copy(2);
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) copy(1);
        take_destination(text_.size());
      } else {
        copy(1);
      }
    }
  }
  void copy(std::size_t count) {
    out_ += text_.substr(at_, count);
    at_ += std::min(count, text_.size() - at_);
  }
  // Up to the same number of backticks in the paragraph; without them they are only backticks.
  void take_code_span() {
    const std::size_t length = std::min(text_.find_first_not_of('`', at_), text_.size()) - at_;
    const std::size_t limit = std::min(paragraph_end(), text_.size());
    for (std::size_t i = at_ + length; i < limit;) {
      i = std::min(text_.find('`', i), limit);
      const std::size_t run = std::min(text_.find_first_not_of('`', i), text_.size()) - i;
      if (i < limit && run == length) return copy(i + run - at_);
      i += std::max<std::size_t>(run, 1);
    }
    copy(length);
  }
  // Found once for each paragraph, so that a text of backticks takes linear time.
  std::size_t paragraph_end() {
    if (paragraph_end_ <= at_) {
      paragraph_end_ = std::min(text_.find("\n\n", at_), text_.size());
      if (paragraph_end_ <= at_) paragraph_end_ = at_ + 1;
    }
    return paragraph_end_;
  }

  void take_destination(std::size_t limit) {
    const std::string_view rest = text_.substr(at_, limit - std::min(at_, limit));
    if (!rest.starts_with('<')) {
      const std::size_t length = bare_length(rest);
      return offer({rest.substr(0, length), line(), false, false}, length);
    }
    // Found once for all that stand before it, so that a text of "(<" takes linear time.
    if (angle_end_ <= at_) angle_end_ = std::min(text_.find_first_of(">\n", at_), text_.size());
    if (angle_end_ >= text_.size() || text_[angle_end_] != '>') return;
    offer({text_.substr(at_ + 1, angle_end_ - at_ - 1), line(), false, true}, angle_end_ + 1 - at_);
  }
  void take_embed() {
    const std::string_view rest = text_.substr(at_, kLongestEmbed);
    const std::size_t end = rest.find_first_of("]\n");
    if (end == std::string_view::npos || !rest.substr(end).starts_with("]]")) return;
    const std::size_t length = std::min(rest.find_first_of("#|\\"), end);
    offer({rest.substr(0, length), line(), true, false}, length);
  }
  // Parentheses may stand in it in pairs (CommonMark §6.3).
  static std::size_t bare_length(std::string_view text) {
    int depth = 0;
    std::size_t i = 0;
    for (; i < text.size(); ++i) {
      if (static_cast<unsigned char>(text[i]) <= ' ') break;
      if (text[i] == '(') ++depth;
      if (text[i] == ')' && depth-- == 0) break;
    }
    return i;
  }
  void offer(const Destination& destination, std::size_t length) {
    if (const std::optional<std::string> chosen = choose_(destination))
      out_ += *chosen;
    else
      out_ += text_.substr(at_, length);
    at_ += length;
  }
  std::uint32_t line() {
    line_ += static_cast<std::uint32_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted_),
                                                   text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n'));
    counted_ = at_;
    return line_;
  }

  const std::string_view text_;
  const ChooseDestination& choose_;
  std::string out_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::size_t counted_ = 0;  // lines up to here are in line_
  std::size_t angle_end_ = 0;
  std::size_t open_brackets_ = 0;  // in this paragraph
  MarkdownLines lines_;
  std::size_t paragraph_end_ = 0;
};

}  // namespace

std::string replace_destinations(std::string_view markdown, const ChooseDestination& choose) {
  return Replacing(markdown, choose).run();
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_escape =
        text[i] == '%' && i + 2 < text.size() && hex_value(text[i + 1]) >= 0 && hex_value(text[i + 2]) >= 0;
    if (is_escape) {
      out += static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string percent_encoded(std::string_view path) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : path) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          std::string_view("-._~/").find(c) != std::string_view::npos;
    if (is_plain) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out.append({'%', kHex[byte >> 4], kHex[byte & 15]});
    }
  }
  return out;
}

}  // namespace sitepod::manuscript
