// What an ACME server answers, read strictly: JSON texts to values (RFC 8555 §7.1, §6.7). Everything comes from
// another machine and is checked before it is used. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sitepod::certs {

struct AcmeDirectory {
  std::string new_nonce;
  std::string new_account;
  std::string new_order;
};

enum class AcmeStatus : std::uint8_t { Pending, Ready, Processing, Valid, Invalid };  // Invalid: and every other end

struct AcmeOrder {
  AcmeStatus status = AcmeStatus::Pending;
  std::vector<std::string> authorizations;  // URLs
  std::string finalize;
  std::string certificate;  // empty until the order is valid
  std::string reason;       // why it is invalid, as far as the server says
};

struct AcmeAuthorization {
  AcmeStatus status = AcmeStatus::Pending;
  std::string host;  // without "*."; as the server says it: compare it with what was ordered
  // Of the challenge that was looked for; empty when there is none.
  std::string challenge_url;
  std::string token;
  std::string reason;
};

struct AcmeProblem {
  std::string type;    // the last part of its name: "badNonce"; empty when the text is no problem
  std::string detail;  // in one line, printable, and not longer than a line
};

// Errors: Unavailable "acme_answer", naming what is missing. URLs are https, or http on loopback.
Result<AcmeDirectory> parse_directory(std::string_view json);
Result<AcmeOrder> parse_order(std::string_view json);
// `challenge`: the kind of proof that is looked for, "http-01" or "dns-01".
Result<AcmeAuthorization> parse_authorization(std::string_view json, std::string_view challenge);
AcmeProblem parse_problem(std::string_view json);

// RFC 8555 §8.3: at least 128 bits in base64url; nothing else may become a path.
bool is_token(std::string_view text);

}  // namespace sitepod::certs
