// What a TLS client says about itself before anything is secret, as far as a server decides by it. Pure; any thread.
#pragma once

#include <string_view>

namespace sitepod::net {

// The name in the extension server_name of a ClientHello (RFC 6066 §3), as sent; empty when the extension is malformed,
// has no host name, or one with NUL or of more than 255 bytes. Points into the extension.
std::string_view find_server_name(std::string_view extension);

}  // namespace sitepod::net
