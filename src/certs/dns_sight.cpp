#include "certs/dns_sight.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "net/dns_resolver.hpp"

namespace sitepod::certs {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kFirstPause = 250ms;
constexpr std::chrono::milliseconds kLongestPause = 5s;
constexpr std::chrono::milliseconds kQuestionTimeout = 4s;

// One name server's addresses as a list for net::DnsOptions; empty when it has none.
std::string addresses_of(const std::string& name, const DnsSightSettings& settings) {
  const std::array<net::DnsQuestion, 2> questions = {net::DnsQuestion{name, net::DnsType::A},
                                                     net::DnsQuestion{name, net::DnsType::Aaaa}};
  const net::DnsResolver resolver({settings.address_resolvers, kQuestionTimeout});
  const std::vector<net::DnsAnswer> answers = resolver.resolve(questions);
  const std::string port = ":" + std::to_string(settings.name_server_port);
  std::string list;
  for (const std::string& address : answers[0].values) list += (list.empty() ? "" : ",") + address + port;
  for (const std::string& address : answers[1].values) list += (list.empty() ? "[" : ",[") + address + "]" + port;
  return list;
}

class Sight {
 public:
  explicit Sight(const DnsSightSettings& settings) : settings_(settings) {}

  bool shows(const SoughtRecord& record) {
    const net::DnsQuestion question{record.name, net::DnsType::Txt};
    bool is_shown = false;
    for (const std::string& servers : servers_of(record)) {
      const net::DnsAnswer answer = net::DnsResolver({servers, kQuestionTimeout}).resolve({&question, 1}).front();
      if (answer.outcome == net::DnsAnswer::Outcome::Failed) continue;
      if (std::find(answer.values.begin(), answer.values.end(), record.text) == answer.values.end()) return false;
      is_shown = true;
    }
    return is_shown;
  }

 private:
  std::vector<std::string> servers_of(const SoughtRecord& record) {
    if (!settings_.resolvers.empty()) return {settings_.resolvers};
    std::vector<std::string> servers;
    for (const std::string& name : record.name_servers) {
      std::string& known = addresses_[name];
      if (known.empty()) known = addresses_of(name, settings_);
      if (!known.empty()) servers.push_back(known);
    }
    return servers;
  }

  const DnsSightSettings& settings_;
  std::map<std::string, std::string> addresses_;  // by name server
};

Error not_visible(const SoughtRecord& record, const DnsSightSettings& settings) {
  std::string asked = settings.resolvers;
  if (settings.resolvers.empty())
    for (const std::string& name : record.name_servers) asked += (asked.empty() ? "" : ", ") + name;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(settings.patience).count();
  return {ErrorKind::Unavailable,
          "dns_not_visible",
          "The record " + record.name + " was put into the zone, but could not be seen within " +
              std::to_string(seconds) + " s. Asked were " +
              (asked.empty() ? "no name servers, for the zone names none" : asked) +
              ": let this server reach their port 53, or name others with domain.dns_resolvers.",
          {},
          {}};
}

}  // namespace

Result<void> wait_until_visible(const std::vector<SoughtRecord>& records, const DnsSightSettings& settings,
                                const std::function<bool(std::chrono::milliseconds)>& wait) {
  const Error stopped = unavailable("The server stops.");
  const bool asks_resolvers = !settings.resolvers.empty();
  if (asks_resolvers && !wait(settings.settling)) return stopped;
  Sight sight(settings);
  auto left = settings.patience;
  auto pause = kFirstPause;
  for (const SoughtRecord& record : records) {
    for (Clock::time_point asked = Clock::now(); !sight.shows(record); asked = Clock::now()) {
      left -= pause + std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - asked);
      if (left < 0ms) return not_visible(record, settings);
      if (!wait(pause)) return stopped;
      pause = std::min(pause * 2, kLongestPause);
    }
  }
  if (!asks_resolvers && !wait(settings.settling)) return stopped;
  return {};
}

}  // namespace sitepod::certs
