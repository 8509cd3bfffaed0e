// Outgoing HTTP by libcurl: one blocking exchange after another over kept-alive connections.
// A resource of one thread. Proxies come from HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY (proxy.hpp), certificates
// from SSL_CERT_FILE or SSL_CERT_DIR when they are set. Redirects are answers like others: following one could carry a
// token to another host.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace sitepod::http {

using ClientFields = std::vector<std::pair<std::string, std::string>>;

struct ClientRequest {
  std::string method = "GET";
  std::string url = {};
  ClientFields fields = {};
  std::string body = {};  // sent with Content-Length when the method is not GET or HEAD

  // Instead of `body`: called until it yields 0. Without a size the body goes in chunks (RFC 9112 §7.1).
  std::function<Result<std::size_t>(std::span<std::byte>)> read_body = {};
  std::optional<std::uint64_t> read_body_size = {};

  // Of this exchange: the whole of it, and with less than a kilobyte a second in either direction. Without them it may
  // take any time, and ClientOptions say what a stall is.
  std::optional<std::chrono::milliseconds> deadline = {};
  std::optional<std::chrono::seconds> stall_timeout = {};

  // Receives the body of a 2xx answer piece by piece instead of ClientResponse::body.
  std::function<Result<void>(std::string_view)> on_body = {};
};

struct ClientResponse {
  int status = 0;
  ClientFields fields;  // names in lower case
  std::string body;

  // Empty when absent.
  std::string_view field(std::string_view lower_case_name) const;
};

struct ClientOptions {
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(10);
  std::chrono::seconds stall_timeout = std::chrono::seconds(60);  // without a byte in either direction
  std::size_t max_body_bytes = 16 << 20;                          // of ClientResponse::body
  std::string user_agent = "sitepod/" SITEPOD_VERSION;
  std::string ca_file = {};                      // instead of the system's authorities and SSL_CERT_FILE
  const std::atomic<bool>* cancelled = nullptr;  // looked at about once a second and at every piece
};

class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // Errors: those of client_failure.hpp (no answer, or half of one), Unavailable "interrupted", TooLarge
  // "payload_too_large" for a body beyond max_body_bytes, and whatever read_body and on_body yield.
  Result<ClientResponse> send(const ClientRequest& request);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::http
