// A library that is opened while the program runs, so that only the worker pays for it. A resource that is never
// closed: its users live as long as the process. One thread.
#pragma once

#include <string>

#include "base/result.hpp"

namespace sitepod::media {

class DynamicLibrary {
 public:
  // Errors: Unavailable, naming the Debian package that brings the library.
  static Result<DynamicLibrary> open(const char* file, const char* package);

  // The function of that name in it or in what it links; false when there is none.
  template <typename Function>
  bool find(Function& function, const char* name) const {
    function = reinterpret_cast<Function>(find_address(name));
    return function != nullptr;
  }

 private:
  explicit DynamicLibrary(void* handle) : handle_(handle) {}
  void* find_address(const char* name) const;

  void* handle_;
};

Error lacks_package(std::string_view what, std::string_view package);

}  // namespace sitepod::media
