// What a server shows in a TLS handshake: certificates with their chains and keys, and the table that finds one by the
// name a client asks for, with the keys of session tickets. Immutable once made; any thread. Nothing here reads files:
// texts in, values out.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "net/tls_tickets.hpp"

// OpenSSL's, whose headers stay in the .cpp files.
struct evp_pkey_st;
struct stack_st_X509;
struct x509_st;

namespace sitepod::net {

class TlsCertificate {
 public:
  // PEM texts: the server's own certificate first, then those that lead to its root; the key without a passphrase.
  // Invalid "invalid_certificate" says what is wrong with them.
  static Result<std::shared_ptr<const TlsCertificate>> parse(std::string_view chain, std::string_view key);
  ~TlsCertificate();
  TlsCertificate(const TlsCertificate&) = delete;
  TlsCertificate& operator=(const TlsCertificate&) = delete;

  // Lower-case names of hosts; "*.example.com" stands for one label more.
  const std::vector<std::string>& names() const { return names_; }
  // In any case.
  bool covers(std::string_view host) const;
  Instant not_before() const { return not_before_; }
  Instant not_after() const { return not_after_; }
  // Of the certificate as it is sent.
  const Digest& fingerprint() const { return fingerprint_; }

  x509_st* certificate() const { return certificate_; }
  stack_st_X509* chain() const { return chain_; }
  evp_pkey_st* key() const { return key_; }

 private:
  TlsCertificate() = default;
  Result<void> read(std::string_view chain, std::string_view key);
  Result<void> read_facts();

  x509_st* certificate_ = nullptr;
  stack_st_X509* chain_ = nullptr;
  evp_pkey_st* key_ = nullptr;
  std::vector<std::string> names_;
  Instant not_before_;
  Instant not_after_;
  Digest fingerprint_;
};

class TlsCertificates {
 public:
  using List = std::vector<std::shared_ptr<const TlsCertificate>>;
  // The first is shown to whoever asks for no name, or for one that no certificate has. Sessions are resumed across
  // tables that share ticket keys.
  explicit TlsCertificates(List certificates, std::shared_ptr<const TlsTicketKeys> ticket_keys = TlsTicketKeys::make());

  // Null when no certificate has the name. In any case.
  const TlsCertificate* find(std::string_view host) const;
  // The same or the first; null when there is none at all.
  const TlsCertificate* choose(std::string_view host) const;
  const List& all() const { return all_; }
  const TlsTicketKeys& ticket_keys() const { return *ticket_keys_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  List all_;
  std::shared_ptr<const TlsTicketKeys> ticket_keys_;
  // Of two certificates with a name the one that ends later.
  std::unordered_map<std::string, const TlsCertificate*, Hash, std::equal_to<>> by_name_;
};

}  // namespace sitepod::net
