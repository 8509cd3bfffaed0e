#include "app/setting_values.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "model/names.hpp"
#include "net/dns_resolver.hpp"

namespace sitepod::app {
namespace {

bool is_numeric_address(const std::string& host) {
  in6_addr address{};
  return ::inet_pton(AF_INET, host.c_str(), &address) == 1 || ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

bool is_label(std::string_view label) {
  if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; ":8080" is every IPv4 address.
bool parse_listen(std::string_view value, std::string& host_out, std::uint16_t& port_out) {
  std::size_t colon = value.rfind(':');
  if (colon == std::string_view::npos) return false;
  std::string host(value.substr(0, colon));
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  else if (host.find(':') != std::string::npos)
    return false;
  if (host.empty()) host = "0.0.0.0";
  if (host == "localhost") host = "127.0.0.1";
  if (!is_numeric_address(host)) return false;
  if (!parse_integer<std::uint16_t>(value.substr(colon + 1), 0, 65535, port_out)) return false;
  host_out = std::move(host);
  return true;
}

}  // namespace

bool parse_byte_count(std::string_view text, std::uint64_t& out) {
  return parse_integer<std::uint64_t>(text, 1, std::numeric_limits<std::int64_t>::max(), out);
}

bool apply_listen(std::string_view value, ServerConfig& config) {
  return parse_listen(value, config.listen_host, config.listen_port);
}

bool apply_https(std::string_view value, ServerConfig& config) {
  return value.empty() || parse_listen(value, config.https_host, config.https_port);
}

bool apply_admin(std::string_view value, ServerConfig& config) {
  return value.empty() || parse_listen(value, config.admin_host, config.admin_port);
}

bool apply_domain(std::string_view value, ServerConfig& config) {
  std::string domain(value);
  for (char& c : domain)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  std::string_view host = domain;
  if (std::size_t colon = domain.find(':'); colon != std::string::npos) {
    std::uint16_t port = 0;
    if (!parse_integer<std::uint16_t>(host.substr(colon + 1), 0, 65535, port)) return false;
    host = host.substr(0, colon);
  }
  // Room for the longest label in front of it.
  if (host.size() > 253 - 64) return false;
  for (std::string_view rest = host;;) {
    std::size_t dot = rest.find('.');
    if (!is_label(rest.substr(0, dot))) return false;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  config.domain = std::move(domain);
  return true;
}

bool apply_data_dir(std::string_view value, ServerConfig& config) {
  config.data_dir = value;
  while (config.data_dir.size() > 1 && config.data_dir.back() == '/') config.data_dir.pop_back();
  return !value.empty() && value.find('\0') == std::string_view::npos;
}

bool apply_log_level(std::string_view value, ServerConfig& config) {
  constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};
  auto found = std::find(kNames.begin(), kNames.end(), value);
  if (found == kNames.end()) return false;
  config.log_level = static_cast<log::Level>(found - kNames.begin());
  return true;
}

bool apply_log_format(std::string_view value, ServerConfig& config) {
  if (value != "text" && value != "json") return false;
  config.log_format = value == "json" ? log::Format::Json : log::Format::Text;
  return true;
}

bool apply_dns_servers(std::string_view value, ServerConfig& config) {
  config.dns_servers = value;
  return value.empty() || net::is_dns_server_list(value);
}

bool apply_registration(std::string_view value, ServerConfig& config) {
  using identity::Registration;
  constexpr std::array<std::pair<std::string_view, Registration>, 3> kPolicies = {
      {{"open", Registration::Open}, {"invite", Registration::Invite}, {"closed", Registration::Closed}}};
  for (const auto& [name, policy] : kPolicies)
    if (value == name) config.registration = policy;
  return std::any_of(kPolicies.begin(), kPolicies.end(), [&](const auto& each) { return each.first == value; });
}

bool parse_duration(std::string_view text, std::int64_t least, std::chrono::seconds& out) {
  constexpr std::int64_t kTenYears = 10ll * 366 * 24 * 3600;
  std::int64_t unit = 1;
  constexpr std::array<std::pair<char, std::int64_t>, 4> kUnits = {{{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86'400}}};
  for (const auto& [letter, seconds] : kUnits)
    if (!text.empty() && text.back() == letter) unit = seconds;
  if (!text.empty() && (text.back() < '0' || text.back() > '9')) {
    if (unit == 1 && text.back() != 's') return false;
    text.remove_suffix(1);
  }
  std::int64_t number = 0;
  if (!parse_integer<std::int64_t>(text, 0, kTenYears / unit, number) || number * unit < least) return false;
  out = std::chrono::seconds(number * unit);
  return true;
}

bool parse_email(std::string_view text, std::string& out) {
  auto email = model::parse_email(text);
  if (!email.ok()) return false;
  out = std::move(email).value();
  return true;
}

bool parse_password(std::string_view text, std::string& out) {
  out = text;
  return text.size() >= 8 && text.size() <= 1024;
}

bool parse_secret(std::string_view text, std::string& out) {
  out = text;
  return !text.empty() && text.size() <= 1024;
}

bool parse_field_secret(std::string_view text, std::string& out) {
  return parse_secret(text, out) && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

bool parse_path(std::string_view text, std::string& out) {
  out = text;
  return text.find('\0') == std::string_view::npos;
}

bool parse_switch(std::string_view value, bool& out) {
  out = value == "true" || value == "1";
  return out || value == "false" || value == "0";
}

bool apply_trusted_proxies(std::string_view value, ServerConfig& config) {
  const auto ranges = AddressRanges::parse(value);
  if (ranges) config.trusted_proxies = *ranges;
  return ranges.has_value();
}

bool apply_storage_type(std::string_view value, ServerConfig& config) {
  config.storage_type = value;
  return value == "local" || value == "s3" || value == "oss" || value == "r2";
}

// "Bucket naming rules" of Amazon S3; others allow no more.
bool apply_bucket(std::string_view value, ServerConfig& config) {
  config.bucket.name = value;
  if (value.size() < 3 || value.size() > 63) return false;
  for (std::string_view rest = value;;) {
    const std::size_t dot = rest.find('.');
    if (!is_label(rest.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    rest.remove_prefix(dot + 1);
  }
}

bool apply_region(std::string_view value, ServerConfig& config) {
  config.bucket.region = value;
  return is_label(value);
}

namespace {

bool parse_endpoint(std::string_view value, std::string& out) {
  while (value.ends_with('/')) value.remove_suffix(1);
  out = value;
  const std::size_t scheme = value.starts_with("https://") ? 8 : value.starts_with("http://") ? 7 : 0;
  const std::string_view host = value.substr(scheme);
  const auto is_of_host = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':' || c == '[' ||
           c == ']' || c == '_';
  };
  return scheme > 0 && !host.empty() && std::all_of(host.begin(), host.end(), is_of_host);
}

}  // namespace

bool apply_endpoint(std::string_view value, ServerConfig& config) {
  return parse_endpoint(value, config.bucket.endpoint);
}

bool apply_public_endpoint(std::string_view value, ServerConfig& config) {
  return parse_endpoint(value, config.bucket.public_endpoint);
}

bool apply_take_over(std::string_view value, ServerConfig& config) {
  config.bucket_take_over = value;
  const auto is_of_id = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  constexpr std::string_view kPrefix = "srv_";
  return value.starts_with(kPrefix) && value.size() > kPrefix.size() &&
         std::all_of(value.begin() + kPrefix.size(), value.end(), is_of_id);
}

bool apply_bucket_uploads(std::string_view value, ServerConfig& config) {
  config.bucket.takes_uploads = value == "presigned";
  return value == "presigned" || value == "direct";
}

}  // namespace sitepod::app
