#include "http/client_failure.hpp"

#include <curl/curl.h>

#include <cstdlib>
#include <optional>
#include <string_view>

#include "http/proxy.hpp"

namespace sitepod::http {
namespace {

constexpr long kProxyAuthenticationRequired = 407;  // RFC 9110 §15.5.8

bool has(const ClientFailure& failure, std::string_view words) {
  return failure.cause.find(words) != std::string::npos;
}

Error unreachable(const ClientFailure& failure, ErrorCode code, std::string message) {
  return {ErrorKind::Unavailable, code, std::move(message), failure.url, {}};
}

// Whether it was the proxy that was not reached; libcurl names whom it tried.
bool is_of_proxy(const ClientFailure& failure, const Proxy& proxy) {
  return failure.code == CURLE_COULDNT_RESOLVE_PROXY || failure.code == CURLE_PROXY ||
         (failure.code == CURLE_COULDNT_CONNECT && has(failure, "to " + proxy.host + " port " + proxy.port));
}

std::optional<Error> describe_proxy(const ClientFailure& failure) {
  const std::optional<Proxy> proxy = find_proxy(failure.url);
  if (!proxy) return std::nullopt;
  const std::string name = "The proxy " + proxy->shown() + " of " + proxy->variable;
  if (failure.connect_status == kProxyAuthenticationRequired)
    return unreachable(
        failure, "proxy",
        name + " asks for a login: write " + proxy->variable + "=http://user:password@" + proxy->shown() + ".");
  if (failure.connect_status >= 300)
    return unreachable(failure, "proxy",
                       name + " refuses the way to the server with status " + std::to_string(failure.connect_status) +
                           ". Ask who runs it, or name the server in NO_PROXY to go past it.");
  if (!is_of_proxy(failure, *proxy)) return std::nullopt;
  return unreachable(failure, "network",
                     name + " cannot be reached: " + failure.cause + ". Correct " + proxy->variable +
                         ", or name the server in NO_PROXY to go past it.");
}

std::string_view advice_about_certificate(const ClientFailure& failure) {
  if (has(failure, "subject name")) return "The certificate is for another name; use that as the endpoint.";
  if (has(failure, "expired")) return "It must be renewed on the server, unless this machine's clock is wrong.";
  if (has(failure, "not yet valid")) return "Look at this machine's clock.";
  return "If you trust who issued it, name the issuer's certificate in SSL_CERT_FILE.";
}

std::optional<Error> describe_tls(const ClientFailure& failure) {
  if (failure.code == CURLE_PEER_FAILED_VERIFICATION)
    return unreachable(
        failure, "certificate",
        "The server cannot be trusted: " + failure.cause + ". " + std::string(advice_about_certificate(failure)));
  if (failure.code == CURLE_SSL_CACERT_BADFILE) {
    const char* file = std::getenv("SSL_CERT_FILE");
    return unreachable(failure, "certificate",
                       file == nullptr || *file == '\0'
                           ? "No certificates of issuers are found: " + failure.cause +
                                 ". Install the package ca-certificates, or name a file in SSL_CERT_FILE."
                           : "SSL_CERT_FILE names " + std::string(file) + ", which holds no certificates in PEM.");
  }
  if (failure.code == CURLE_SSL_CONNECT_ERROR && has(failure, "wrong version number"))
    return unreachable(failure, "certificate",
                       "The server does not speak TLS there. Use http:// in the endpoint, or the port of https.");
  return std::nullopt;
}

}  // namespace

Error describe_failure(const ClientFailure& failure) {
  if (auto error = describe_proxy(failure)) return *std::move(error);
  if (auto error = describe_tls(failure)) return *std::move(error);
  // What libcurl says of bytes that are no answer, such as those of a port that speaks TLS.
  if (has(failure, "HTTP/0.9") || failure.code == CURLE_WEIRD_SERVER_REPLY)
    return unreachable(failure, "network", "The server does not speak HTTP there. Is an https:// address meant?");
  if (failure.code == CURLE_URL_MALFORMAT || failure.code == CURLE_UNSUPPORTED_PROTOCOL)
    return invalid("invalid_url", "The address " + failure.url + " cannot be used: " + failure.cause + ".");
  return unreachable(failure, "network", "The server cannot be reached: " + failure.cause + ".");
}

}  // namespace sitepod::http
