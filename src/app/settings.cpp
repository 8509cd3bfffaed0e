#include "app/settings.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

#include "app/setting_values.hpp"

namespace sitepod::app {
namespace {

constexpr std::string_view kSwitch = "true or false";
constexpr std::string_view kDuration = "seconds, or a number with its unit: 90s, 15m, 24h, 7d";
constexpr std::string_view kPositive = "a whole number greater than 0";
constexpr std::string_view kBytes = "a whole number of bytes greater than 0";

constexpr Setting kSettings[] = {
    {"server.http_addr", "--listen", "SITEPOD_HTTP_ADDR", "127.0.0.1:8080",
     "address and port to listen on; port 0 takes a free one",
     "ADDRESS:PORT with a numeric address, e.g. 127.0.0.1:8080, 0.0.0.0:80 or [::1]:8080", false, apply_listen},
    {"server.https_addr", "", "SITEPOD_HTTPS_ADDR", "",
     "address and port for https, with the certificates of tls.certificate or of domain.acme_email; without it plain "
     "HTTP alone is spoken",
     "ADDRESS:PORT with a numeric address, e.g. 0.0.0.0:443 or [::]:443", false, apply_https},
    {"server.admin_addr", "", "SITEPOD_ADMIN_ADDR", "",
     "another address for plain HTTP, where the API, health and metrics answer under every host name and no site does",
     "ADDRESS:PORT with a numeric address, e.g. 127.0.0.1:8090", false, apply_admin},
    {"tls.certificate", "", "SITEPOD_TLS_CERTIFICATE", "",
     "PEM files of certificates, each with its chain behind it; the first is for clients that name no host",
     "paths of files, separated by commas", false,
     [](std::string_view value, ServerConfig& config) { return parse_path(value, config.tls_certificates); }, true},
    {"tls.key", "", "SITEPOD_TLS_KEY", "", "PEM files of their keys, in the same order",
     "paths of files, separated by commas", false,
     [](std::string_view value, ServerConfig& config) { return parse_path(value, config.tls_keys); }, true},
    {"server.data_dir", "--data", "SITEPOD_DATA_DIR", "./sitepod-data",
     "folder of everything the server keeps; made when absent", "the path of a folder", false, apply_data_dir},
    {"domain.primary", "--domain", "SITEPOD_DOMAIN", "localhost:8080",
     "base domain, with its port if visitors must type one; sites live at NAME.DOMAIN",
     "a host name with an optional port, e.g. sites.example.com", false, apply_domain},
    {"domain.acme_email", "", "SITEPOD_ACME_EMAIL", "",
     "certificates are ordered and renewed by ACME for hosts that tls.certificate does not cover; with this the "
     "authority can reach the operator",
     "an e-mail address", false,
     [](std::string_view value, ServerConfig& config) { return parse_email(value, config.acme_email); }},
    {"domain.acme_directory", "", "SITEPOD_ACME_DIRECTORY", "https://acme-v02.api.letsencrypt.org/directory",
     "the authority's ACME directory", "an address that begins with https://", false,
     [](std::string_view value, ServerConfig& config) {
       config.acme_directory = value;
       return value.starts_with("https://") && value.find_first_of(" \t\r\n") == std::string_view::npos;
     }},
    {"domain.acme_ca_file", "", "SITEPOD_ACME_CA_FILE", "",
     "PEM file of who vouches for the directory's own certificate, for an authority of one's own", "the path of a file",
     false, [](std::string_view value, ServerConfig& config) { return parse_path(value, config.acme_ca_file); }},
    {"", "", "CF_API_TOKEN", "",
     "Cloudflare's API token for the base domain's zone (Zone:Read and DNS:Edit): with it a wildcard certificate is "
     "ordered for the domain's names",
     "1 to 1024 printable ASCII characters without spaces", true,
     [](std::string_view value, ServerConfig& config) { return parse_field_secret(value, config.cloudflare_token); }},
    {"domain.cloudflare_api", "", "SITEPOD_CLOUDFLARE_API", "https://api.cloudflare.com/client/v4",
     "address of Cloudflare's API", "an address that begins with https:// and does not end with /", false,
     [](std::string_view value, ServerConfig& config) {
       config.cloudflare_api = value;
       return value.starts_with("https://") && !value.ends_with('/') &&
              value.find_first_of(" \t\r\n?#") == std::string_view::npos;
     }},
    {"log.level", "", "SITEPOD_LOG_LEVEL", "info", "what enters the log", "debug, info, warn or error", false,
     apply_log_level},
    {"log.format", "", "SITEPOD_LOG_FORMAT", "text", "how the log is written", "text or json", false, apply_log_format},
    {"log.access", "", "SITEPOD_ACCESS_LOG", "", "file of the access log, one JSON line per answer; none without it",
     "the path of a file", false,
     [](std::string_view value, ServerConfig& config) { return parse_path(value, config.access_log); }},
    {"", "", "SITEPOD_METRICS_TOKEN", "", "bearer token without which /metrics shows nothing", "1 to 1024 bytes", true,
     [](std::string_view value, ServerConfig& config) { return parse_secret(value, config.metrics_token); }},
    {"limits.max_files_per_deploy", "", "SITEPOD_MAX_FILES_PER_DEPLOY", "10000", "files in one deploy", kPositive,
     false,
     [](std::string_view value, ServerConfig& config) {
       return parse_positive(value, config.quotas.max_files_per_deploy);
     }},
    {"limits.max_file_size", "", "SITEPOD_MAX_FILE_SIZE", "104857600", "bytes of one file", kBytes, false,
     [](std::string_view value, ServerConfig& config) {
       return parse_byte_count(value, config.quotas.max_file_bytes);
     }},
    {"limits.max_deploy_size", "", "SITEPOD_MAX_DEPLOY_SIZE", "524288000", "bytes of one deploy", kBytes, false,
     [](std::string_view value, ServerConfig& config) {
       return parse_byte_count(value, config.quotas.max_deploy_bytes);
     }},
    {"limits.max_projects_per_user", "", "SITEPOD_MAX_PROJECTS_PER_USER", "100", "projects of one account", kPositive,
     false,
     [](std::string_view value, ServerConfig& config) {
       return parse_positive(value, config.quotas.max_projects_per_user);
     }},
    {"limits.rate_limit", "", "SITEPOD_RATE_LIMIT", "100", "API requests per token and minute, uploads aside",
     kPositive, false,
     [](std::string_view value, ServerConfig& config) { return parse_positive(value, config.rate_limit); }},
    {"limits.upload_concurrency", "", "SITEPOD_UPLOAD_CONCURRENCY", "10", "uploads of one plan at once; more wait",
     kPositive, false,
     [](std::string_view value, ServerConfig& config) { return parse_positive(value, config.upload_concurrency); }},
    {"content.rate_limit", "", "SITEPOD_CONTENT_RATE_LIMIT", "120",
     "requests to the content API per address and minute", kPositive, false,
     [](std::string_view value, ServerConfig& config) { return parse_positive(value, config.content_rate_limit); }},
    {"content.max_file_size", "", "SITEPOD_CONTENT_MAX_FILE_SIZE", "10737418240", "bytes of one media file", kBytes,
     false,
     [](std::string_view value, ServerConfig& config) {
       return parse_byte_count(value, config.content_max_file_bytes);
     }},
    {"content.builds_per_month", "", "SITEPOD_CONTENT_BUILDS_PER_MONTH", "1000",
     "builds of one account's sites in a calendar month", kPositive, false,
     [](std::string_view value, ServerConfig& config) {
       return parse_positive(value, config.content_builds_per_month);
     }},
    {"content.build_cooldown", "", "SITEPOD_BUILD_COOLDOWN", "30s", "time from one build of a site to the next",
     kDuration, false,
     [](std::string_view value, ServerConfig& config) { return parse_duration(value, 0, config.build_cooldown); }},
    {"content.social_images", "", "SITEPOD_SOCIAL_IMAGES", "true",
     "pages that name no picture get one with their title, for where links to them are shown", kSwitch, false,
     [](std::string_view value, ServerConfig& config) { return parse_switch(value, config.social_images); }},
    {"content.live_reload", "", "SITEPOD_LIVE_RELOAD", "false",
     "built pages look twice a second whether they were built anew; set by sitepod dev", kSwitch, false,
     [](std::string_view value, ServerConfig& config) { return parse_switch(value, config.live_reload); }},
    {"content.storage", "", "SITEPOD_CONTENT_STORAGE_BYTES", "10737418240",
     "bytes of the texts and media of one account", kBytes, false,
     [](std::string_view value, ServerConfig& config) {
       return parse_byte_count(value, config.content_storage_bytes);
     }},
    {"domain.dns_resolvers", "", "SITEPOD_DNS_RESOLVERS", "",
     "name servers that are asked about custom domains; without them the system's",
     "ADDRESS:PORT with numeric addresses, separated by commas, e.g. 192.0.2.1:53,[2001:db8::1]:53", false,
     apply_dns_servers, true},
    {"limits.failed_logins_per_network", "", "SITEPOD_FAILED_LOGINS_PER_NETWORK", "3000",
     "failed logins per minute from one network (/24 of IPv4, /64 of IPv6); per account it is 10", kPositive, false,
     [](std::string_view value, ServerConfig& config) {
       return parse_positive(value, config.failed_logins_of_a_network);
     }},
    {"previews.max_per_project", "", "SITEPOD_MAX_PREVIEWS_PER_PROJECT", "100",
     "previews of one project; one more drives out the one that expires first", kPositive, false,
     [](std::string_view value, ServerConfig& config) { return parse_positive(value, config.max_previews); }},
    {"previews.lifetime", "", "SITEPOD_PREVIEW_LIFETIME", "86400",
     "seconds that a preview lives when its request does not say", kPositive, false,
     [](std::string_view value, ServerConfig& config) { return parse_positive(value, config.preview_seconds); }},
    {"previews.max_lifetime", "", "SITEPOD_MAX_PREVIEW_TTL", "2592000", "seconds that a preview may live", kPositive,
     false,
     [](std::string_view value, ServerConfig& config) { return parse_positive(value, config.max_preview_seconds); }},
    {"accounts.registration", "", "SITEPOD_REGISTRATION", "open",
     "who may make an account: anybody, who has an invite, or nobody", "open, invite or closed", false,
     apply_registration},
    {"", "", "SITEPOD_SETUP_TOKEN", "", "only who sends it with the first login becomes the admin", "1 to 1024 bytes",
     true, [](std::string_view value, ServerConfig& config) { return parse_secret(value, config.setup_token); }},
    {"gc.enabled", "", "SITEPOD_GC_ENABLED", "true",
     "whether old images and bytes that nothing needs are deleted by themselves", kSwitch, false,
     [](std::string_view value, ServerConfig& config) { return parse_switch(value, config.gc_enabled); }},
    {"gc.interval", "", "SITEPOD_GC_INTERVAL", "24h", "time from one collection to the next", kDuration, false,
     [](std::string_view value, ServerConfig& config) { return parse_duration(value, 1, config.gc_interval); }},
    {"gc.grace_period", "", "SITEPOD_GC_GRACE_PERIOD", "1h", "younger bytes stay even when nothing needs them",
     kDuration, false,
     [](std::string_view value, ServerConfig& config) { return parse_duration(value, 0, config.gc_grace); }},
    {"gc.min_versions", "", "SITEPOD_GC_MIN_VERSIONS", "5",
     "newest images of each environment that stay, whatever their age", kPositive, false,
     [](std::string_view value, ServerConfig& config) { return parse_positive(value, config.gc_min_versions); }},
    {"gc.keep_days", "", "SITEPOD_GC_KEEP_DAYS", "30", "days for which every image stays",
     "a whole number of days from 0 to 36500", false,
     [](std::string_view value, ServerConfig& config) {
       return parse_integer<std::int64_t>(value, 0, 36'500, config.gc_keep_days);
     }},
    {"releases.recent_days", "", "SITEPOD_RECENT_DAYS", "7",
     "days after a release for which fingerprinted files of the image before it are still served; 0: none",
     "a whole number of days from 0 to 36500", false,
     [](std::string_view value, ServerConfig& config) {
       return parse_integer<std::int64_t>(value, 0, 36'500, config.recent_days);
     }},
    {"scrub.rate", "", "SITEPOD_SCRUB_RATE", "16777216",
     "bytes per second that the search for damaged files may read; 0: it reads nothing", "a whole number of bytes",
     false,
     [](std::string_view value, ServerConfig& config) {
       return parse_integer<std::uint64_t>(value, 0, std::numeric_limits<std::int64_t>::max(),
                                           config.scrub_bytes_per_second);
     }},
    {"", "", "SITEPOD_SYSTEM_EMAIL", "system@sitepod.local",
     "the name of the server itself where accounts are named; nobody can register it", "an e-mail address", false,
     [](std::string_view value, ServerConfig& config) { return parse_email(value, config.system_email); }},
    {"", "", "SITEPOD_ADMIN_TOKEN", "", "bearer token of the operator for the maintenance endpoints", "1 to 1024 bytes",
     true, [](std::string_view value, ServerConfig& config) { return parse_secret(value, config.admin_token); }},
    {"", "", "SITEPOD_ADMIN_EMAIL", "", "an admin account made at start when it does not exist", "an e-mail address",
     false, [](std::string_view value, ServerConfig& config) { return parse_email(value, config.admin_email); }},
    {"", "", "SITEPOD_ADMIN_PASSWORD", "", "its password", "8 to 1024 bytes", true,
     [](std::string_view value, ServerConfig& config) { return parse_password(value, config.admin_password); }},
    {"", "", "SITEPOD_CONSOLE_ADMIN_EMAIL", "", "the same, but its password and role are set anew at every start",
     "an e-mail address", false,
     [](std::string_view value, ServerConfig& config) { return parse_email(value, config.console_admin_email); }},
    {"", "", "SITEPOD_CONSOLE_ADMIN_PASSWORD", "", "its password", "8 to 1024 bytes", true,
     [](std::string_view value, ServerConfig& config) { return parse_password(value, config.console_admin_password); }},
    {"server.trusted_proxies", "", "SITEPOD_TRUSTED_PROXIES", "",
     "addresses of proxies whose X-Forwarded-For says who the client is",
     "numeric addresses or networks separated by commas, e.g. 10.0.0.0/8,2001:db8::7", false, apply_trusted_proxies,
     true},
    {"server.proxy_mode", "", "SITEPOD_PROXY_MODE", "false",
     "a proxy in front ends TLS: listen on every IPv4 address unless told otherwise, and show https addresses", kSwitch,
     false, [](std::string_view value, ServerConfig& config) { return parse_switch(value, config.proxy_mode); }},
    {"cache.max_entries", "", "", "1000", "files that each worker keeps open", kPositive, false,
     [](std::string_view value, ServerConfig& config) { return parse_positive(value, config.file_cache_entries); }},
    // Of servers that look for new releases from time to time. Here a release is visible when its call returns, which
    // every value allows.
    {"cache.manifest_ttl", "", "", "0s", "without effect: a release is visible at once", kDuration, false,
     [](std::string_view value, ServerConfig&) {
       std::chrono::seconds any{};
       return parse_duration(value, 0, any);
     }},
    {"database.path", "", "", "", "file of the database: sitepod.db in the data folder", "the path of a file", false,
     [](std::string_view value, ServerConfig& config) { return parse_path(value, config.database_path); }},
    {"storage.type", "", "SITEPOD_STORAGE_TYPE", "local",
     "where bytes are kept: in the data folder, or in a bucket with the data folder before it", "local, s3, oss or r2",
     false, apply_storage_type},
    {"storage.s3.bucket", "", "SITEPOD_S3_BUCKET", "", "name of the bucket, which this server has for itself",
     "a bucket's name: 3 to 63 lower-case letters, digits, dots and hyphens", false, apply_bucket},
    {"storage.s3.region", "", "SITEPOD_S3_REGION", "", "its region; without it us-east-1, or auto for r2",
     "a region's name, e.g. eu-central-1", false, apply_region},
    {"storage.s3.endpoint", "", "SITEPOD_S3_ENDPOINT", "",
     "address of the S3 server; without it Amazon's in the region", "http:// or https:// with a host and maybe a port",
     false, apply_endpoint},
    {"storage.s3.public_endpoint", "", "SITEPOD_S3_PUBLIC_ENDPOINT", "",
     "address by which clients reach the S3 server for their uploads, where it is not storage.s3.endpoint",
     "http:// or https:// with a host and maybe a port", false, apply_public_endpoint},
    {"storage.s3.uploads", "", "SITEPOD_S3_UPLOADS", "presigned",
     "the way of a client's files into the bucket: straight there by addresses that a plan gives, or through this "
     "server",
     "presigned or direct", false, apply_bucket_uploads},
    {"storage.s3.take_over", "", "SITEPOD_S3_TAKE_OVER", "",
     "id of a server that is gone for good: this one takes the bucket in its stead", "srv_ with letters and digits",
     false, apply_take_over},
    {"storage.cache_bytes", "", "SITEPOD_STORAGE_CACHE_BYTES", "10737418240",
     "bytes of local copies of what a bucket has; more are dropped, the longest unused first", kBytes, false,
     [](std::string_view value, ServerConfig& config) { return parse_byte_count(value, config.bucket.cache_bytes); }},
    {"", "", "AWS_ACCESS_KEY_ID", "", "whose bucket it is; SITEPOD_S3_ACCESS_KEY is another name of it",
     "1 to 1024 bytes", true,
     [](std::string_view value, ServerConfig& config) { return parse_secret(value, config.bucket.access_key); }, false,
     "SITEPOD_S3_ACCESS_KEY"},
    {"", "", "AWS_SECRET_ACCESS_KEY", "", "the key's secret; SITEPOD_S3_SECRET_KEY is another name of it",
     "1 to 1024 bytes", true,
     [](std::string_view value, ServerConfig& config) { return parse_secret(value, config.bucket.secret_key); }, false,
     "SITEPOD_S3_SECRET_KEY"},
    {"", "", "IS_DEMO", "false", "a demo account that everybody may use: demo@sitepod.dev, password demo123", kSwitch,
     false, [](std::string_view value, ServerConfig& config) { return parse_switch(value, config.is_demo); }},
};

constexpr IdleSetting kForOrders[] = {
    {"CF_API_TOKEN",
     "no certificates are ordered; set domain.acme_email (and server.https_addr) to have one for *.DOMAIN ordered"},
};

constexpr std::string_view kBucketInstead =
    "bytes are kept in the data folder; set storage.type to keep them in a bucket";
constexpr IdleSetting kForBuckets[] = {
    {"AWS_ACCESS_KEY_ID", kBucketInstead},     {"AWS_SECRET_ACCESS_KEY", kBucketInstead},
    {"SITEPOD_S3_ACCESS_KEY", kBucketInstead}, {"SITEPOD_S3_SECRET_KEY", kBucketInstead},
    {"storage.s3.region", kBucketInstead},     {"storage.s3.endpoint", kBucketInstead},
};

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row.back();
}

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

const Setting* find_setting_by_key(std::string_view key) {
  auto found = std::find_if(std::begin(kSettings), std::end(kSettings), [&](const Setting& s) { return s.key == key; });
  return key.empty() || found == std::end(kSettings) ? nullptr : found;
}

const Setting* find_setting_by_flag(std::string_view flag) {
  auto found =
      std::find_if(std::begin(kSettings), std::end(kSettings), [&](const Setting& s) { return s.flag == flag; });
  return flag.empty() || found == std::end(kSettings) ? nullptr : found;
}

std::span<const IdleSetting> settings_for_orders() { return kForOrders; }

std::span<const IdleSetting> settings_for_buckets() { return kForBuckets; }

std::vector<std::string> split_paths(std::string_view list) {
  std::vector<std::string> paths;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(','), list.size());
    std::string_view path = list.substr(0, end);
    while (path.starts_with(' ')) path.remove_prefix(1);
    while (path.ends_with(' ')) path.remove_suffix(1);
    if (!path.empty()) paths.emplace_back(path);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return paths;
}

std::string_view canonical_key(std::string_view key) { return key == "storage.path" ? "server.data_dir" : key; }

std::string_view nearest_key(std::string_view key) {
  std::string_view nearest;
  std::size_t nearest_distance = std::max<std::size_t>(3, key.size() / 3) + 1;
  for (const Setting& setting : kSettings) {
    if (setting.key.empty()) continue;
    // A right name in the wrong table is as near as a typing error.
    bool same_leaf = setting.key.substr(setting.key.rfind('.') + 1) == key.substr(key.rfind('.') + 1);
    std::size_t distance = same_leaf ? 1 : edit_distance(key, setting.key);
    if (distance >= nearest_distance) continue;
    nearest = setting.key;
    nearest_distance = distance;
  }
  return nearest;
}

}  // namespace sitepod::app
