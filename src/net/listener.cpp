#include "net/listener.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace sitepod::net {
namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

Result<Address> parse_address(const std::string& host, std::uint16_t port) {
  Address address;
  sockaddr_in four{};
  sockaddr_in6 six{};
  if (::inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1) {
    four.sin_family = AF_INET;
    four.sin_port = htons(port);
    std::memcpy(&address.storage, &four, sizeof four);
    address.length = sizeof four;
  } else if (::inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1) {
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(port);
    std::memcpy(&address.storage, &six, sizeof six);
    address.length = sizeof six;
  } else {
    return invalid_request("The listen address \"" + host + "\" is not a numeric IP address.");
  }
  return address;
}

Error listen_error(const std::string& host, std::uint16_t port, int error_number) {
  const std::string name = host + " port " + std::to_string(port);
  if (error_number == EADDRINUSE) return unavailable("Cannot listen on " + name + ": the address is in use.");
  return from_errno(error_number, "listen on " + name);
}

int descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return INT_MAX;
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, INT_MAX));
}

}  // namespace

Result<UniqueFd> listen_on(const std::string& host, std::uint16_t port) {
  const Address address = SITEPOD_TRY(parse_address(host, port));
  UniqueFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return from_errno(errno, "socket");
  const int on = 1;
  // TCP_NODELAY is inherited by accepted connections: one call here instead of one each. Buffer sizes stay the
  // kernel's: setting them would switch its automatic tuning off.
  const bool configured = ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                          ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 &&
                          ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
  if (!configured) return from_errno(errno, "setsockopt");
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0 ||
      ::listen(fd.get(), SOMAXCONN) != 0) {
    return listen_error(host, port, errno);
  }
  return fd;
}

Result<void> check_address_is_free(const std::string& host, std::uint16_t port) {
  const Address address = SITEPOD_TRY(parse_address(host, port));
  const UniqueFd probe(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!probe) return from_errno(errno, "socket");
  const int on = 1;
  // With SO_REUSEADDR alone only a listening socket is in the way, not the remains of old connections.
  ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(probe.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.length) != 0) {
    return listen_error(host, port, errno);
  }
  return {};
}

std::uint16_t local_port(int fd) {
  sockaddr_storage storage{};
  socklen_t length = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) != 0) return 0;
  if (storage.ss_family == AF_INET6) return ntohs(reinterpret_cast<sockaddr_in6&>(storage).sin6_port);
  return ntohs(reinterpret_cast<sockaddr_in&>(storage).sin_port);
}

Listener::Listener(UniqueFd fd, EventLoop& loop, TimerWheel& wheel, std::function<void(UniqueFd)> accepted)
    : fd_(std::move(fd)),
      loop_(loop),
      wheel_(wheel),
      accepted_(std::move(accepted)),
      crowded_from_(descriptor_limit() - kReserve) {}

Result<void> Listener::open() { return loop_.watch(fd_.get(), *this, EPOLLIN); }

void Listener::close() {
  if (!fd_) return;
  while (accept_batch() == Batch::Full) {
  }
  wheel_.set(*this, kNever);
  fd_.reset();
}

void Listener::on_ready(std::uint32_t /*events*/) {
  if (paused_ || !fd_) return;
  if (accept_batch() == Batch::OutOfDescriptors) pause();
}

void Listener::on_deadline() {
  if (descriptors_are_short()) {
    wheel_.set(*this, wheel_.now() + kPause);
    return;
  }
  paused_ = false;
  // The level-triggered registration reports at once when connections wait.
  if (!open().ok()) pause();
}

Listener::Batch Listener::accept_batch() {
  for (int i = 0; i < kBatch; ++i) {
    UniqueFd connection(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!connection) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      const bool exhausted = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      return exhausted ? Batch::OutOfDescriptors : Batch::Empty;
    }
    const bool crowded = connection.get() >= crowded_from_;
    accepted_(std::move(connection));
    if (crowded) return Batch::OutOfDescriptors;
  }
  return Batch::Full;
}

// The kernel hands out the lowest free number, so the number of a probe shows how many are left.
bool Listener::descriptors_are_short() const {
  const UniqueFd probe(::dup(fd_.get()));
  return !probe || probe.get() >= crowded_from_;
}

void Listener::pause() {
  if (!paused_) loop_.unwatch(fd_.get());
  paused_ = true;
  wheel_.set(*this, wheel_.now() + kPause);
}

}  // namespace sitepod::net
