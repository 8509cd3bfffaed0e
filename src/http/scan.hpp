// Searches for the byte that ends a part of a request head, 16 bytes at a time where the processor can.
// Hot path: each call looks at a byte once. Pure functions over [begin, end); nothing is read outside of it.
#pragma once

#include <cstdint>

#include "http/syntax.hpp"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sitepod::http {

// The first byte without the class `bit`, or `end`. For short parts, where a wide load costs more than it saves.
inline const char* find_end_of_class(const char* begin, const char* end, std::uint8_t bit) {
  while (begin != end && has_class(*begin, bit)) ++begin;
  return begin;
}

#ifdef __SSE2__
// `is_foreign` yields 0xff for each of 16 bytes that ends the part.
template <typename IsForeign>
inline const char* find_foreign(const char* begin, const char* end, std::uint8_t bit, IsForeign is_foreign) {
  for (; end - begin >= 16; begin += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(is_foreign(bytes)));
    if (mask != 0) return begin + __builtin_ctz(mask);
  }
  return find_end_of_class(begin, end, bit);
}
#endif

// The first byte that a request target cannot hold.
inline const char* find_target_end(const char* begin, const char* end) {
#ifdef __SSE2__
  return find_foreign(begin, end, kTargetBit, [](__m128i bytes) {
    // The comparison is signed: bytes from 0x80 up are negative and therefore not greater than a space.
    const __m128i visible = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i excluded =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('#')));
    return _mm_or_si128(_mm_xor_si128(visible, _mm_set1_epi8(-1)), excluded);
  });
#else
  return find_end_of_class(begin, end, kTargetBit);
#endif
}

// The first byte that a field value cannot hold.
inline const char* find_value_end(const char* begin, const char* end) {
#ifdef __SSE2__
  return find_foreign(begin, end, kFieldValueBit, [](__m128i bytes) {
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    const __m128i tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
    const __m128i erase = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f));
    return _mm_or_si128(_mm_andnot_si128(tab, control), erase);
  });
#else
  return find_end_of_class(begin, end, kFieldValueBit);
#endif
}

}  // namespace sitepod::http
