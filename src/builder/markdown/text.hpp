// Page text on its way into HTML: escaping, character references, addresses. Pure; any thread; any bytes.
#pragma once

#include <string>
#include <string_view>

namespace sitepod::builder::markdown {

// For text and for attributes in double quotes. Unlike escape_html of the templates it leaves the apostrophe alone:
// prose is full of them, and this room writes no attribute in single quotes.
void append_escaped(std::string_view text, std::string& out);

// An address as the value of href or src: what may not stand in an address is percent-encoded, then escaped.
void append_address(std::string_view address, std::string& out);

// What "&name;", "&#35;" or "&#x23;" stands for; unknown names come back as they are.
std::string decode_reference(std::string_view reference);

// All references in a text.
std::string decode_references(std::string_view text);

// Whether a link may lead there once append_address has written it: as is_safe_url, but spaces are no danger any more.
bool is_safe_address(std::string_view address);

// Whether a picture may come from there: like a link's address, and data: of the usual pictures.
bool is_safe_picture(std::string_view address);

std::string_view trim(std::string_view text);
bool is_alnum(char c);
bool equals_ignoring_case(std::string_view a, std::string_view b);  // ASCII
std::string lower_case(std::string_view text);                      // ASCII

// Words as a reader counts them: runs between spaces; two characters of Chinese or Japanese count as one word.
std::size_t count_words(std::string_view text);

}  // namespace sitepod::builder::markdown
