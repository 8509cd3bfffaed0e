// Where a run of plain text ends, 16 bytes at a time where the processor can: text that JSON writes as it is, both
// ways. Pure; nothing is read outside of [begin, end).
#pragma once

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace sitepod::api {

// Printable ASCII without the quotation mark and the backslash.
constexpr bool is_plain(char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; }

// The first byte that is not plain, or `end`.
inline const char* find_end_of_plain(const char* begin, const char* end) {
#ifdef __SSE2__
  for (; end - begin >= 16; begin += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(begin));
    // The comparison is signed: bytes from 0x80 up are negative and therefore smaller than a space.
    const __m128i low = _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));
    const __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
    const __m128i foreign = _mm_or_si128(_mm_or_si128(low, special), _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
    const auto mask = static_cast<unsigned>(_mm_movemask_epi8(foreign));
    if (mask != 0) return begin + __builtin_ctz(mask);
  }
#endif
  while (begin != end && is_plain(*begin)) ++begin;
  return begin;
}

}  // namespace sitepod::api
