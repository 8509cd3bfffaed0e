#include "app/certificate_files.hpp"

#include <sys/stat.h>

#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/log.hpp"

namespace sitepod::app {
namespace {

constexpr std::uint64_t kMaxPemBytes = 1 << 20;
// Whoever renews does so with more than this left.
constexpr std::int64_t kSoonMs = 7ll * 24 * 3600 * 1000;

Result<std::string> read_pem(const std::string& path) {
  auto text = read_file(path, kMaxPemBytes);
  if (text.ok()) return text;
  return invalid("invalid_certificate", "The file " + path + " cannot be read: " + text.error().context);
}

}  // namespace

Result<std::shared_ptr<const net::TlsCertificates>> load_certificates(const ServerConfig& config) {
  const std::vector<std::string> files = split_paths(config.tls_certificates);
  const std::vector<std::string> keys = split_paths(config.tls_keys);
  net::TlsCertificates::List list;
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::string chain = SITEPOD_TRY(read_pem(files[i]));
    const std::string key = SITEPOD_TRY(read_pem(keys[i]));
    auto certificate = net::TlsCertificate::parse(chain, key);
    if (!certificate.ok()) {
      const Error& error = certificate.error();
      return invalid("invalid_certificate", "The certificate " + files[i] + " with the key " + keys[i] +
                                                " cannot be used: " + error.message +
                                                (error.context.empty() ? "" : " (" + error.context + ")"));
    }
    list.push_back(std::move(certificate).value());
  }
  return std::make_shared<const net::TlsCertificates>(std::move(list));
}

void warn_of_certificates(const ServerConfig& config, const net::TlsCertificates& certificates,
                          std::string_view base_domain, Instant now) {
  const std::vector<std::string> files = split_paths(config.tls_certificates);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const net::TlsCertificate& certificate = *certificates.all()[i];
    if (certificate.not_after() < now)
      log::error("a certificate has ended; visitors are warned away",
                 {{"file", files[i]}, {"not_after", to_rfc3339(certificate.not_after())}});
    else if (certificate.not_after().unix_ms - now.unix_ms < kSoonMs)
      log::warn("a certificate ends within a week: renew it and send SIGHUP",
                {{"file", files[i]}, {"not_after", to_rfc3339(certificate.not_after())}});
    else if (now < certificate.not_before())
      log::warn("a certificate is not valid yet: look at the clock",
                {{"file", files[i]}, {"not_before", to_rfc3339(certificate.not_before())}});
  }
  const std::string site = "a." + std::string(base_domain);
  for (const std::string& host : {std::string(base_domain), site})
    if (!config.orders_certificates() && certificates.find(host) == nullptr)
      log::warn(host == site ? "no certificate covers the sites: get one for *.DOMAIN"
                             : "no certificate covers the base domain",
                {{"domain", base_domain}});
  for (const std::string& key : split_paths(config.tls_keys)) {
    struct stat facts {};
    if (::stat(key.c_str(), &facts) == 0 && (facts.st_mode & S_IROTH) != 0)
      log::warn("a private key can be read by everybody on this machine: chmod 640", {{"file", key}});
  }
}

}  // namespace sitepod::app
