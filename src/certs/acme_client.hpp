// Gets certificates from an authority by ACME (RFC 8555), one host each, proven by HTTP-01: the authority asks the host
// itself, on port 80, for a text that only the account's owner can make. One thread; every call blocks.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "certs/account_key.hpp"
#include "certs/acme_answers.hpp"
#include "http/client.hpp"

namespace sitepod::certs {

struct AcmeSettings {
  std::string directory_url;
  std::string email;
  std::string ca_file;  // of the authority's own certificate, for test authorities; empty: the system's
};

struct AcmeHooks {
  // Makes the host answer the token with the text, before it returns.
  std::function<Result<void>(const std::string& token, const std::string& text)> present;
  std::function<void(const std::string& token)> withdraw;
  // Waits; false: nothing shall go on.
  std::function<bool(std::chrono::milliseconds)> wait;
  const std::atomic<bool>* cancelled = nullptr;
};

struct IssuedCertificate {
  std::string chain_pem;
  std::string key_pem;
};

class AcmeClient {
 public:
  AcmeClient(AcmeSettings settings, AcmeHooks hooks, AccountKey key);

  // Errors: Invalid "acme_refused" (the authority will not; RateLimited when it asks to wait, with the detail
  // "retry_after" in seconds when it says how long), Unavailable (it cannot be reached, or answers what cannot be
  // understood, or took too long).
  Result<IssuedCertificate> obtain(const std::string& host);

 private:
  Result<void> prepare();
  Result<void> register_account();
  Result<std::string> order(const std::string& host, AcmeOrder& order);
  Result<void> prove(const std::string& authorization_url);
  Result<AcmeOrder> wait_for_order(const std::string& order_url, AcmeStatus past);
  Result<void> wait_for_proof(const std::string& authorization_url);
  Result<http::ClientResponse> post(const std::string& url, std::string_view payload);
  Result<http::ClientResponse> post_once(const std::string& url, std::string_view payload);
  Result<std::string> take_nonce();
  Result<void> pause(const http::ClientResponse& answer, std::chrono::milliseconds& left) const;

  const AcmeSettings settings_;
  const AcmeHooks hooks_;
  const AccountKey key_;
  http::Client http_;
  AcmeDirectory directory_;
  std::string account_url_;
  std::string nonce_;  // given with the last answer
};

}  // namespace sitepod::certs
