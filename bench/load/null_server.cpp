// The physical limit: a server that receives anything and sends the same bytes for it, with one epoll loop and no HTTP.
// Whatever a real server reaches is judged against this one in the same run.
//   null_server --port N [--body-bytes N] [--head-bytes N]
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

struct Options {
  int port = 0;
  std::size_t body_bytes = 1024;
  std::size_t head_bytes = 340;  // about what a real answer carries
};

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const long value = std::atol(argv[i + 1]);
    if (name == "--port")
      options.port = static_cast<int>(value);
    else if (name == "--body-bytes")
      options.body_bytes = static_cast<std::size_t>(value);
    else if (name == "--head-bytes")
      options.head_bytes = static_cast<std::size_t>(value);
    else
      std::fprintf(stderr, "unknown option %s\n", argv[i]), std::exit(2);
  }
  return options;
}

std::string build_answer(const Options& options) {
  std::string head =
      "HTTP/1.1 200 OK\r\nServer: null\r\nContent-Length: " + std::to_string(options.body_bytes) + "\r\n";
  constexpr std::string_view kPadding = "X-Padding: ";
  if (head.size() + kPadding.size() + 4 < options.head_bytes) {
    head += kPadding;
    head.append(options.head_bytes - head.size() - 4, 'x');
    head += "\r\n";
  }
  return head + "\r\n" + std::string(options.body_bytes, 'b');
}

int listen_on(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (::listen(fd, SOMAXCONN) != 0) fail("listen");
  return fd;
}

void accept_all(int epoll, int listener) {
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    if (fd < 0) return;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = fd;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  const std::string answer = build_answer(options);
  const int listener = listen_on(options.port);
  const int epoll = ::epoll_create1(0);
  epoll_event listening{};
  listening.events = EPOLLIN;
  listening.data.fd = listener;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &listening);

  static char buffer[65536];
  epoll_event events[256];
  for (;;) {
    const int count = ::epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        accept_all(epoll, listener);
      } else if (::recv(fd, buffer, sizeof buffer, 0) <= 0 ||
                 ::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(answer.size())) {
        ::close(fd);
      }
    }
  }
}
