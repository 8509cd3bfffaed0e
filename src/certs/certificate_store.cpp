#include "certs/certificate_store.hpp"

#include <algorithm>
#include <filesystem>

#include "base/file.hpp"
#include "base/log.hpp"
#include "certs/names.hpp"

namespace sitepod::certs {
namespace {

constexpr std::string_view kCertificateEnding = ".pem";
constexpr std::string_view kSetbackEnding = ".waits.json";
constexpr const char* kAccountKey = "/account.key";
constexpr std::uint64_t kMaxFileBytes = 1 << 20;
constexpr unsigned kOnlyOwner = 0600;
// No host has an underscore in its labels: the file of a wildcard is nobody else's.
constexpr std::string_view kWildcardStem = "_wildcard.";

}  // namespace

Result<void> CertificateStore::create_folder() const { return make_directories(folder_, 0700); }

std::string CertificateStore::path_of(const std::string& host, std::string_view ending) const {
  const std::string_view under = without_wildcard(host);
  return folder_ + "/" + (under.size() < host.size() ? std::string(kWildcardStem) : "") + std::string(under) +
         std::string(ending);
}

Result<AccountKey> CertificateStore::account_key() const {
  const std::string path = folder_ + kAccountKey;
  std::error_code failure;
  if (std::filesystem::exists(path, failure) || failure) {
    const std::string pem = SITEPOD_TRY(read_file(path, kMaxFileBytes));
    return SITEPOD_TRY_WITH(AccountKey::parse(pem), "reading " + path);
  }
  AccountKey key = SITEPOD_TRY(AccountKey::generate());
  SITEPOD_TRY(replace_file(path, key.to_pem(), kOnlyOwner));
  return key;
}

// Of a folder that is not there: none.
Result<std::vector<std::string>> CertificateStore::hosts_with(std::string_view ending) const {
  std::vector<std::string> hosts;
  std::error_code failure;
  std::filesystem::directory_iterator entry(folder_, failure);
  if (failure == std::errc::no_such_file_or_directory) return hosts;
  for (; !failure && entry != std::filesystem::directory_iterator(); entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    if (!name.ends_with(ending)) continue;
    std::string host = name.substr(0, name.size() - ending.size());
    if (host.starts_with(kWildcardStem)) host.replace(0, kWildcardStem.size(), "*.");
    if (is_orderable(host) || is_orderable_wildcard(host)) hosts.push_back(std::move(host));
  }
  if (failure) return from_errno(failure.value(), "list " + folder_);
  std::sort(hosts.begin(), hosts.end());
  return hosts;
}

Result<std::vector<StoredCertificate>> CertificateStore::load() const {
  std::vector<StoredCertificate> stored;
  const std::vector<std::string> hosts = SITEPOD_TRY(hosts_with(kCertificateEnding));
  for (const std::string& host : hosts) {
    auto text = read_file(path_of(host, kCertificateEnding), kMaxFileBytes);
    auto certificate = text.ok() ? net::TlsCertificate::parse(*text, *text)
                                 : Result<std::shared_ptr<const net::TlsCertificate>>(text.error());
    if (certificate.ok())
      stored.push_back({host, std::move(certificate).value()});
    else
      log::error("a stored certificate cannot be read; another is ordered",
                 {{"host", host}, {"reason", certificate.error().message}});
  }
  return stored;
}

Result<std::shared_ptr<const net::TlsCertificate>> CertificateStore::put(const std::string& host,
                                                                         const std::vector<std::string>& names,
                                                                         const IssuedCertificate& issued) const {
  auto certificate = SITEPOD_TRY(net::TlsCertificate::parse(issued.chain_pem, issued.key_pem));
  for (const std::string& name : names)
    if (!certificate->covers(name))
      return invalid("invalid_certificate", "The certificate authority issued a certificate for another host.");
  SITEPOD_TRY(replace_file(path_of(host, kCertificateEnding), issued.key_pem + issued.chain_pem, kOnlyOwner));
  return certificate;
}

Result<void> CertificateStore::remove(const std::string& host) const {
  return remove_file(path_of(host, kCertificateEnding));
}

Result<std::vector<std::pair<std::string, Setback>>> CertificateStore::load_setbacks() const {
  std::vector<std::pair<std::string, Setback>> setbacks;
  const std::vector<std::string> hosts = SITEPOD_TRY(hosts_with(kSetbackEnding));
  for (const std::string& host : hosts) {
    const auto text = read_file(path_of(host, kSetbackEnding), kMaxFileBytes);
    if (auto setback = text.ok() ? read_setback(*text) : std::nullopt)
      setbacks.emplace_back(host, *std::move(setback));
    else
      log::warn("what was remembered of a host without a certificate cannot be read", {{"host", host}});
  }
  return setbacks;
}

Result<void> CertificateStore::put_setback(const std::string& host, const Setback& setback) const {
  return replace_file(path_of(host, kSetbackEnding), write_setback(setback), kOnlyOwner);
}

Result<void> CertificateStore::clear_setback(const std::string& host) const {
  return remove_file(path_of(host, kSetbackEnding));
}

}  // namespace sitepod::certs
