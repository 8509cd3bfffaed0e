// Text with some bytes replaced, as every escaping into markup needs it. Pure; any thread.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace sitepod::builder {

// Which bytes are replaced: a few, so that sixteen bytes of text are held against each of them at once.
struct ReplacedBytes {
  static constexpr std::size_t kMost = 6;
  static constexpr std::size_t kAtOnce = 16;
  std::array<bool, 256> has{};
  alignas(kAtOnce) std::array<std::array<char, kAtOnce>, kMost> sought{};  // each in every place
};

// Of a function that yields what stands for a byte, and a view of nothing for what stays.
template <typename ReplacementOf>
consteval ReplacedBytes table_of_replaced(ReplacementOf replacement_of) {
  ReplacedBytes bytes;
  std::size_t count = 0;
  for (std::size_t c = 0; c < bytes.has.size(); ++c) {
    if (replacement_of(static_cast<char>(c)).data() == nullptr) continue;
    if (count == ReplacedBytes::kMost) throw std::length_error("too many bytes are replaced");
    bytes.has[c] = true;
    bytes.sought[count++].fill(static_cast<char>(c));
  }
  // Once more where there are fewer.
  for (; count < ReplacedBytes::kMost; ++count) bytes.sought[count] = bytes.sought[0];
  return bytes;
}

#if defined(__SSE2__)
// A bit for each of sixteen bytes that is one of them.
inline unsigned places_of_replaced(const char* at, const ReplacedBytes& bytes) {
  const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  __m128i found = _mm_setzero_si128();
  for (const auto& byte : bytes.sought)
    found = _mm_or_si128(found, _mm_cmpeq_epi8(text, _mm_load_si128(reinterpret_cast<const __m128i*>(byte.data()))));
  return static_cast<unsigned>(_mm_movemask_epi8(found));
}
#endif

// The first of them from `at` on, or the end of the text.
inline const char* find_replaced(std::string_view text, const char* at, const ReplacedBytes& bytes) {
  const char* const end = text.data() + text.size();
#if defined(__SSE2__)
  constexpr auto kStep = static_cast<std::ptrdiff_t>(ReplacedBytes::kAtOnce);
  for (; end - at >= kStep; at += kStep)
    if (const unsigned places = places_of_replaced(at, bytes); places != 0) return at + std::countr_zero(places);
  if (at != end && end - text.data() >= kStep) {
    // The last sixteen bytes, of which the first were seen already.
    const std::ptrdiff_t seen = kStep - (end - at);
    const unsigned places = places_of_replaced(end - kStep, bytes) >> seen;
    return places != 0 ? at + std::countr_zero(places) : end;
  }
#endif
  while (at != end && !bytes.has[static_cast<unsigned char>(*at)]) ++at;
  return at;
}

// What lies between two replaced bytes is copied in one piece.
template <typename ReplacementOf>
void append_replacing(std::string_view text, const ReplacedBytes& bytes, ReplacementOf replacement_of,
                      std::string& out) {
  const char* const end = text.data() + text.size();
  for (const char* copied = text.data();; ++copied) {
    const char* replaced = find_replaced(text, copied, bytes);
    out.append(copied, replaced);
    if (replaced == end) return;
    out.append(replacement_of(*replaced));
    copied = replaced;
  }
}

}  // namespace sitepod::builder
