// Gets certificates from an authority by ACME (RFC 8555). Names are proven by a text that only the account's owner can
// make: the authority asks the host itself for it, on port 80 (HTTP-01), or looks for it in DNS (DNS-01), which alone
// proves wildcards. One thread; every call blocks.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

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

enum class ProofBy : std::uint8_t { Http, Dns };

// What the authority looks for.
struct Proof {
  std::string host;  // without "*."; one of those that were ordered
  std::string token;
  std::string text;  // RFC 8555 §8.1
};

struct ProofHooks {
  // Makes all of them visible to the authority, before it returns.
  std::function<Result<void>(const std::vector<Proof>&)> present;
  // Called after each present(), also after one that failed.
  std::function<void(const std::vector<Proof>&)> withdraw;
};

struct AcmeHooks {
  ProofHooks http;
  ProofHooks dns;  // of no use when nothing is proven by DNS
  // Waits; false: nothing shall go on.
  std::function<bool(std::chrono::milliseconds)> wait;
  const std::atomic<bool>* cancelled = nullptr;
};

// A proof that is under way.
struct AskedProof {
  std::string authorization_url;
  std::string challenge_url;
};

struct IssuedCertificate {
  std::string chain_pem;
  std::string key_pem;
};

class AcmeClient {
 public:
  AcmeClient(AcmeSettings settings, AcmeHooks hooks, AccountKey key);

  // One certificate for all these names, wildcards among them only with a proof by DNS.
  // Errors: Invalid "acme_refused" (the authority will not; RateLimited when it asks to wait, with the detail
  // "retry_after" in seconds when it says how long), Unavailable (it cannot be reached, or answers what cannot be
  // understood, or took too long).
  Result<IssuedCertificate> obtain(const std::vector<std::string>& names, ProofBy by);

 private:
  Result<void> prepare();
  Result<void> register_account();
  Result<std::string> order(const std::vector<std::string>& names, AcmeOrder& order);
  Result<void> prove(const std::vector<std::string>& authorizations, const std::vector<std::string>& names, ProofBy by);
  Result<void> have_looked(const std::vector<AskedProof>& asked, std::string_view challenge);
  Result<AcmeOrder> wait_for_order(const std::string& order_url, AcmeStatus past);
  Result<void> wait_for_proof(const std::string& authorization_url, std::string_view challenge);
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
