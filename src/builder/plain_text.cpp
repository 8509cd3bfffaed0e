#include "builder/plain_text.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <vector>

#include "builder/markdown/unicode.hpp"

namespace sitepod::builder {
namespace {

constexpr std::size_t kMaxSearchBytes = 64U << 10U;
constexpr std::size_t kMaxWordBytes = 64;

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

// Words, each once, with spaces between. A word is put together where it would stay; a table of places tells whether it
// is there already: a set of strings took a sixth of a whole build.
class WordList {
 public:
  WordList() : places_(kFewPlaces) {}

  void add(char c) { text_[begin() + length_++] = c; }
  void add(std::string_view bytes) {
    for (const char c : bytes) add(c);
  }
  bool is_word_full() const { return length_ >= kMaxWordBytes; }

  void end_word() {
    if (length_ > 0 && size_ + length_ < kMaxSearchBytes && insert()) {
      if (size_ > 0) text_[size_] = ' ';
      size_ = begin() + length_;
    }
    length_ = 0;
  }

  std::string text() const { return std::string(text_.data(), size_); }

 private:
  struct Place {
    std::uint32_t hash = 0;
    std::uint16_t begin = 0;
    std::uint16_t length = 0;  // 0: nothing is here
  };
  static constexpr std::size_t kFewPlaces = 1024;  // a power of two, as all that follow

  std::size_t begin() const { return size_ == 0 ? 0 : size_ + 1; }
  std::string_view at(const Place& place) const { return {text_.data() + place.begin, place.length}; }

  // Whether the word is new.
  bool insert() {
    const std::string_view word(text_.data() + begin(), length_);
    const Place wanted{static_cast<std::uint32_t>(XXH3_64bits(word.data(), word.size())),
                       static_cast<std::uint16_t>(begin()), static_cast<std::uint16_t>(length_)};
    Place& place = place_of(wanted);
    if (place.length != 0) return false;
    place = wanted;
    if (++words_ > places_.size() / 2) grow();
    return true;
  }

  Place& place_of(const Place& wanted) {
    const std::size_t mask = places_.size() - 1;
    std::size_t i = wanted.hash & mask;
    while (places_[i].length != 0 && (places_[i].hash != wanted.hash || at(places_[i]) != at(wanted)))
      i = (i + 1) & mask;
    return places_[i];
  }

  void grow() {
    const std::vector<Place> before = std::exchange(places_, std::vector<Place>(places_.size() * 4));
    for (const Place& place : before)
      if (place.length != 0) place_of(place) = place;
  }

  std::array<char, kMaxSearchBytes + kMaxWordBytes + 8> text_;  // the word may be longer by one character
  std::size_t size_ = 0;
  std::size_t length_ = 0;  // of the word that is not ended
  std::size_t words_ = 0;
  std::vector<Place> places_;
};
static_assert(kMaxSearchBytes <= std::size_t{1} << 16U, "a place holds 16 bits of where a word begins");

// Most scripts have no capitals: then the bytes stay as they are.
void add_wide(const markdown::CodePoint& character, std::string_view bytes, WordList& words) {
  const std::uint32_t small = markdown::lower_case(character.value);
  if (small == character.value) return words.add(bytes);
  std::string lower;
  markdown::append_utf8(small, lower);
  words.add(lower);
}

}  // namespace

std::string excerpt_of(std::string_view text, std::size_t max_bytes) {
  std::string out;
  for (const char c : text) {
    if (is_space(c)) {
      if (!out.empty() && out.back() != ' ') out.push_back(' ');
    } else {
      out.push_back(c);
    }
    if (out.size() > max_bytes + 4) break;
  }
  while (!out.empty() && out.back() == ' ') out.pop_back();
  if (out.size() <= max_bytes) return out;
  std::size_t end = out.rfind(' ', max_bytes);
  if (end == std::string::npos || end < max_bytes / 2) {
    end = max_bytes;
    while (end > 0 && continues_character(out[end])) --end;
  }
  out.resize(end);
  while (!out.empty() && (out.back() == ' ' || out.back() == ',' || out.back() == '.')) out.pop_back();
  return out + "…";
}

std::string search_words_of(std::string_view text) {
  WordList words;
  while (!text.empty()) {
    const auto byte = static_cast<unsigned char>(text.front());
    bool in_word = false;
    if (byte < markdown::kAsciiWordBytes.size()) {
      in_word = markdown::kAsciiWordBytes[byte] != 0;
      if (in_word) words.add(markdown::kAsciiWordBytes[byte]);
      text.remove_prefix(1);
    } else {
      const markdown::CodePoint next = markdown::next_code_point(text);
      in_word = markdown::is_word_character(next.value);
      if (in_word) add_wide(next, text.substr(0, next.length), words);
      text.remove_prefix(next.length);
    }
    // Writing without spaces comes as very long words: cut, not lost.
    if (!in_word || words.is_word_full()) words.end_word();
  }
  words.end_word();
  return words.text();
}

}  // namespace sitepod::builder
