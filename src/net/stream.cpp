#include "net/stream.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace sitepod::net {
namespace {

IoResult outcome_of(ssize_t count) {
  if (count >= 0) return {IoState::Moved, static_cast<std::size_t>(count)};
  return {errno == EAGAIN || errno == EWOULDBLOCK ? IoState::WouldBlock : IoState::Broken, 0};
}

int send_flags(More more) { return MSG_NOSIGNAL | (more == More::Follows ? MSG_MORE : 0); }

// glibc's recv, send and sendmsg are cancellation points, for which a threaded program pays 2 % of the whole request.
// Nothing here is ever cancelled.
ssize_t receive_now(int fd, std::span<char> out) {
  return ::syscall(SYS_recvfrom, fd, out.data(), out.size(), 0, nullptr, nullptr);
}
ssize_t send_now(int fd, std::span<const char> bytes, int flags) {
  return ::syscall(SYS_sendto, fd, bytes.data(), bytes.size(), flags, nullptr, 0);
}
ssize_t send_now(int fd, const msghdr& message, int flags) { return ::syscall(SYS_sendmsg, fd, &message, flags); }

// Non-blocking calls are interrupted only in theory; the loop keeps the theory out of the callers.
template <typename Call>
ssize_t uninterrupted(Call call) {
  ssize_t count;
  do count = call();
  while (count < 0 && errno == EINTR);
  return count;
}

}  // namespace

bool Stream::start_tls(const TlsAcceptor& acceptor) {
  tls_ = TlsSession::begin(acceptor, fd_.get());
  return tls_ != nullptr;
}

void Stream::close() {
  if (tls_) tls_->say_goodbye();
  tls_.reset();
  fd_.reset();
}

IoResult Stream::receive(std::span<char> out) {
  if (tls_) [[unlikely]]
    return tls_->receive(out);
  IoResult result = outcome_of(uninterrupted([&] { return receive_now(fd_.get(), out); }));
  if (result.state == IoState::Moved && result.count == 0) result.state = IoState::Ended;
  return result;
}

IoResult Stream::send(std::span<const char> bytes, More more) {
  if (tls_) [[unlikely]]
    return tls_->send(bytes);
  return outcome_of(uninterrupted([&] { return send_now(fd_.get(), bytes, send_flags(more)); }));
}

IoResult Stream::send(std::span<const iovec> pieces, More more) {
  if (tls_) [[unlikely]]
    return tls_->send(pieces);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(pieces.data());  // sendmsg only reads them
  message.msg_iovlen = pieces.size();
  return outcome_of(uninterrupted([&] { return send_now(fd_.get(), message, send_flags(more)); }));
}

IoResult Stream::send_file(int file, std::uint64_t offset, std::size_t length) {
  if (tls_) [[unlikely]]
    return tls_->send_file(file, offset, length);
  off_t position = static_cast<off_t>(offset);
  const ssize_t count = uninterrupted([&] { return ::sendfile(fd_.get(), file, &position, length); });
  if (count == 0) return {IoState::Ended, 0};
  // sendfile reports errors of both ends; those below can only be the socket's.
  if (count < 0 && errno != EAGAIN && errno != EPIPE && errno != ECONNRESET && errno != ETIMEDOUT &&
      errno != ENOTCONN) {
    return {IoState::FileFailed, 0};
  }
  return outcome_of(count);
}

void Stream::end_sending() {
  if (tls_) tls_->say_goodbye();
  ::shutdown(fd_.get(), SHUT_WR);
}

std::string Stream::peer_address() const {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  if (::getpeername(fd_.get(), reinterpret_cast<sockaddr*>(&address), &length) != 0) return {};
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    ::inet_ntop(AF_INET, &reinterpret_cast<sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    const in6_addr& six = reinterpret_cast<sockaddr_in6&>(address).sin6_addr;
    // A dual-stack listener sees IPv4 clients as ::ffff:a.b.c.d; one client must not have two names.
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
      ::inet_ntop(AF_INET, &six.s6_addr[12], text, sizeof text);
    } else {
      ::inet_ntop(AF_INET6, &six, text, sizeof text);
    }
  }
  return text;
}

}  // namespace sitepod::net
