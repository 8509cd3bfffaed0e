// Text made safe for the place where it is written: one function for each context of a template. Pure; any thread.
// Input may be any bytes; what is no UTF-8 becomes U+FFFD where the format forbids it (XML, JSON).
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "builder/cache_key.hpp"

namespace sitepod::builder {

// Both for text between tags and for quoted attribute values: & < > " ' become references.
void escape_html(std::string_view text, std::string& out);
// XML 1.0 text and attribute values. Characters that XML forbids are left out.
void escape_xml(std::string_view text, std::string& out);
// A whole JSON string with its quotes; also safe inside <script>: no "<", ">", "&", U+2028 and U+2029.
void escape_json(std::string_view text, std::string& out);
// A whole address in a quoted attribute: addresses of foreign schemes (javascript:, data:, …) become "#".
void escape_url(std::string_view url, std::string& out);
// A part behind an address's beginning: everything but unreserved characters (RFC 3986 §2.3) percent-encoded; "/" stays
// when `keep_slashes`.
enum class Slashes : bool { kEncode, kKeep };
void encode_url_part(std::string_view text, Slashes slashes, std::string& out);
// One byte as "%4F".
void percent_encode(char c, std::string& out);

// Whether a link may lead there: relative, or http, https, mailto, tel, sms, xmpp, matrix.
bool is_safe_url(std::string_view url);

std::string html_escaped(std::string_view text);
std::string json_escaped(std::string_view text);

// HTML that only the builder makes, from markdown it has rendered itself: templates write it as it is. Carries the key
// of what it was made from; two with one key are the same HTML, also where the HTML itself is not there yet.
class SafeHtml {
 public:
  SafeHtml() = default;
  static SafeHtml from_rendered_markdown(std::string html, const CacheKey& key) {
    SafeHtml made;
    made.html_ = std::move(html);
    made.key_ = key;
    return made;
  }
  std::string_view view() const { return html_; }
  const CacheKey& key() const { return key_; }

 private:
  std::string html_;
  CacheKey key_;
};

}  // namespace sitepod::builder
