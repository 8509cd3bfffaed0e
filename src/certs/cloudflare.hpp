// The records of a zone at Cloudflare, by its API (version 4) with a token that may read zones and edit their DNS. The
// token is a secret: it stands in no error. A resource of one thread; every call blocks.
#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "certs/cloudflare_answers.hpp"
#include "http/client.hpp"

namespace sitepod::certs {

struct CloudflareSettings {
  std::string url;  // "https://api.cloudflare.com/client/v4"
  std::string token;
};

class Cloudflare {
 public:
  explicit Cloudflare(CloudflareSettings settings, const std::atomic<bool>* cancelled = nullptr);

  // Errors of all: Invalid "dns_refused", which says what to do (a wrong token, a permission that is missing);
  // Unavailable "dns_away" (no answer, an answer that cannot be understood, or a request to wait, with the detail
  // "retry_after" in seconds when it says how long).

  // The zone that holds the host's records: of all that the token may see the one with the longest name. Invalid
  // "dns_refused" also when there is none.
  Result<DnsZone> find_zone(const std::string& host);
  // At most a hundred.
  Result<std::vector<DnsRecord>> txt_records(const DnsZone& zone, const std::string& name);
  // The new record's id.
  Result<std::string> add_txt(const DnsZone& zone, const std::string& name, std::string_view text,
                              std::string_view comment);
  // A record that is gone already is no error.
  Result<void> remove(const DnsZone& zone, const std::string& record_id,
                      std::optional<std::chrono::milliseconds> deadline = {});

 private:
  Result<http::ClientResponse> send(http::ClientRequest request);
  Error refusal_of(const http::ClientResponse& answer, const std::string& zone) const;

  const CloudflareSettings settings_;
  http::Client http_;
};

}  // namespace sitepod::certs
