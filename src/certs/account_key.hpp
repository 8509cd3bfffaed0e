// The key by which a certificate authority knows this server, and what is signed with it: the requests of ACME
// (RFC 8555 §6.2, RFC 7515) with ES256. Immutable; any thread. Also the making of a certificate's own key and request.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

struct evp_pkey_st;  // OpenSSL's

namespace sitepod::certs {

class AccountKey {
 public:
  static Result<AccountKey> generate();
  // PEM, as to_pem() writes it. Errors: Invalid "invalid_key".
  static Result<AccountKey> parse(std::string_view pem);
  ~AccountKey();
  AccountKey(AccountKey&&) noexcept;
  AccountKey& operator=(AccountKey&&) noexcept;

  std::string to_pem() const;
  // The body of a request: `payload` is JSON, or empty for a reading one. Without an account URL the key itself says
  // who asks.
  Result<std::string> sign(std::string_view url, std::string_view nonce, std::string_view account_url,
                           std::string_view payload) const;
  // RFC 8555 §8.1: what a host must answer for the token.
  Result<std::string> authorization_of(std::string_view token) const;

 private:
  explicit AccountKey(evp_pkey_st* key) : key_(key) {}
  Result<std::string> public_jwk() const;
  evp_pkey_st* key_ = nullptr;
};

struct CertificateRequest {
  std::string key_pem;
  std::string der;  // PKCS #10 for these names alone
};
Result<CertificateRequest> make_request(const std::vector<std::string>& names);

}  // namespace sitepod::certs
