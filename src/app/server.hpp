// The running server: every room constructed, wired and ended in the right order. Sites come first: the data plane
// serves the boot snapshot before the database is opened, and goes on when it cannot be. Owned and called by the main
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "app/config.hpp"
#include "base/result.hpp"

namespace sitepod::app {

class Server {
 public:
  // Requires: config.problems is empty.
  explicit Server(const LoadedConfig& config);
  ~Server();

  // Locks the data folder and serves what was live when the last run ended; the API answers "unavailable".
  Result<void> start_sites();
  // Opens the database, publishes what is live now and opens the API. May be called again after a failure.
  Result<void> open_control();

  // SIGHUP: goes on in new log files under the old names, shows the certificates that their files have now, and
  // publishes what `sitepod admin` has changed.
  void look_around();

  // Lets requests in flight finish, at most for `patience`, then ends everything.
  void stop(std::chrono::milliseconds patience);

  bool has_sites() const;  // the boot snapshot was not empty
  std::uint16_t port() const;
  std::uint16_t https_port() const;  // 0: https is not spoken
  std::uint16_t admin_port() const;  // 0: there is no such address
  std::string domain() const;        // with the port that visitors use

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::app
