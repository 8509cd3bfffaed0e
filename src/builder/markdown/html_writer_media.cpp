// Pictures, galleries and blocks of code.
#include <charconv>

#include "builder/markdown/highlight.hpp"
#include "builder/markdown/html_writer.hpp"
#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

struct GalleryLine {
  std::string_view address;
  std::string_view alt;
  std::string_view caption;
};

std::string_view without_quotes(std::string_view text) {
  text = trim(text);
  if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

// `![alt](address "caption")` or `address | caption`.
GalleryLine parse_gallery_line(std::string_view line) {
  GalleryLine found;
  const std::size_t middle = line.find("](");
  if (line.starts_with("![") && middle != std::string_view::npos && line.ends_with(")")) {
    found.alt = line.substr(2, middle - 2);
    line = trim(line.substr(middle + 2, line.size() - middle - 3));
    const std::size_t space = line.find(' ');
    found.address = line.substr(0, space);
    if (space != std::string_view::npos) found.caption = without_quotes(line.substr(space));
    return found;
  }
  const std::size_t bar = line.find('|');
  found.address = trim(line.substr(0, bar));
  if (bar != std::string_view::npos) found.caption = found.alt = trim(line.substr(bar + 1));
  return found;
}

}  // namespace

std::string HtmlWriter::picture_tag(const std::string& address, std::string_view alt, std::uint32_t width) const {
  std::string tag = "<img src=\"";
  append_address(address, tag);
  tag += "\" alt=\"";
  append_escaped(alt, tag);
  tag += '"';
  std::optional<Picture> picture;
  if (options_.find_picture) picture = options_.find_picture(address);
  if (picture && picture->width > 0 && picture->height > 0) {
    const auto scaled = width == 0
                            ? picture->height
                            : static_cast<std::uint32_t>(std::uint64_t{picture->height} * width / picture->width);
    tag += " width=\"" + std::to_string(width == 0 ? picture->width : width) + "\" height=\"" + std::to_string(scaled) +
           '"';
  } else if (width > 0) {
    tag += " width=\"" + std::to_string(width) + '"';
  }
  if (picture && !picture->srcset.empty()) {
    tag += " srcset=\"";
    append_escaped(picture->srcset, tag);
    tag += "\" sizes=\"";
    append_escaped(options_.picture_sizes, tag);
    tag += '"';
  }
  return tag += " loading=\"lazy\" decoding=\"async\">";
}

void HtmlWriter::write_picture(const std::string& address, std::string_view alt, std::string_view title,
                               std::uint32_t width) {
  settle_quote();
  if (!is_safe_picture(address)) {
    write_literal(alt);
    return;
  }
  const bool stands_free = in_paragraph_ && spans_.empty() && quote_ == Quote::kNone;
  std::string tag = picture_tag(address, alt, width);
  if (!title.empty()) {
    tag.insert(tag.size() - 1, " title=\"\"");
    std::string escaped;
    append_escaped(title, escaped);
    tag.insert(tag.size() - 2, escaped);
  }
  out_ += tag;
  page_.plain_text += alt;
  if (stands_free)
    paragraph_pictures_.push_back({address, std::move(tag), std::string(title)});
  else
    mark_text();
}

void HtmlWriter::write_gallery(const std::vector<WrittenPicture>& pictures) {
  if (pictures.empty()) return;
  out_ += "<div class=\"gallery\">\n";
  for (const WrittenPicture& picture : pictures) {
    out_ += "<figure><a class=\"gallery-picture\" href=\"";
    append_address(picture.address, out_);
    out_.append("\">").append(picture.tag).append("</a>");
    if (!picture.caption.empty()) {
      out_ += "<figcaption>";
      append_escaped(picture.caption, out_);
      out_ += "</figcaption>";
    }
    if (options_.gallery_download) {
      out_ += "<a class=\"gallery-download\" href=\"";
      append_address(picture.address, out_);
      out_ += "\" download>Download</a>";
    }
    out_ += "</figure>\n";
  }
  out_ += "</div>\n";
}

std::vector<HtmlWriter::WrittenPicture> HtmlWriter::read_gallery_fence() {
  std::vector<WrittenPicture> pictures;
  std::string_view rest = code_;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = trim(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    const GalleryLine found = parse_gallery_line(line);
    const std::string address(found.address);
    if (address.empty() || !is_safe_picture(address)) continue;
    report_link(address, nullptr, true);
    pictures.push_back({address, picture_tag(address, found.alt, 0), std::string(found.caption)});
  }
  settle_lines();
  return pictures;
}

void HtmlWriter::end_code() {
  in_code_block_ = false;
  if (find_placeholder(code_, 0)) {
    std::string restored;
    append_restored(code_, *source_, restored);
    code_.swap(restored);
  }
  const std::string language = lower_case(code_language_);
  if (language == "mermaid") {
    page_.has_diagram = true;
    out_ += "<pre class=\"mermaid\">";
    append_escaped(code_, out_);
    out_ += "</pre>\n";
  } else if (language == "math") {
    page_.has_math = true;
    out_ += "<div class=\"math math-display\">";
    append_escaped(trim(code_), out_);
    out_ += "</div>\n";
  } else if (language == "gallery") {
    write_gallery(read_gallery_fence());
  } else {
    page_.has_code = true;
    // A wide block scrolls; the keyboard must reach it.
    out_ += "<pre class=\"hljs\" tabindex=\"0\"><code";
    if (!code_language_.empty()) {
      out_ += " class=\"language-";
      append_escaped(code_language_, out_);
      out_ += '"';
    }
    out_ += '>';
    if (options_.highlight_code)
      append_highlighted(code_, language, out_);
    else
      append_escaped(code_, out_);
    out_ += "</code></pre>\n";
  }
  code_.clear();
}

}  // namespace sitepod::builder::markdown
