#include "certs/account_key.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "api/json_writer.hpp"
#include "base/base64.hpp"
#include "base/digest.hpp"

namespace sitepod::certs {
namespace {

constexpr std::size_t kCoordinateBytes = 32;  // of P-256
constexpr const char* kCurve = "P-256";

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* each) const {
    Free(each);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Freed<ECDSA_SIG_free>>;
struct FreeExtensions {
  void operator()(STACK_OF(X509_EXTENSION) * list) const { sk_X509_EXTENSION_free(list); }
};
using Request = std::unique_ptr<X509_REQ, Freed<X509_REQ_free>>;

Error failed(std::string_view what) {
  std::array<char, 256> cause{};
  ERR_error_string_n(ERR_peek_last_error(), cause.data(), cause.size());
  ERR_clear_error();
  return internal(std::string(what) + ": " + cause.data());
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string pem_of(EVP_PKEY* key) {
  const Bio bio(BIO_new(BIO_s_mem()));
  SITEPOD_CHECK(bio && PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio.get());
}

Result<std::string> coordinate_of(EVP_PKEY* key, const char* name) {
  BIGNUM* read = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &read) != 1) return failed("reading a key");
  const Number number(read);
  std::array<unsigned char, kCoordinateBytes> bytes{};
  if (BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(bytes.size())) != static_cast<int>(bytes.size()))
    return failed("reading a key");
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

// RFC 7518 §3.4: both numbers of the signature at full length, not the DER that OpenSSL makes.
Result<std::string> sign_es256(EVP_PKEY* key, std::string_view text) {
  const DigestContext context(EVP_MD_CTX_new());
  std::array<unsigned char, 128> der{};
  std::size_t size = der.size();
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size, reinterpret_cast<const unsigned char*>(text.data()),
                     text.size()) != 1)
    return failed("signing");
  const unsigned char* at = der.data();
  const Signature signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
  std::array<unsigned char, 2 * kCoordinateBytes> bytes{};
  constexpr int kLength = static_cast<int>(kCoordinateBytes);
  if (!signature || BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes.data(), kLength) != kLength ||
      BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes.data() + kCoordinateBytes, kLength) != kLength)
    return failed("signing");
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

AccountKey::~AccountKey() { EVP_PKEY_free(key_); }
AccountKey::AccountKey(AccountKey&& other) noexcept : key_(std::exchange(other.key_, nullptr)) {}
AccountKey& AccountKey::operator=(AccountKey&& other) noexcept {
  std::swap(key_, other.key_);
  return *this;
}

Result<AccountKey> AccountKey::generate() {
  EVP_PKEY* key = EVP_EC_gen(kCurve);
  if (key == nullptr) return failed("making a key");
  return AccountKey(key);
}

Result<AccountKey> AccountKey::parse(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(PEM_read_bio_PrivateKey(
      bio.get(), nullptr, [](char*, int, int, void*) { return -1; }, nullptr));
  ERR_clear_error();
  std::array<char, 32> group{};
  if (!key ||
      EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), nullptr) != 1 ||
      (std::string_view(group.data()) != "prime256v1" && std::string_view(group.data()) != kCurve)) {
    ERR_clear_error();
    return invalid("invalid_key", "The account key is no PEM key on P-256.");
  }
  return AccountKey(key.release());
}

std::string AccountKey::to_pem() const { return pem_of(key_); }

// In the order and without the spaces that its thumbprint needs (RFC 7638 §3).
Result<std::string> AccountKey::public_jwk() const {
  const std::string x = SITEPOD_TRY(coordinate_of(key_, OSSL_PKEY_PARAM_EC_PUB_X));
  const std::string y = SITEPOD_TRY(coordinate_of(key_, OSSL_PKEY_PARAM_EC_PUB_Y));
  return R"({"crv":"P-256","kty":"EC","x":")" + to_base64url(x) + R"(","y":")" + to_base64url(y) + R"("})";
}

Result<std::string> AccountKey::sign(std::string_view url, std::string_view nonce, std::string_view account_url,
                                     std::string_view payload) const {
  std::string header;
  api::JsonWriter json(header);
  json.begin_object();
  json.member("alg", "ES256");
  json.member("nonce", std::string(nonce));
  json.member("url", std::string(url));
  if (!account_url.empty()) json.member("kid", std::string(account_url));
  json.end_object();
  if (account_url.empty()) {
    header.pop_back();
    header += ",\"jwk\":" + SITEPOD_TRY(public_jwk()) + "}";
  }
  const std::string head = to_base64url(header);
  const std::string body = to_base64url(payload);
  const std::string signature = to_base64url(SITEPOD_TRY(sign_es256(key_, head + "." + body)));
  return R"({"protected":")" + head + R"(","payload":")" + body + R"(","signature":")" + signature + R"("})";
}

Result<std::string> AccountKey::authorization_of(std::string_view token) const {
  const Digest thumbprint = sha256(SITEPOD_TRY(public_jwk()));
  const std::string_view bytes(reinterpret_cast<const char*>(thumbprint.bytes.data()), thumbprint.bytes.size());
  return std::string(token) + "." + to_base64url(bytes);
}

Result<CertificateRequest> make_request(const std::vector<std::string>& wanted) {
  std::string list;
  for (const std::string& name : wanted) list += (list.empty() ? "DNS:" : ",DNS:") + name;
  const Key key(EVP_EC_gen(kCurve));
  const Request request(X509_REQ_new());
  if (!key || !request) return failed("making a key");
  const std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, list.c_str()));
  const std::unique_ptr<STACK_OF(X509_EXTENSION), FreeExtensions> extensions(sk_X509_EXTENSION_new_null());
  if (!names || !extensions || sk_X509_EXTENSION_push(extensions.get(), names.get()) <= 0 ||
      X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1 ||
      X509_REQ_add_extensions(request.get(), extensions.get()) != 1 ||
      X509_REQ_set_pubkey(request.get(), key.get()) != 1 || X509_REQ_sign(request.get(), key.get(), EVP_sha256()) <= 0)
    return failed("making a certificate request");
  unsigned char* der = nullptr;
  const int size = i2d_X509_REQ(request.get(), &der);
  if (size <= 0) return failed("writing a certificate request");
  CertificateRequest made{pem_of(key.get()),
                          std::string(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size))};
  OPENSSL_free(der);
  return made;
}

}  // namespace sitepod::certs
