#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace sitepod {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "sitepod: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace sitepod
