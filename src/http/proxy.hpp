// The proxy through which an outgoing exchange goes, as the environment names it: http_proxy, https_proxy, all_proxy
// and no_proxy in either case. Reads the environment; any thread as long as nobody changes it.
#pragma once

#include <optional>
#include <string>

namespace sitepod::http {

struct Proxy {
  std::string variable;  // that names it
  std::string url;       // with whatever login stands in it; never shown
  std::string host;
  std::string port;

  std::string shown() const { return host + ":" + port; }
};

// Absent for this machine's own addresses, where a proxy would answer for another machine. Hosts of no_proxy are not
// looked for: libcurl does that. HTTP_PROXY does not count for a CGI program, whose visitors choose it (the field
// "Proxy").
std::optional<Proxy> find_proxy(const std::string& url);
bool is_loopback_url(const std::string& url);

}  // namespace sitepod::http
