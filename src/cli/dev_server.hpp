// The server of `sitepod dev`: this program, started with data of its own in a temporary folder, ended and removed with
// the object. A resource of one thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.hpp"

namespace sitepod::cli {

class DevServer {
 public:
  // Returns when it is ready. `port` 0: a free one. Errors: Internal "unavailable", with what the server said.
  static Result<std::unique_ptr<DevServer>> start(std::int64_t port);
  ~DevServer();
  DevServer(const DevServer&) = delete;
  DevServer& operator=(const DevServer&) = delete;

  const std::string& endpoint() const { return endpoint_; }
  // Whether it ended by itself.
  bool is_gone();

 private:
  DevServer() = default;
  Result<void> launch(std::int64_t port);
  Result<void> wait_until_ready(int output);

  std::string folder_;
  std::string endpoint_;
  pid_t process_ = -1;
};

}  // namespace sitepod::cli
