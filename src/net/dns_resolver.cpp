#include "net/dns_resolver.hpp"

#include <arpa/inet.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

#include <ares.h>

namespace sitepod::net {
namespace {

using Clock = std::chrono::steady_clock;

// What leaves room for any path without fragments (DNS flag day 2020); longer answers come over TCP.
constexpr int kUdpPayloadBytes = 1232;
// The first try waits so long, later ones longer; the call's timeout ends them all.
constexpr int kFirstTryMs = 1200;
constexpr int kTries = 3;
constexpr int kClassInternetQuery = 1;

bool start_library() { return ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS; }

struct DestroyChannel {
  void operator()(ares_channeldata* channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<ares_channeldata, DestroyChannel>;

Channel open_channel(const DnsOptions& settings) {
  static const bool is_started = start_library();
  if (!is_started) return nullptr;
  ares_options options{};
  // Without search lists and aliases: a name means itself. With TCP when an answer is truncated, which is the default.
  options.flags = ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_EDNS;
  options.ednspsz = kUdpPayloadBytes;
  options.timeout = kFirstTryMs;
  options.tries = kTries;
  char lookups[] = "b";  // name servers only, no hosts file
  options.lookups = lookups;
  ares_channel channel = nullptr;
  const int mask = ARES_OPT_FLAGS | ARES_OPT_EDNSPSZ | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS;
  if (ares_init_options(&channel, &options, mask) != ARES_SUCCESS) return nullptr;
  Channel owned(channel);
  if (!settings.servers.empty() && ares_set_servers_ports_csv(channel, settings.servers.c_str()) != ARES_SUCCESS)
    return nullptr;
  return owned;
}

// One question under way.
struct Asked {
  const DnsQuestion* question = nullptr;
  DnsAnswer* answer = nullptr;
  bool done = false;
};

void take_answer(void* argument, int status, int /*timeouts*/, unsigned char* packet, int length) {
  Asked& asked = *static_cast<Asked*>(argument);
  asked.done = true;
  if (status == ARES_ENOTFOUND || status == ARES_ENODATA) asked.answer->outcome = DnsAnswer::Outcome::Absent;
  if (status != ARES_SUCCESS) return;
  auto values =
      parse_dns_answer({packet, static_cast<std::size_t>(length)}, asked.question->name, asked.question->type);
  if (!values) return;
  asked.answer->outcome = values->empty() ? DnsAnswer::Outcome::Absent : DnsAnswer::Outcome::Found;
  asked.answer->values = *std::move(values);
}

// Waits for the sockets that the channel is interested in, at most until its next retry or `patience`.
void wait_once(ares_channel channel, std::chrono::milliseconds patience) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets;
  const int interest = ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
  std::array<pollfd, ARES_GETSOCK_MAXNUM> polled{};
  nfds_t count = 0;
  for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    short events = 0;
    if (ARES_GETSOCK_READABLE(interest, i)) events |= POLLIN;
    if (ARES_GETSOCK_WRITABLE(interest, i)) events |= POLLOUT;
    if (events != 0) polled[count++] = {sockets[static_cast<std::size_t>(i)], events, 0};
  }
  timeval longest{patience.count() / 1000, patience.count() % 1000 * 1000};
  timeval buffer{};
  const timeval* until = ares_timeout(channel, &longest, &buffer);
  const auto milliseconds = until->tv_sec * 1000 + (until->tv_usec + 999) / 1000;
  // What poll says of the sockets is told to the channel; a timeout or a signal makes it look at its retries.
  const int ready = ::poll(polled.data(), count, static_cast<int>(milliseconds));
  if (ready <= 0) return ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  for (nfds_t i = 0; i < count; ++i) {
    const short events = polled[i].revents;
    const bool may_read = (events & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool may_write = (events & (POLLOUT | POLLERR)) != 0;
    ares_process_fd(channel, may_read ? polled[i].fd : ARES_SOCKET_BAD, may_write ? polled[i].fd : ARES_SOCKET_BAD);
  }
}

bool is_server(std::string_view server) {
  std::string host(server);
  std::optional<std::string_view> port;
  if (server.starts_with('[')) {
    const std::size_t end = server.find(']');
    if (end == std::string_view::npos) return false;
    host = server.substr(1, end - 1);
    std::string_view rest = server.substr(end + 1);
    if (!rest.empty() && rest.front() != ':') return false;
    if (!rest.empty()) port = rest.substr(1);
  } else if (const std::size_t colon = server.find(':');
             colon != std::string_view::npos && server.find(':', colon + 1) == std::string_view::npos) {
    host = server.substr(0, colon);
    port = server.substr(colon + 1);
  }
  if (port) {
    std::uint16_t number = 0;
    const auto [end, failure] = std::from_chars(port->data(), port->data() + port->size(), number);
    if (failure != std::errc() || end != port->data() + port->size() || number == 0) return false;
  }
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 || ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

}  // namespace

bool is_dns_server_list(std::string_view servers) {
  for (;;) {
    const std::size_t comma = servers.find(',');
    if (!is_server(servers.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    servers.remove_prefix(comma + 1);
  }
}

DnsResolver::DnsResolver(DnsOptions options) : options_(std::move(options)) {}

std::vector<DnsAnswer> DnsResolver::resolve(std::span<const DnsQuestion> questions) const {
  std::vector<DnsAnswer> answers(questions.size());
  const Clock::time_point deadline = Clock::now() + options_.timeout;
  std::vector<Asked> asked(questions.size());  // outlives the channel, whose end may still call back
  Channel channel = open_channel(options_);
  if (!channel) return answers;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    asked[i] = {&questions[i], &answers[i], false};
    ares_query(channel.get(), questions[i].name.c_str(), kClassInternetQuery, static_cast<int>(questions[i].type),
               take_answer, &asked[i]);
  }
  auto is_open = [](const Asked& each) { return !each.done; };
  while (std::any_of(asked.begin(), asked.end(), is_open)) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
    if (left.count() <= 0) break;
    wait_once(channel.get(), left);
  }
  return answers;
}

}  // namespace sitepod::net
