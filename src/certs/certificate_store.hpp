// The folder of keys and certificates that an authority has given, {data}/certificates: the account's key, a file for
// each host (its key, then its certificate with the chain), and what is remembered of hosts that wait. Files are
// replaced as a whole, are on the platter before anything counts, and belong to the server's user alone. One thread at
// a time; blocks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "certs/account_key.hpp"
#include "certs/acme_client.hpp"
#include "certs/renewal.hpp"
#include "net/tls_certificate.hpp"

namespace sitepod::certs {

struct StoredCertificate {
  std::string host;  // or the wildcard that it is kept under: "*.example.com"
  std::shared_ptr<const net::TlsCertificate> certificate;
};

class CertificateStore {
 public:
  explicit CertificateStore(const std::string& data_dir) : folder_(data_dir + "/certificates") {}

  Result<void> create_folder() const;
  // Makes the key when there is none. A key that cannot be read is an error, no reason for another account.
  Result<AccountKey> account_key() const;

  // By host or wildcard. What cannot be read is left where it is and told to the log; a folder that cannot be listed is
  // an error, for without it every certificate would be ordered anew.
  Result<std::vector<StoredCertificate>> load() const;
  // Requires: `host` is an orderable host or wildcard. Errors: Invalid "invalid_certificate": not
  // what a handshake for each of these names needs; what was there stays.
  Result<std::shared_ptr<const net::TlsCertificate>> put(const std::string& host, const std::vector<std::string>& names,
                                                         const IssuedCertificate& issued) const;
  Result<void> remove(const std::string& host) const;

  Result<std::vector<std::pair<std::string, Setback>>> load_setbacks() const;
  Result<void> put_setback(const std::string& host, const Setback& setback) const;
  Result<void> clear_setback(const std::string& host) const;

 private:
  std::string path_of(const std::string& host, std::string_view ending) const;
  Result<std::vector<std::string>> hosts_with(std::string_view ending) const;
  const std::string folder_;
};

}  // namespace sitepod::certs
