#include "net/tls_certificate.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace sitepod::net {
namespace {

constexpr std::size_t kMaxHostBytes = 253;
constexpr int kMaxChain = 16;

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

Bio reader_of(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

// A key with a passphrase is refused instead of asking the terminal for it.
int no_passphrase(char*, int, int, void*) { return -1; }

Error wrong(std::string what) {
  std::array<char, 256> cause{};
  if (const unsigned long code = ERR_peek_last_error(); code != 0) ERR_error_string_n(code, cause.data(), cause.size());
  ERR_clear_error();
  return {ErrorKind::Invalid, "invalid_certificate", std::move(what), cause.data(), {}};
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return out;
}

std::optional<Instant> to_instant(const ASN1_TIME* time) {
  std::tm fields{};
  if (ASN1_TIME_to_tm(time, &fields) != 1) return std::nullopt;
  return Instant{static_cast<std::int64_t>(::timegm(&fields)) * 1000};
}

// The host with its first label replaced by "*"; empty when it has one label only.
std::string wildcard_of(std::string_view host) {
  const std::size_t dot = host.find('.');
  return dot == std::string_view::npos ? std::string() : "*" + std::string(host.substr(dot));
}

}  // namespace

TlsCertificate::~TlsCertificate() {
  X509_free(certificate_);
  sk_X509_pop_free(chain_, X509_free);
  EVP_PKEY_free(key_);
}

Result<std::shared_ptr<const TlsCertificate>> TlsCertificate::parse(std::string_view chain, std::string_view key) {
  ERR_clear_error();
  std::shared_ptr<TlsCertificate> made(new TlsCertificate);
  SITEPOD_TRY(made->read(chain, key));
  SITEPOD_TRY(made->read_facts());
  return std::shared_ptr<const TlsCertificate>(std::move(made));
}

Result<void> TlsCertificate::read(std::string_view chain, std::string_view key) {
  constexpr std::size_t kMaxPemBytes = 1 << 20;
  if (chain.size() > kMaxPemBytes || key.size() > kMaxPemBytes)
    return wrong("A certificate or key of more than 1 MiB is none.");
  const Bio chain_reader = reader_of(chain);
  certificate_ = PEM_read_bio_X509(chain_reader.get(), nullptr, no_passphrase, nullptr);
  if (certificate_ == nullptr) return wrong("There is no PEM certificate (\"-----BEGIN CERTIFICATE-----\") in it.");
  chain_ = sk_X509_new_null();
  SITEPOD_CHECK(chain_ != nullptr);
  while (X509* next = PEM_read_bio_X509(chain_reader.get(), nullptr, no_passphrase, nullptr)) {
    SITEPOD_CHECK(sk_X509_push(chain_, next) > 0);
    if (sk_X509_num(chain_) > kMaxChain) return wrong("Its chain is longer than 16 certificates.");
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
    return wrong("One of the certificates behind the first is damaged.");
  ERR_clear_error();

  key_ = PEM_read_bio_PrivateKey(reader_of(key).get(), nullptr, no_passphrase, nullptr);
  if (key_ == nullptr) return wrong("There is no PEM private key without a passphrase in the key's file.");
  // What a handshake would refuse (another certificate's key, a key too short) is refused now.
  const std::unique_ptr<SSL_CTX, FreeContext> trial(SSL_CTX_new(TLS_server_method()));
  SITEPOD_CHECK(trial != nullptr);
  if (X509_check_private_key(certificate_, key_) != 1) return wrong("The key is not this certificate's.");
  if (SSL_CTX_use_cert_and_key(trial.get(), certificate_, key_, chain_, 1) != 1)
    return wrong("The certificate or its key cannot be used, e.g. because the key is too short.");
  return {};
}

Result<void> TlsCertificate::read_facts() {
  const auto not_before = to_instant(X509_get0_notBefore(certificate_));
  const auto not_after = to_instant(X509_get0_notAfter(certificate_));
  if (!not_before || !not_after) return wrong("Its dates cannot be read.");
  not_before_ = *not_before;
  not_after_ = *not_after;
  unsigned int length = 0;
  SITEPOD_CHECK(X509_digest(certificate_, EVP_sha256(), fingerprint_.bytes.data(), &length) == 1 &&
                length == fingerprint_.bytes.size());
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate_, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_DNS) continue;
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                                static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
    if (!text.empty() && text.size() <= kMaxHostBytes && text.find('\0') == std::string_view::npos)
      names_.push_back(lower(text));
  }
  ERR_clear_error();
  return {};
}

bool TlsCertificate::covers(std::string_view host) const {
  const std::string wanted = lower(host);
  const std::string wildcard = wildcard_of(wanted);
  return std::any_of(names_.begin(), names_.end(), [&](const std::string& name) {
    return name == wanted || (!wildcard.empty() && name == wildcard);
  });
}

TlsCertificates::TlsCertificates(List certificates, std::shared_ptr<const TlsTicketKeys> ticket_keys)
    : all_(std::move(certificates)), ticket_keys_(std::move(ticket_keys)) {
  for (const auto& each : all_)
    for (const std::string& name : each->names()) {
      const TlsCertificate*& place = by_name_[name];
      if (place == nullptr || place->not_after() < each->not_after()) place = each.get();
    }
}

const TlsCertificate* TlsCertificates::find(std::string_view host) const {
  if (host.empty() || host.size() > kMaxHostBytes) return nullptr;
  const std::string wanted = lower(host);
  if (const auto exact = by_name_.find(wanted); exact != by_name_.end()) return exact->second;
  const auto wildcard = by_name_.find(wildcard_of(wanted));
  return wildcard == by_name_.end() ? nullptr : wildcard->second;
}

const TlsCertificate* TlsCertificates::choose(std::string_view host) const {
  const TlsCertificate* found = find(host);
  return found != nullptr || all_.empty() ? found : all_.front().get();
}

}  // namespace sitepod::net
