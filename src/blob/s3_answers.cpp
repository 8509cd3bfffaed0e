#include "blob/s3_answers.hpp"

#include <charconv>

namespace sitepod::blob {
namespace {

constexpr std::size_t kMaxMessageBytes = 200;

// The text between <name> and the next </name>, from `at` on, which then stands behind it. Names have no attributes in
// these documents but on their outermost element, which nobody asks for.
std::optional<std::string_view> find_element(std::string_view xml, std::string_view name, std::size_t& at) {
  const std::string open = "<" + std::string(name) + ">";
  const std::string close = "</" + std::string(name) + ">";
  const std::size_t begin = xml.find(open, at);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t text = begin + open.size();
  const std::size_t end = xml.find(close, text);
  if (end == std::string_view::npos) return std::nullopt;
  at = end + close.size();
  return xml.substr(text, end - text);
}

std::optional<std::string_view> find_element(std::string_view xml, std::string_view name) {
  std::size_t at = 0;
  return find_element(xml, name, at);
}

// The five entities that every XML document has (XML 1.0 §4.6).
std::string decode(std::string_view text) {
  constexpr std::pair<std::string_view, char> kEntities[] = {
      {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
  std::string out;
  while (!text.empty()) {
    std::size_t taken = 1;
    char c = text.front();
    for (const auto& [entity, meaning] : kEntities)
      if (text.starts_with(entity)) {
        c = meaning;
        taken = entity.size();
        break;
      }
    out += c;
    text.remove_prefix(taken);
  }
  return out;
}

std::optional<S3Object> parse_object(std::string_view xml) {
  const auto key = find_element(xml, "Key");
  const auto size = find_element(xml, "Size");
  const auto written_at = find_element(xml, "LastModified");
  if (!key || !size || !written_at) return std::nullopt;
  S3Object object;
  object.key = decode(*key);
  const auto [end, error] = std::from_chars(size->data(), size->data() + size->size(), object.size);
  const auto instant = parse_rfc3339(*written_at);
  if (error != std::errc() || end != size->data() + size->size() || !instant) return std::nullopt;
  object.written_at = *instant;
  return object;
}

}  // namespace

std::optional<S3Page> parse_s3_page(std::string_view xml) {
  if (xml.find("<ListBucketResult") == std::string_view::npos) return std::nullopt;
  S3Page page;
  const auto truncated = find_element(xml, "IsTruncated");
  if (!truncated) return std::nullopt;
  page.is_truncated = *truncated == "true";
  std::size_t at = 0;
  while (const auto contents = find_element(xml, "Contents", at)) {
    auto object = parse_object(*contents);
    if (!object) return std::nullopt;
    page.objects.push_back(*std::move(object));
  }
  return page;
}

std::optional<std::string> parse_s3_upload_id(std::string_view xml) {
  const auto id = find_element(xml, "UploadId");
  return id && !id->empty() ? std::optional(decode(*id)) : std::nullopt;
}

S3Problem parse_s3_problem(std::string_view xml) {
  const auto printable = [](std::string_view text) {
    std::string out = decode(text.substr(0, kMaxMessageBytes));
    for (char& c : out)
      if (c < ' ' || c > '~') c = '?';
    return out;
  };
  const auto error = find_element(xml, "Error");
  if (!error) return {};
  return {printable(find_element(*error, "Code").value_or("")),
          printable(find_element(*error, "Message").value_or(""))};
}

}  // namespace sitepod::blob
