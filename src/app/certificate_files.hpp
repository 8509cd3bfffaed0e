// The certificates that the operator keeps in files: read at start and at SIGHUP. Any thread; blocks.
#pragma once

#include <memory>
#include <string_view>

#include "app/settings.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/tls_certificate.hpp"

namespace sitepod::app {

// All files of the settings, in their order; an error names the file and what is wrong with it.
Result<std::shared_ptr<const net::TlsCertificates>> load_certificates(const ServerConfig& config);

// Tells the log of what visitors will stumble over: certificates that have ended or soon will, keys that everybody on
// the machine can read, and, when none are ordered, a base domain that no certificate covers.
void warn_of_certificates(const ServerConfig& config, const net::TlsCertificates& certificates,
                          std::string_view base_domain, Instant now);

}  // namespace sitepod::app
