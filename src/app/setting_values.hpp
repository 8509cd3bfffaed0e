// How the text of a setting becomes a value of the configuration. Pure; any thread. Each answers whether the text is
// allowed; what it leaves behind when it is not is unspecified.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "app/settings.hpp"

namespace sitepod::app {

template <typename Integer>
bool parse_integer(std::string_view text, Integer lowest, Integer highest, Integer& out) {
  Integer value{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < lowest || value > highest) return false;
  out = value;
  return true;
}

template <typename Integer>
bool parse_positive(std::string_view text, Integer& out) {
  return parse_integer<Integer>(text, 1, std::numeric_limits<std::int32_t>::max(), out);
}

// From 1.
bool parse_byte_count(std::string_view text, std::uint64_t& out);
// Seconds, or a number with its unit: 90s, 15m, 24h, 7d. `least` in seconds.
bool parse_duration(std::string_view text, std::int64_t least, std::chrono::seconds& out);
bool parse_email(std::string_view text, std::string& out);
// 8 to 1024 bytes.
bool parse_password(std::string_view text, std::string& out);
// 1 to 1024 bytes: how short is the operator's choice; the server warns of those that can be guessed.
bool parse_secret(std::string_view text, std::string& out);
// The same, of what can stand in a field of a request.
bool parse_field_secret(std::string_view text, std::string& out);
bool parse_path(std::string_view text, std::string& out);
// "true" or "1", "false" or "0".
bool parse_switch(std::string_view value, bool& out);

// Of one setting each, named after it.
bool apply_listen(std::string_view value, ServerConfig& config);
bool apply_https(std::string_view value, ServerConfig& config);
bool apply_admin(std::string_view value, ServerConfig& config);
bool apply_domain(std::string_view value, ServerConfig& config);
bool apply_data_dir(std::string_view value, ServerConfig& config);
bool apply_log_level(std::string_view value, ServerConfig& config);
bool apply_log_format(std::string_view value, ServerConfig& config);
bool apply_dns_servers(std::string_view value, ServerConfig& config);
bool apply_registration(std::string_view value, ServerConfig& config);
bool apply_trusted_proxies(std::string_view value, ServerConfig& config);
bool apply_storage_type(std::string_view value, ServerConfig& config);
bool apply_bucket(std::string_view value, ServerConfig& config);
bool apply_region(std::string_view value, ServerConfig& config);
bool apply_endpoint(std::string_view value, ServerConfig& config);
bool apply_public_endpoint(std::string_view value, ServerConfig& config);
bool apply_take_over(std::string_view value, ServerConfig& config);
bool apply_bucket_uploads(std::string_view value, ServerConfig& config);

}  // namespace sitepod::app
