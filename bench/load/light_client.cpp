// A load generator that costs less than the servers it measures: it learns the length of the answer once and then only
// counts bytes. One thread, one epoll loop, closed loop: every connection has one batch of requests under way.
//   light_client --port N [--path P] [--host H] [--hosts N] [--connections N] [--seconds S] [--if-none-match ETAG]
//                [--accept-encoding V] [--pipeline N]
// With --hosts the `#` characters of H become a number below N, another one for every batch, with leading zeros:
// h#####.localhost. Prints one JSON object; latencies are those of a whole batch.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  int port = 0;
  std::string path = "/";
  std::string host = "localhost";
  std::size_t connections = 64;
  double seconds = 3;
  std::size_t hosts = 1;
  std::string if_none_match;
  std::string accept_encoding;
  std::size_t pipeline = 1;
};

struct Connection {
  int fd = -1;
  std::size_t missing_bytes = 0;
  Clock::time_point sent_at;
};

struct Answer {
  std::string status;
  std::size_t bytes = 0;
};

struct Measurement {
  std::size_t requests = 0;
  double seconds = 0;
  double cpu_seconds = 0;  // of this program: close to `seconds`, it was the client that could do no more
  std::vector<float> latencies_us;
};

char buffer[1 << 18];

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "light_client: %s\n", what);
  std::exit(1);
}

Options parse_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--port")
      options.port = std::atoi(value);
    else if (name == "--path")
      options.path = value;
    else if (name == "--host")
      options.host = value;
    else if (name == "--connections")
      options.connections = std::strtoul(value, nullptr, 10);
    else if (name == "--seconds")
      options.seconds = std::atof(value);
    else if (name == "--if-none-match")
      options.if_none_match = value;
    else if (name == "--accept-encoding")
      options.accept_encoding = value;
    else if (name == "--hosts")
      options.hosts = std::strtoul(value, nullptr, 10);
    else if (name == "--pipeline")
      options.pipeline = std::strtoul(value, nullptr, 10);
    else
      fail("unknown option");
  }
  if (options.port == 0 || options.connections == 0 || options.hosts == 0 || options.pipeline == 0)
    fail("--port, and counts above 0, are needed");
  return options;
}

std::string number_host(std::string host, std::size_t number) {
  for (std::size_t i = host.size(); i-- > 0;) {
    if (host[i] != '#') continue;
    host[i] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  return host;
}

std::string build_request(const Options& options, std::size_t number) {
  std::string request = "GET " + options.path + " HTTP/1.1\r\nHost: " + number_host(options.host, number) + "\r\n";
  if (!options.accept_encoding.empty()) request += "Accept-Encoding: " + options.accept_encoding + "\r\n";
  if (!options.if_none_match.empty()) request += "If-None-Match: " + options.if_none_match + "\r\n";
  return request + "\r\n";
}

int connect_to(int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("cannot connect");
  return fd;
}

// The batches of all hosts, in an order that neither caches nor tables can guess.
std::vector<std::string> build_batches(const Options& options) {
  std::vector<std::string> batches;
  for (std::size_t i = 0; i < options.hosts; ++i) {
    const std::string request = build_request(options, i * 7919 % options.hosts);
    std::string batch;
    for (std::size_t j = 0; j < options.pipeline; ++j) batch += request;
    batches.push_back(std::move(batch));
  }
  return batches;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Requests once and reads the head: every later answer is as long.
Answer learn_answer(const Options& options, const std::string& request) {
  const int fd = connect_to(options.port);
  if (::send(fd, request.data(), request.size(), 0) < 0) fail("cannot send");
  std::string head;
  std::size_t end;
  while ((end = head.find("\r\n\r\n")) == std::string::npos) {
    const ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
    if (count <= 0) fail("no answer");
    head.append(buffer, static_cast<std::size_t>(count));
  }
  ::close(fd);
  head.resize(end + 4);
  std::transform(head.begin(), head.end(), head.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  Answer answer{head.substr(9, 3), head.size()};
  const std::size_t length = head.find("\r\ncontent-length: ");
  if (length != std::string::npos && answer.status != "304")
    answer.bytes += std::strtoul(head.c_str() + length + 18, nullptr, 10);
  return answer;
}

void send_batch(Connection& connection, const std::string& batch, std::size_t answer_bytes, Clock::time_point now) {
  connection.missing_bytes = answer_bytes;
  connection.sent_at = now;
  if (::send(connection.fd, batch.data(), batch.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(batch.size()))
    fail("short send");
}

// True when the batch is answered.
bool receive_all(Connection& connection) {
  for (;;) {
    const ssize_t count = ::recv(connection.fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return false;
    if (count <= 0) fail("the server closed a connection");
    if (static_cast<std::size_t>(count) > connection.missing_bytes) fail("an answer is longer than the first one");
    connection.missing_bytes -= static_cast<std::size_t>(count);
    if (connection.missing_bytes == 0) return true;
    if (static_cast<std::size_t>(count) < sizeof buffer) return false;  // an edge tells of more
  }
}

Measurement run(const Options& options, const std::vector<std::string>& batches, std::size_t answer_bytes) {
  const int epoll = ::epoll_create1(0);
  std::vector<Connection> connections(options.connections);
  for (Connection& connection : connections) {
    connection.fd = connect_to(options.port);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, connection.fd, &event);
  }
  Measurement measurement;
  measurement.latencies_us.reserve(4'000'000);
  const double cpu_before = cpu_seconds();
  const auto start = Clock::now();
  const auto end = start + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  auto now = start;
  std::size_t next = 0;
  const auto next_batch = [&]() -> const std::string& {
    if (++next >= batches.size()) next = 0;
    return batches[next];
  };
  for (Connection& connection : connections) send_batch(connection, next_batch(), answer_bytes, now);
  epoll_event events[256];
  while (now < end) {
    const int count = ::epoll_wait(epoll, events, 256, 100);
    now = Clock::now();
    for (int i = 0; i < count; ++i) {
      Connection& connection = *static_cast<Connection*>(events[i].data.ptr);
      if (!receive_all(connection)) continue;
      measurement.requests += options.pipeline;
      auto& latencies = measurement.latencies_us;
      if (latencies.size() < latencies.capacity())
        latencies.push_back(std::chrono::duration<float, std::micro>(now - connection.sent_at).count());
      send_batch(connection, next_batch(), answer_bytes, now);
    }
  }
  measurement.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  measurement.cpu_seconds = cpu_seconds() - cpu_before;
  return measurement;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse_options(argc, argv);
  const Answer answer = learn_answer(options, build_request(options, 0));
  Measurement measurement = run(options, build_batches(options), answer.bytes * options.pipeline);
  auto& latencies = measurement.latencies_us;
  if (latencies.empty()) fail("no request was answered in time");
  std::sort(latencies.begin(), latencies.end());
  std::printf(
      "{\"status\": %s, \"requests_per_second\": %.0f, \"p50_us\": %.1f, \"p99_us\": %.1f, \"requests\": %zu, "
      "\"client_cpu_us\": %.2f}\n",
      answer.status.c_str(), static_cast<double>(measurement.requests) / measurement.seconds,
      static_cast<double>(latencies[latencies.size() / 2]), static_cast<double>(latencies[latencies.size() * 99 / 100]),
      measurement.requests, measurement.cpu_seconds * 1e6 / static_cast<double>(measurement.requests));
}
