// Every setting of the server: its names, its default, its rule. The only list of them; the flags, the file's keys, the
// environment,
// --print-config and docs/operate/configuration.md all follow it. Immutable; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address_ranges.hpp"
#include "base/log.hpp"
#include "blob/bucket_settings.hpp"
#include "deploy/deployer.hpp"
#include "identity/identity.hpp"

namespace sitepod::app {

// The settings as the program uses them.
struct ServerConfig {
  std::string listen_host;  // numeric
  std::uint16_t listen_port = 0;
  std::string https_host;  // numeric; empty: https is not spoken
  std::uint16_t https_port = 0;
  std::string admin_host;  // numeric; empty: no address of its own for the API
  std::uint16_t admin_port = 0;
  std::string tls_certificates;  // paths, separated by commas: see split_paths
  std::string tls_keys;          // as many
  std::string acme_email;        // empty: no certificates are ordered
  std::string acme_directory;
  std::string acme_ca_file;      // empty: the system's authorities
  std::string cloudflare_token;  // empty: nothing is proven by DNS
  std::string cloudflare_api;
  std::string data_dir;
  std::string domain;  // lower-case, with its port if it has one
  log::Level log_level = log::Level::Info;
  log::Format log_format = log::Format::Text;
  std::string access_log;     // path; empty: none is kept
  std::string metrics_token;  // empty: the metrics are public
  deploy::Quotas quotas;
  std::size_t rate_limit = 0;
  std::size_t upload_concurrency = 0;
  std::size_t content_rate_limit = 0;
  std::uint64_t content_storage_bytes = 0;  // of an account
  std::uint64_t content_max_file_bytes = 0;
  std::int64_t content_builds_per_month = 0;
  std::chrono::seconds build_cooldown{};
  bool social_images = true;
  bool live_reload = false;
  std::string dns_servers;  // "192.0.2.1:53,…"; empty: the system's
  identity::Registration registration = identity::Registration::Open;
  std::string setup_token;  // empty: the first account is the admin
  std::size_t failed_logins_of_a_network = 0;
  std::int64_t max_previews = 0;  // of a project
  std::int64_t preview_seconds = 0;
  std::int64_t max_preview_seconds = 0;
  bool gc_enabled = true;
  std::chrono::seconds gc_interval{};
  std::chrono::seconds gc_grace{};
  std::int64_t gc_min_versions = 0;
  std::int64_t gc_keep_days = 0;
  std::int64_t recent_days = 0;              // for which files of images that are live no more are served
  std::uint64_t scrub_bytes_per_second = 0;  // 0: nothing is read
  std::string admin_token;                   // empty: nobody is admin by it
  std::string admin_email;                   // empty: no account is made at start
  std::string admin_password;
  std::string console_admin_email;  // likewise, set anew at every start
  std::string console_admin_password;
  AddressRanges trusted_proxies;
  bool proxy_mode = false;  // a proxy ends TLS in front of this server
  bool is_demo = false;
  std::string system_email;            // the server's own name in lists of accounts and events; nobody's account
  std::size_t file_cache_entries = 0;  // open files of each worker
  std::string storage_type;            // "local", "s3", "oss" or "r2"
  blob::BucketSettings bucket;         // of no use with "local"
  std::string bucket_take_over;        // id of the server that this one stands in for; empty: none
  std::string database_path;           // empty: in the data folder, which is the only place it can be

  bool speaks_https() const { return !https_host.empty(); }
  bool orders_certificates() const { return speaks_https() && !acme_email.empty(); }
  // The base domain's names have one certificate together, proven by DNS.
  bool orders_wildcard() const { return orders_certificates() && !cloudflare_token.empty(); }
  // The addresses that visitors type: here or at a proxy, TLS is in front of the sites.
  bool shows_https() const { return proxy_mode || speaks_https(); }
};

struct Setting {
  std::string_view key;          // in the file, "server.http_addr"; empty: not in the file
  std::string_view flag;         // "--listen"; empty: none
  std::string_view environment;  // "SITEPOD_HTTP_ADDR"; empty: none
  std::string_view default_value;
  std::string_view meaning;  // for --help
  std::string_view rule;     // what a value must look like
  bool is_secret = false;    // --print-config does not show it
  // False: the value breaks the rule.
  bool (*apply)(std::string_view value, ServerConfig& config) = nullptr;
  bool is_list = false;                     // in the file it may be a list of texts
  std::string_view other_environment = {};  // another name of `environment`; empty: none

  // The name that messages use.
  std::string_view name() const { return key.empty() ? environment : key; }
};

std::span<const Setting> all_settings();
const Setting* find_setting_by_key(std::string_view key);
const Setting* find_setting_by_flag(std::string_view flag);

// What may be set for another program, or for another setting, and is told at the start rather than ignored.
struct IdleSetting {
  std::string_view name;     // the variable, or the key of the setting
  std::string_view instead;  // what to do
};
// Who may change a zone: without effect where no certificates are ordered.
std::span<const IdleSetting> settings_for_orders();
// About a bucket: without effect where there is none.
std::span<const IdleSetting> settings_for_buckets();

// Another name of a setting in the file, which existing files have; else the key itself.
std::string_view canonical_key(std::string_view key);

// The paths of a list; spaces around them do not count.
std::vector<std::string> split_paths(std::string_view list);

// The known key that is nearest to a mistyped one; empty when none is near.
std::string_view nearest_key(std::string_view key);

}  // namespace sitepod::app
