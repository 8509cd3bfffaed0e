// A listening socket of one worker. All workers listen on the same port (SO_REUSEPORT) and the kernel spreads
// connections. When descriptors run out it stops accepting for a moment instead of spinning on a queue that it cannot
// empty. Worker thread only, except the functions outside the class.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "net/event_loop.hpp"
#include "net/timer_wheel.hpp"

namespace sitepod::net {

// `host` is a numeric IPv4 or IPv6 address. Errors name the address. With port 0 the kernel picks one: see local_port.
Result<UniqueFd> listen_on(const std::string& host, std::uint16_t port);
// Listeners share their port with every socket that agrees to share; this finds one that is there already.
Result<void> check_address_is_free(const std::string& host, std::uint16_t port);
std::uint16_t local_port(int fd);

class Listener final : public EventSink, private TimerWheel::Timer {
 public:
  // `accepted` takes over a non-blocking connection with TCP_NODELAY.
  Listener(UniqueFd fd, EventLoop& loop, TimerWheel& wheel, std::function<void(UniqueFd)> accepted);

  Result<void> open();
  // Takes what the kernel has completed already, then closes.
  void close();

 private:
  void on_ready(std::uint32_t events) override;
  void on_deadline() override;
  enum class Batch : std::uint8_t { Empty, Full, OutOfDescriptors };
  Batch accept_batch();
  bool descriptors_are_short() const;
  void pause();

  static constexpr int kBatch = 64;  // per turn: a flood of connections must not starve those that are served
  static constexpr Monotonic kPause{100};
  // Descriptors that connections leave to files and databases.
  static constexpr int kReserve = 64;

  UniqueFd fd_;
  EventLoop& loop_;
  TimerWheel& wheel_;
  std::function<void(UniqueFd)> accepted_;
  int crowded_from_;  // accepted numbers at or above this show that the reserve is touched
  bool paused_ = false;
};

}  // namespace sitepod::net
