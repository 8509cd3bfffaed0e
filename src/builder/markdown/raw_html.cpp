#include "builder/markdown/raw_html.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

constexpr std::size_t kLongestTag = 2048;
constexpr std::size_t kMaxOpen = 64;

constexpr std::string_view kTags[] = {
    "a",       "abbr",    "aside", "audio", "b",       "bdi",        "bdo",    "blockquote", "br",
    "caption", "center",  "cite",  "code",  "col",     "colgroup",   "dd",     "del",        "details",
    "dfn",     "div",     "dl",    "dt",    "em",      "figcaption", "figure", "h1",         "h2",
    "h3",      "h4",      "h5",    "h6",    "hr",      "i",          "iframe", "img",        "ins",
    "kbd",     "li",      "mark",  "ol",    "p",       "picture",    "pre",    "q",          "rp",
    "rt",      "ruby",    "s",     "samp",  "section", "small",      "source", "span",       "strong",
    "sub",     "summary", "sup",   "table", "tbody",   "td",         "tfoot",  "th",         "thead",
    "time",    "tr",      "track", "u",     "ul",      "var",        "video",  "wbr"};
constexpr std::string_view kVoidTags[] = {"br", "col", "hr", "img", "source", "track", "wbr"};
constexpr std::string_view kAttributes[] = {
    "align",       "allowfullscreen", "alt",     "cite",     "class",  "colspan", "controls",
    "datetime",    "default",         "dir",     "download", "height", "href",    "id",
    "kind",        "label",           "lang",    "loading",  "loop",   "muted",   "open",
    "playsinline", "poster",          "preload", "rel",      "role",   "rowspan", "scope",
    "src",         "srclang",         "start",   "target",   "title",  "type",    "value",
    "width"};

template <std::size_t N>
bool contains(const std::string_view (&list)[N], std::string_view name) {
  return std::find(std::begin(list), std::end(list), name) != std::end(list);
}

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\f'; }

struct Attribute {
  std::string name;
  std::string value;  // references decoded
};
struct Tag {
  std::string name;
  bool closes = false;
  std::vector<Attribute> attributes;
  std::size_t end = 0;
};

// HTML's own tokenizer (WHATWG 13.2.5) without its repairs: what it would have to repair is no tag here.
class TagReader {
 public:
  explicit TagReader(std::string_view html) : html_(html.substr(0, kLongestTag)) {}

  // Requires: the text begins with "<".
  std::optional<Tag> read() {
    Tag tag;
    at_ = 1;
    tag.closes = here() == '/';
    if (tag.closes) ++at_;
    tag.name = lower_case(take_while([](char c) { return is_alnum(c); }));
    if (tag.name.empty()) return std::nullopt;
    while (at_ < html_.size()) {
      take_while(is_space);
      if (here() == '/') ++at_;
      if (here() == '>') {
        tag.end = at_ + 1;
        return tag;
      }
      if (!read_attribute(tag)) return std::nullopt;
    }
    return std::nullopt;
  }

 private:
  char here() const { return at_ < html_.size() ? html_[at_] : '\0'; }

  template <typename Belongs>
  std::string_view take_while(const Belongs& belongs) {
    const std::size_t begin = at_;
    while (at_ < html_.size() && belongs(html_[at_])) ++at_;
    return html_.substr(begin, at_ - begin);
  }

  bool read_attribute(Tag& tag) {
    if (!is_space(html_[at_ - 1]) && html_[at_ - 1] != '/') return false;
    const auto name = take_while([](char c) { return is_alnum(c) || c == '-' || c == ':' || c == '_'; });
    if (name.empty()) return false;
    Attribute attribute{lower_case(name), {}};
    take_while(is_space);
    if (here() == '=') {
      ++at_;
      take_while(is_space);
      const char quote = here();
      if (quote == '"' || quote == '\'') {
        ++at_;
        attribute.value = decode_references(take_while([&](char c) { return c != quote; }));
        if (here() != quote) return false;
        ++at_;
      } else {
        attribute.value = decode_references(take_while(
            [](char c) { return !is_space(c) && std::string_view("\"'=<>`").find(c) == std::string_view::npos; }));
        if (attribute.value.empty()) return false;
      }
      if (!is_space(here()) && here() != '>' && here() != '/') return false;
    } else if (is_space(html_[at_ - 1])) {
      --at_;
    }
    tag.attributes.push_back(std::move(attribute));
    return true;
  }

  const std::string_view html_;
  std::size_t at_ = 0;
};

bool is_address(std::string_view name) { return name == "href" || name == "src" || name == "poster" || name == "cite"; }

bool may_pass(const Tag& tag, const Attribute& attribute) {
  if (!contains(kAttributes, attribute.name) && !attribute.name.starts_with("aria-")) return false;
  if (tag.name == "iframe" && attribute.name == "src") return lower_case(attribute.value).starts_with("https://");
  if (tag.name == "img" && attribute.name == "src") return is_safe_picture(attribute.value);
  return !is_address(attribute.name) || is_safe_address(attribute.value);
}

void write_start_tag(const Tag& tag, std::string& out) {
  out.append("<").append(tag.name);
  std::vector<std::string_view> written;
  for (const Attribute& attribute : tag.attributes) {
    const bool is_repeated = std::find(written.begin(), written.end(), attribute.name) != written.end();
    if (is_repeated || !may_pass(tag, attribute)) continue;
    written.push_back(attribute.name);
    out.append(" ").append(attribute.name).append("=\"");
    if (is_address(attribute.name))
      append_address(attribute.value, out);
    else
      append_escaped(attribute.value, out);
    out += '"';
  }
  if (tag.name == "iframe") out += " sandbox=\"allow-scripts allow-same-origin allow-popups allow-presentation\"";
  out += '>';
}

// Text keeps its character references.
void write_text(std::string_view text, std::string& out) { append_escaped(decode_references(text), out); }

}  // namespace

void RawHtmlFilter::write(std::string_view html, std::size_t depth, std::string& out) {
  std::size_t at = 0;
  while (at < html.size()) {
    const std::size_t sign = std::min(html.find('<', at), html.size());
    write_text(html.substr(at, sign - at), out);
    at = sign;
    if (at == html.size()) return;
    const std::size_t end = write_tag(html, at, depth, out);
    if (end == at) out += "&lt;";
    at = std::max(end, at + 1);
  }
}

std::size_t RawHtmlFilter::write_tag(std::string_view html, std::size_t at, std::size_t depth, std::string& out) {
  const auto tag = TagReader(html.substr(at)).read();
  if (!tag || !contains(kTags, tag->name)) return at;
  const bool is_void = contains(kVoidTags, tag->name);
  if (tag->closes) {
    if (!is_void) write_end_tag(tag->name, depth, out);
  } else if (is_void || open_.size() < kMaxOpen) {
    write_start_tag(*tag, out);
    if (!is_void) open_.push_back({tag->name, depth});
  }
  return at + tag->end;
}

// Closes the nearest open tag of that name, and what is open inside it; without one the end tag is left out.
void RawHtmlFilter::write_end_tag(const std::string& name, std::size_t depth, std::string& out) {
  auto found = open_.rbegin();
  while (found != open_.rend() && found->depth == depth && found->name != name) ++found;
  if (found == open_.rend() || found->depth != depth) return;
  const auto keep = static_cast<std::size_t>(open_.rend() - found) - 1;
  while (open_.size() > keep) {
    out.append("</").append(open_.back().name).append(">");
    open_.pop_back();
  }
}

void RawHtmlFilter::close_deeper_than(std::size_t depth, std::string& out) {
  while (!open_.empty() && open_.back().depth > depth) {
    out.append("</").append(open_.back().name).append(">");
    open_.pop_back();
  }
}

}  // namespace sitepod::builder::markdown
