// The user and password of "Authorization: Basic …" (RFC 7617). Pure; any thread; allocates the result only.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sitepod::http {

struct BasicCredentials {
  std::string user;
  std::string password;
};

// Nothing when the scheme is another one, the base64 is malformed or it holds no colon.
std::optional<BasicCredentials> parse_basic_credentials(std::string_view authorization);

}  // namespace sitepod::http
