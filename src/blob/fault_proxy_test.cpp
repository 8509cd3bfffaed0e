#include "blob/fault_proxy.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

namespace sitepod::blob {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool send_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// False: the other end has ended.
bool receive_more(int fd, std::string& text) {
  char piece[65536];
  const ssize_t count = ::recv(fd, piece, sizeof piece, 0);
  if (count <= 0) return false;
  text.append(piece, static_cast<std::size_t>(count));
  return true;
}

std::size_t find_length(std::string_view head) {
  for (const char* name : {"\r\nContent-Length: ", "\r\ncontent-length: "})
    if (const std::size_t at = head.find(name); at != std::string_view::npos)
      return std::stoull(std::string(head.substr(at + std::strlen(name), 20)));
  return 0;
}

// Head and body; empty when the client has ended.
std::string receive_request(int fd) {
  std::string text;
  std::size_t head = std::string::npos;
  while ((head = text.find("\r\n\r\n")) == std::string::npos)
    if (!receive_more(fd, text)) return {};
  const std::size_t total = head + 4 + find_length(std::string_view(text).substr(0, head + 2));
  while (text.size() < total)
    if (!receive_more(fd, text)) return {};
  return text;
}

}  // namespace

FaultProxy::FaultProxy(const std::string& target)
    : target_port_(static_cast<std::uint16_t>(std::stoi(target.substr(target.rfind(':') + 1)))) {
  always(Fault::None);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::listen(listener_, 128), 0);
  EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

FaultProxy::~FaultProxy() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  for (std::thread& thread : threads_) thread.join();
}

std::string FaultProxy::url() const { return "http://127.0.0.1:" + std::to_string(port_); }

void FaultProxy::choose(std::function<Fault(std::string_view, std::string_view)> fault_of) {
  const std::lock_guard lock(mutex_);
  fault_of_ = std::move(fault_of);
}

void FaultProxy::first(int count, Fault fault) {
  choose(
      [left = count, fault](std::string_view, std::string_view) mutable { return left-- > 0 ? fault : Fault::None; });
}

void FaultProxy::note_open(int fd) {
  const std::lock_guard lock(mutex_);
  open_.insert(fd);
  if (is_ending_) ::shutdown(fd, SHUT_RDWR);
}

void FaultProxy::note_closed(int fd) {
  const std::lock_guard lock(mutex_);
  open_.erase(fd);
  ::close(fd);
}

void FaultProxy::accept_all() {
  while (true) {
    const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    note_open(client);
    threads_.emplace_back([this, client] {
      serve(client);
      note_closed(client);
    });
  }
}

void FaultProxy::serve(int client) {
  std::string request = receive_request(client);
  if (request.empty()) return;
  ++requests_;
  const std::size_t method_end = request.find(' ');
  const std::size_t path_end = request.find(' ', method_end + 1);
  Fault fault;
  {
    const std::lock_guard lock(mutex_);
    fault = fault_of_(std::string_view(request).substr(0, method_end),
                      std::string_view(request).substr(method_end + 1, path_end - method_end - 1));
  }
  if (fault == Fault::SlowDown) {
    send_all(client,
             "HTTP/1.1 503 Slow Down\r\nContent-Length: 72\r\nConnection: close\r\n\r\n"
             "<Error><Code>SlowDown</Code><Message>Reduce your rate.</Message></Error>");
    return;
  }
  if (fault == Fault::Silence) {
    std::string ignored;
    while (receive_more(client, ignored)) ignored.clear();
    return;
  }
  if (fault == Fault::WrongRequest) request.back() = static_cast<char>(request.back() ^ 1);
  // The answer then ends with the connection. The field is not among those that are signed.
  request.insert(request.find("\r\n\r\n"), "\r\nConnection: close");
  relay(client, request, fault);
}

int FaultProxy::connect_to_target() const {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(target_port_);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  ::close(fd);
  return -1;
}

void FaultProxy::relay(int client, const std::string& request, Fault fault) {
  const int server = connect_to_target();
  if (server < 0) return;
  note_open(server);
  std::string answer;
  if (send_all(server, request))
    while (receive_more(server, answer)) {
    }
  note_closed(server);
  const std::size_t body = answer.find("\r\n\r\n") + 4;
  if (fault == Fault::LostAnswer) return;
  if (fault == Fault::Reset) answer.resize(body + (answer.size() - body) / 2);
  if (fault == Fault::WrongByte && answer.size() > body) answer.back() = static_cast<char>(answer.back() ^ 1);
  send_all(client, answer);
}

}  // namespace sitepod::blob
