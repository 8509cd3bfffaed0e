#include "certs/account_key.hpp"

#include <gtest/gtest.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509v3.h>

#include <optional>

#include "api/json_value.hpp"
#include "base/base64.hpp"
#include "base/digest.hpp"

namespace sitepod::certs {
namespace {

std::string from_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int value = c >= 'A' && c <= 'Z'   ? c - 'A'
                      : c >= 'a' && c <= 'z' ? c - 'a' + 26
                      : c >= '0' && c <= '9' ? c - '0' + 52
                      : c == '-'             ? 62
                                             : 63;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>(bits >> count & 255);
  }
  return bytes;
}

std::string member(std::string_view json, std::string_view name) {
  const auto parsed = api::parse_json(json);
  const api::JsonValue* found = parsed.ok() ? parsed->find(name) : nullptr;
  return found != nullptr ? found->text : std::string("(none)");
}

// An independent look: OpenSSL verifies with the public key as the JWK has it.
bool is_signed_by(const std::string& x, const std::string& y, std::string_view text, std::string_view signature) {
  std::string point = "\4" + from_base64url(x) + from_base64url(y);
  char group[] = "P-256";
  OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
                             OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
                             OSSL_PARAM_construct_end()};
  EVP_PKEY_CTX* context = EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata_init(context) != 1 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
    return false;
  const auto* bytes = reinterpret_cast<const unsigned char*>(signature.data());
  ECDSA_SIG* pair = ECDSA_SIG_new();
  ECDSA_SIG_set0(pair, BN_bin2bn(bytes, 32, nullptr), BN_bin2bn(bytes + 32, 32, nullptr));
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair, &der);
  EVP_MD_CTX* verifier = EVP_MD_CTX_new();
  const bool verified = EVP_DigestVerifyInit(verifier, nullptr, EVP_sha256(), nullptr, key) == 1 &&
                        EVP_DigestVerify(verifier, der, static_cast<std::size_t>(size),
                                         reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
  EVP_MD_CTX_free(verifier);
  OPENSSL_free(der);
  ECDSA_SIG_free(pair);
  EVP_PKEY_free(key);
  EVP_PKEY_CTX_free(context);
  return verified;
}

TEST(AccountKey, ARequestIsSignedByTheKeyThatItNames) {
  const AccountKey key = AccountKey::generate().value();
  for (int i = 0; i < 20; ++i) {  // numbers with leading zeros among them
    const std::string text = key.sign("https://ca.test/new", "nonce-1", "", R"({"a":1})").value();
    const std::string head = from_base64url(member(text, "protected"));
    EXPECT_EQ(member(head, "alg"), "ES256");
    EXPECT_EQ(member(head, "nonce"), "nonce-1");
    EXPECT_EQ(member(head, "url"), "https://ca.test/new");
    EXPECT_EQ(member(head, "kid"), "(none)");
    EXPECT_EQ(from_base64url(member(text, "payload")), R"({"a":1})");
    const auto parsed = api::parse_json(head);
    const api::JsonValue* jwk = parsed->find("jwk");
    ASSERT_NE(jwk, nullptr);
    const std::string signature = from_base64url(member(text, "signature"));
    ASSERT_EQ(signature.size(), 64u);
    const std::string signed_text = member(text, "protected") + "." + member(text, "payload");
    EXPECT_TRUE(is_signed_by(jwk->find("x")->text, jwk->find("y")->text, signed_text, signature));
    EXPECT_FALSE(is_signed_by(jwk->find("x")->text, jwk->find("y")->text, signed_text + "x", signature));
  }
}

TEST(AccountKey, WithAnAccountTheKeyIsNotSentAgain) {
  const AccountKey key = AccountKey::generate().value();
  const std::string text = key.sign("https://ca.test/o", "n", "https://ca.test/acct/7", "").value();
  const std::string head = from_base64url(member(text, "protected"));
  EXPECT_EQ(member(head, "kid"), "https://ca.test/acct/7");
  EXPECT_EQ(head.find("jwk"), std::string::npos);
  EXPECT_EQ(member(text, "payload"), "");
}

TEST(AccountKey, WhatAHostAnswersIsTheTokenWithTheThumbprintOfTheKey) {
  const AccountKey key = AccountKey::generate().value();
  const std::string text = key.sign("https://ca.test/new", "n", "", "").value();
  const std::string head = from_base64url(member(text, "protected"));
  const auto parsed = api::parse_json(head);
  const api::JsonValue* jwk = parsed->find("jwk");
  const std::string canonical =
      R"({"crv":"P-256","kty":"EC","x":")" + jwk->find("x")->text + R"(","y":")" + jwk->find("y")->text + R"("})";
  const Digest digest = sha256(canonical);
  EXPECT_EQ(key.authorization_of("token").value(),
            "token." + to_base64url({reinterpret_cast<const char*>(digest.bytes.data()), 32}));
}

TEST(AccountKey, IsTheSameAfterItWasKept) {
  const AccountKey key = AccountKey::generate().value();
  const AccountKey again = AccountKey::parse(key.to_pem()).value();
  EXPECT_EQ(key.authorization_of("token").value(), again.authorization_of("token").value());
  EXPECT_FALSE(AccountKey::parse("no key").ok());
  EXPECT_FALSE(AccountKey::parse(key.to_pem().substr(0, 60)).ok());
}

TEST(CertificateRequest, NamesItsHostsAndIsSignedByItsKey) {
  const CertificateRequest request = make_request({"a.pods.example", "*.pods.example"}).value();
  const auto* at = reinterpret_cast<const unsigned char*>(request.der.data());
  X509_REQ* read = d2i_X509_REQ(nullptr, &at, static_cast<long>(request.der.size()));
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(X509_REQ_verify(read, X509_REQ_get0_pubkey(read)), 1);
  EXPECT_NE(request.der.find("a.pods.example"), std::string::npos);
  EXPECT_NE(request.der.find("*.pods.example"), std::string::npos);
  EXPECT_NE(request.key_pem.find("PRIVATE KEY"), std::string::npos);
  X509_REQ_free(read);
}

}  // namespace
}  // namespace sitepod::certs
