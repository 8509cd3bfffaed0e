#include "identity/sealed_text.hpp"

#include <gtest/gtest.h>

namespace sitepod::identity {
namespace {

TEST(SealedText, OpensWithItsTokenOnly) {
  for (std::string_view text : {"", "a token shown once: sitepod_secret"}) {
    const std::string sealed = seal_text("token", text);
    EXPECT_EQ(unseal_text("token", sealed), text);
    EXPECT_EQ(unseal_text("token2", sealed), std::nullopt);
    EXPECT_EQ(sealed.find("secret"), std::string::npos);
  }
}

TEST(SealedText, DoesNotOpenOnceAByteHasChanged) {
  const std::string sealed = seal_text("token", "text");
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_EQ(unseal_text("token", changed), std::nullopt) << i;
  }
  EXPECT_EQ(unseal_text("token", sealed.substr(0, 10)), std::nullopt);
}

TEST(SealedText, TheSameTextNeverLooksTheSame) { EXPECT_NE(seal_text("token", "text"), seal_text("token", "text")); }

}  // namespace
}  // namespace sitepod::identity
