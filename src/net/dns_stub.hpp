// For tests: a name server on loopback, over UDP and TCP, that answers as it is told, wrongly too. Its thread answers;
// any thread tells.
#pragma once

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cctype>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/fd.hpp"
#include "net/dns_answer.hpp"

namespace sitepod::net {

class DnsStub {
 public:
  enum class Behaviour : std::uint8_t {
    Answer,      // its records; NXDOMAIN without any
    ServFail,    // code 2
    Refuse,      // code 5
    Silence,     // nothing
    Truncate,    // over UDP no records and the bit TC, over TCP its records
    ForgeId,     // over UDP an answer with another id comes first, then NXDOMAIN
    Garbage,     // bytes that are no DNS
    OtherOwner,  // its records under another name
  };

  DnsStub() {
    udp_ = UniqueFd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    tcp_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // TCP gets a port first and UDP the same one; another try when that is taken.
    for (int attempt = 0; attempt < 100; ++attempt) {
      address.sin_port = 0;
      tcp_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      socklen_t length = sizeof address;
      if (::bind(tcp_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) continue;
      ::getsockname(tcp_.get(), reinterpret_cast<sockaddr*>(&address), &length);
      if (::bind(udp_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) continue;
      port_ = ntohs(address.sin_port);
      break;
    }
    ::listen(tcp_.get(), 16);
    thread_ = std::thread([this] { run(); });
  }
  ~DnsStub() {
    const std::uint64_t one = 1;
    if (::write(stop_.get(), &one, sizeof one) == sizeof one) thread_.join();
  }

  std::string server() const { return "127.0.0.1:" + std::to_string(port_); }
  void behave(Behaviour behaviour) { behaviour_.store(behaviour); }
  void set(const std::string& name, DnsType type, std::vector<std::string> values) {
    std::lock_guard lock(mutex_);
    records_[{name, static_cast<std::uint16_t>(type)}] = std::move(values);
  }
  void clear() {
    std::lock_guard lock(mutex_);
    records_.clear();
  }
  int tcp_questions() const { return tcp_questions_.load(); }
  int questions() const { return questions_.load(); }

  static void put16(std::string& out, unsigned number) {
    out.push_back(static_cast<char>(number >> 8 & 0xff));
    out.push_back(static_cast<char>(number & 0xff));
  }
  static void put_name(std::string& out, std::string_view name) {
    while (!name.empty()) {
      const std::size_t dot = std::min(name.find('.'), name.size());
      out.push_back(static_cast<char>(dot));
      out.append(name.substr(0, dot));
      name.remove_prefix(std::min(dot + 1, name.size()));
    }
    out.push_back('\0');
  }
  static std::string record(std::string_view owner, DnsType type, std::string_view value) {
    std::string out;
    put_name(out, owner);
    put16(out, static_cast<unsigned>(type));
    put16(out, 1);
    put16(out, 0);
    put16(out, 60);
    std::string data;
    if (type == DnsType::Cname) {
      put_name(data, value);
    } else if (type != DnsType::Txt) {
      std::array<char, sizeof(in6_addr)> address{};
      ::inet_pton(type == DnsType::A ? AF_INET : AF_INET6, std::string(value).c_str(), address.data());
      data.assign(address.data(), type == DnsType::A ? sizeof(in_addr) : sizeof(in6_addr));
    } else {
      for (std::size_t at = 0; at < value.size() || at == 0; at += 255) {
        const std::string_view piece = value.substr(at, 255);
        data.push_back(static_cast<char>(piece.size()));
        data.append(piece);
      }
    }
    put16(out, static_cast<unsigned>(data.size()));
    return out + data;
  }

 private:
  void run() {
    for (;;) {
      pollfd polled[] = {{udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
      if (::poll(polled, 3, -1) < 0) continue;
      if (polled[2].revents != 0) return;
      if (polled[0].revents != 0) answer_udp();
      if (polled[1].revents != 0) answer_tcp();
    }
  }

  void answer_udp() {
    char buffer[4096];
    sockaddr_in from{};
    socklen_t length = sizeof from;
    const ssize_t count = ::recvfrom(udp_.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (count < 12) return;
    for (const std::string& answer : answers({buffer, static_cast<std::size_t>(count)}, false))
      static_cast<void>(
          ::sendto(udp_.get(), answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), length));
  }

  void answer_tcp() {
    UniqueFd peer(::accept4(tcp_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    char head[2];
    if (!peer || ::recv(peer.get(), head, 2, MSG_WAITALL) != 2) return;
    std::string question(
        static_cast<std::size_t>(static_cast<unsigned char>(head[0]) << 8 | static_cast<unsigned char>(head[1])), '\0');
    if (::recv(peer.get(), question.data(), question.size(), MSG_WAITALL) != static_cast<ssize_t>(question.size()))
      return;
    ++tcp_questions_;
    for (const std::string& answer : answers(question, true)) {
      std::string framed;
      put16(framed, static_cast<unsigned>(answer.size()));
      framed += answer;
      static_cast<void>(::send(peer.get(), framed.data(), framed.size(), MSG_NOSIGNAL));
    }
    ::shutdown(peer.get(), SHUT_WR);
    static_cast<void>(::recv(peer.get(), head, 1, 0));
  }

  std::vector<std::string> answers(std::string_view question, bool is_tcp) {
    ++questions_;
    std::string name;
    std::size_t at = 12;
    while (at < question.size() && question[at] != '\0') {
      const auto length = static_cast<std::size_t>(question[at]);
      if (!name.empty()) name += '.';
      name += question.substr(at + 1, length);
      at += 1 + length;
    }
    const std::string_view asked = question.substr(12, at + 5 - 12);
    const auto type = static_cast<std::uint16_t>(static_cast<unsigned char>(question[at + 1]) << 8 |
                                                 static_cast<unsigned char>(question[at + 2]));
    for (char& c : name) c = static_cast<char>(::tolower(c));
    std::vector<std::string> values;
    {
      std::lock_guard lock(mutex_);
      if (auto found = records_.find({name, type}); found != records_.end()) values = found->second;
    }
    auto make = [&](unsigned flags, unsigned id_change, const std::string& owner, bool with_records) {
      std::string out;
      put16(out, (static_cast<unsigned>(static_cast<unsigned char>(question[0])) << 8 |
                  static_cast<unsigned char>(question[1])) ^
                     id_change);
      put16(out, 0x8180 | flags);
      put16(out, 1);
      put16(out, with_records ? static_cast<unsigned>(values.size()) : 0);
      put16(out, 0);
      put16(out, 0);
      out += asked;
      if (with_records)
        for (const std::string& value : values) out += record(owner, static_cast<DnsType>(type), value);
      return out;
    };
    const unsigned code = values.empty() ? 3u : 0u;
    switch (behaviour_.load()) {
      case Behaviour::Answer:
        return {make(code, 0, name, true)};
      case Behaviour::ServFail:
        return {make(2, 0, name, false)};
      case Behaviour::Refuse:
        return {make(5, 0, name, false)};
      case Behaviour::Silence:
        return {};
      case Behaviour::Truncate:
        return {is_tcp ? make(code, 0, name, true) : make(0x0200, 0, name, false)};
      case Behaviour::ForgeId:
        return {make(0, 0x5555, name, true), make(3, 0, name, false)};
      case Behaviour::Garbage:
        return {std::string(question.substr(0, 2)) + std::string(40, '\xff')};
      case Behaviour::OtherOwner:
        return {make(0, 0, "other." + name, true)};
    }
    return {};
  }

  UniqueFd udp_, tcp_, stop_;
  std::uint16_t port_ = 0;
  std::atomic<Behaviour> behaviour_{Behaviour::Answer};
  std::atomic<int> tcp_questions_{0};
  std::atomic<int> questions_{0};
  std::mutex mutex_;  // guards records_
  std::map<std::pair<std::string, std::uint16_t>, std::vector<std::string>> records_;
  std::thread thread_;
};

}  // namespace sitepod::net
