// SITEPOD_CHECK is for our own mistakes, never for input, network or disk: it prints the place and ends the process.
#pragma once

namespace sitepod {
[[noreturn]] void check_failed(const char* condition, const char* file, int line);
}  // namespace sitepod

#define SITEPOD_CHECK(condition)                                            \
  (__builtin_expect(static_cast<bool>(condition), 1) ? static_cast<void>(0) \
                                                     : ::sitepod::check_failed(#condition, __FILE__, __LINE__))
