// Texts at rest that only the bearer of a token can read again: the key is made from the token, which is stored
// nowhere. XSalsa20-Poly1305 of libsodium. Pure but for randomness; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sitepod::identity {

std::string seal_text(std::string_view token, std::string_view text);
// Nothing: another token sealed it, or it was changed.
std::optional<std::string> unseal_text(std::string_view token, std::string_view sealed);

}  // namespace sitepod::identity
