// Asks recursive name servers for what a domain's owner has put into DNS. Immutable after construction; any thread that
// may wait: a call blocks up to the timeout, on a channel and sockets of its own. Never a worker thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/dns_answer.hpp"

namespace sitepod::net {

struct DnsQuestion {
  std::string name;  // lower-case, no trailing dot
  DnsType type = DnsType::Txt;
};

struct DnsAnswer {
  enum class Outcome : std::uint8_t {
    Found,   // at least one value
    Absent,  // the name does not exist, or has no record of that type
    Failed,  // nobody knows: refused, SERVFAIL, nonsense, or no answer in time
  };
  Outcome outcome = Outcome::Failed;
  std::vector<std::string> values;  // see parse_dns_answer
};

struct DnsOptions {
  // "192.0.2.1:53,[2001:db8::1]:53"; the port may be left out; empty: the system's (/etc/resolv.conf).
  std::string servers;
  std::chrono::milliseconds timeout{5000};  // for all questions of a call together
};

// Whether `servers` is a list in the form of DnsOptions, of at least one server.
bool is_dns_server_list(std::string_view servers);

class DnsResolver {
 public:
  explicit DnsResolver(DnsOptions options);

  // Asks all at once; the answers are parallel to the questions.
  std::vector<DnsAnswer> resolve(std::span<const DnsQuestion> questions) const;

 private:
  const DnsOptions options_;
};

}  // namespace sitepod::net
