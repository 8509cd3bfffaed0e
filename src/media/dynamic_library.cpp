#include "media/dynamic_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

#include "media/outcome.hpp"

namespace sitepod::media {

Error lacks_package(std::string_view what, std::string_view package) {
  return cannot_now(
      fmt::format("This server lacks {}, without which such files cannot be processed; its operator installs the "
                  "Debian package {}.",
                  what, package));
}

Result<DynamicLibrary> DynamicLibrary::open(const char* file, const char* package) {
  void* handle = ::dlopen(file, RTLD_NOW | RTLD_LOCAL);
  if (handle != nullptr) return DynamicLibrary(handle);
  Error error = lacks_package(file, package);
  if (const char* reason = ::dlerror()) error.context = reason;
  return error;
}

void* DynamicLibrary::find_address(const char* name) const { return ::dlsym(handle_, name); }

}  // namespace sitepod::media
