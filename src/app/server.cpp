#include "app/server.hpp"

#include <algorithm>
#include <atomic>
#include <optional>

#include "app/api_gate.hpp"
#include "app/blob_folder.hpp"
#include "app/data_folder.hpp"
#include "app/domain_checks.hpp"
#include "app/figures.hpp"
#include "app/housekeeping.hpp"
#include "app/process.hpp"
#include "app/shown_certificates.hpp"
#include "app/store_counts.hpp"
#include "app/traffic_counts.hpp"
#include "base/file.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "base/thread_pool.hpp"
#include "blob/blob_store.hpp"
#include "content/content.hpp"
#include "control/api.hpp"
#include "deploy/collector.hpp"
#include "deploy/deployer.hpp"
#include "deploy/encoder.hpp"
#include "deploy/purger.hpp"
#include "deploy/scrubber.hpp"
#include "domains/domains.hpp"
#include "identity/identity.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"
#include "publish/publisher.hpp"
#include "serve/access_log.hpp"
#include "serve/data_plane.hpp"

namespace sitepod::app {
namespace {

// API requests may wait for slow clients and for upload slots, each on a thread; idle ones end by themselves.
constexpr std::size_t kMaxApiThreads = 128;
constexpr std::size_t kMaxBlobThreads = 8;

// Once for the life of the database: with another one visitors would have to open their pages again.
Result<void> make_page_secret(meta::MetaStore& meta) {
  return meta.write([](meta::Session& session) -> Result<void> {
    if (SITEPOD_TRY(meta::find_setting(session, meta::kPageSecretSetting))) return {};
    Digest secret;
    random_bytes(secret.bytes);
    return meta::put_setting(session, meta::kPageSecretSetting, secret.hex());
  });
}

}  // namespace

// Members in the order in which they are made; stop() ends them in the order that their users need.
struct Server::State {
  explicit State(const LoadedConfig& loaded_config) : loaded(loaded_config) {}

  const LoadedConfig loaded;
  const Instant started_at = now();
  ApiGate gate{started_at};
  std::string domain;
  bool has_sites = false;

  UniqueFd lock;
  std::unique_ptr<blob::BlobStore> blobs;
  std::unique_ptr<ShownCertificates> certificates;  // null: https is not spoken
  std::unique_ptr<publish::Publisher> publisher;
  std::optional<ThreadPool> blob_pool;
  std::optional<ThreadPool> api_pool;
  std::unique_ptr<serve::AccessLog> access_log;
  std::unique_ptr<serve::DataPlane> data_plane;

  std::unique_ptr<meta::MetaStore> meta;
  std::unique_ptr<identity::Identity> identity;
  std::atomic<identity::Identity*> password_checker{nullptr};  // `identity`, for threads of the data plane
  std::unique_ptr<deploy::Encoder> encoder;
  std::unique_ptr<deploy::Deployer> deployer;
  std::unique_ptr<domains::Domains> domains;
  std::unique_ptr<content::Content> content;
  std::unique_ptr<StoreCounts> store_counts;
  std::unique_ptr<control::Api> api;
  std::unique_ptr<deploy::Collector> collector;
  std::unique_ptr<deploy::Purger> purger;
  std::unique_ptr<deploy::Scrubber> scrubber;
  // The same once it exists: threads of the blob pool ask.
  std::atomic<deploy::Scrubber*> damage_handler{nullptr};
  std::unique_ptr<Housekeeping> housekeeping;
  std::unique_ptr<DomainChecks> domain_checks;
  std::unique_ptr<TrafficCounts> traffic_counts;

  const ServerConfig& config() const { return loaded.config; }
  serve::Openings make_openings();
  void quarantine(const Digest& blob);
  void show_encodings(const std::string& image_id, const std::string& project_id, deploy::Encoder::Made made);
  deploy::DeploySettings deploy_settings() const;
  void make_content();
  void make_maintenance();
  control::Maintenance maintenance();
  control::Operations operations();
  identity::IdentitySettings identity_settings() const;
};

// They stand against guessing alone: nothing throttles who has no account.
static void warn_of_short_secrets(const ServerConfig& config) {
  constexpr std::size_t kHardToGuessBytes = 16;
  using Secret = std::pair<std::string_view, const std::string&>;
  for (const auto& [name, secret] :
       {Secret("SITEPOD_ADMIN_TOKEN", config.admin_token), Secret("SITEPOD_METRICS_TOKEN", config.metrics_token),
        Secret("SITEPOD_SETUP_TOKEN", config.setup_token)})
    if (!secret.empty() && secret.size() < kHardToGuessBytes)
      log::warn("a secret is short enough to be guessed: make it 16 bytes or longer", {{"setting", name}});
}

static void warn_of_what_has_no_effect(const LoadedConfig& loaded) {
  for (const IdleSetting* each : loaded.without_effect)
    log::warn("a setting has no effect here", {{"setting", each->name}, {"instead", each->instead}});
}

// Browsers find localhost at this machine and at no proxy, so that nothing listens where such addresses lead.
static void warn_of_addresses_without_port(const ServerConfig& config, std::string_view domain, std::uint16_t port) {
  constexpr std::uint16_t kDefaultPort = 80;
  const bool is_here = domain == "localhost" || domain.ends_with(".localhost");
  if (is_here && port != kDefaultPort && !config.proxy_mode)
    log::warn("addresses are shown without the port that is listened on: give the domain its port",
              {{"domain", domain}, {"port", std::int64_t{port}}});
}

Server::Server(const LoadedConfig& config) : state_(std::make_unique<State>(config)) {
  SITEPOD_CHECK(config.problems.empty());
}
Server::~Server() = default;

bool Server::has_sites() const { return state_->has_sites; }
std::uint16_t Server::port() const { return state_->data_plane->port(); }
std::uint16_t Server::https_port() const { return state_->data_plane->https_port(); }
std::uint16_t Server::admin_port() const { return state_->data_plane->admin_port(); }
std::string Server::domain() const { return state_->domain; }

// The port in addresses of https; 0: that of the listener.
static std::uint16_t public_https_port(std::string_view domain) {
  constexpr std::uint16_t kHttpsPort = 443;
  const std::size_t colon = domain.find(':');
  if (deploy::is_local_domain(host_of_domain(domain))) return 0;
  return colon == std::string_view::npos ? kHttpsPort
                                         : static_cast<std::uint16_t>(std::stoi(std::string(domain.substr(colon + 1))));
}

Result<void> Server::start_sites() {
  State& state = *state_;
  const ServerConfig& config = state.config();
  warn_of_short_secrets(config);
  warn_of_what_has_no_effect(state.loaded);
  SITEPOD_TRY(make_directories(config.data_dir, 0750));
  state.lock = SITEPOD_TRY(lock_data_folder(config.data_dir));
  state.blobs = SITEPOD_TRY(open_blobs(config));

  std::string base_domain(host_of_domain(config.domain));
  publish::PublisherOptions publishing{config.data_dir, base_domain};
  publishing.recent = std::chrono::hours(24 * config.recent_days);
  if (config.speaks_https()) {
    state.certificates = SITEPOD_TRY(ShownCertificates::load(config));
    publishing.certificates = state.certificates->compose();
  }
  state.publisher = std::make_unique<publish::Publisher>(std::move(publishing), *state.blobs);
  auto snapshot = state.publisher->boot_snapshot();
  state.has_sites = snapshot->hosts.size() > 0;

  state.blob_pool.emplace("blob", 0, kMaxBlobThreads);
  state.api_pool.emplace("api", 1, kMaxApiThreads);
  serve::DataPlaneOptions options;
  options.listen_host = config.listen_host;
  options.listen_port = config.listen_port;
  options.https_host = config.https_host;
  options.https_port = config.https_port;
  options.admin_host = config.admin_host;
  options.admin_port = config.admin_port;
  options.public_https_port = public_https_port(config.domain);
  options.awaits_certificates = config.orders_certificates();
  options.trusted_proxies = config.trusted_proxies;
  options.is_behind_tls = config.proxy_mode;
  options.file_cache_entries = config.file_cache_entries;
  if (!config.access_log.empty()) state.access_log = SITEPOD_TRY(serve::AccessLog::open(config.access_log));
  options.access_log = state.access_log.get();
  state.data_plane =
      std::make_unique<serve::DataPlane>(options, state.make_openings(), *state.blob_pool, *state.api_pool);
  SITEPOD_TRY(state.data_plane->start(std::move(snapshot)));
  state.domain = resolve_domain(state.loaded, state.data_plane->port(), state.data_plane->https_port());
  warn_of_addresses_without_port(config, state.domain, state.data_plane->port());
  return {};
}

serve::Openings Server::State::make_openings() {
  serve::Openings openings;
  openings.open_blob = [this](const Digest& blob) { return blobs->open_blob(blob); };
  if (config().storage_type != "local") {
    openings.open_near_blob = [this](const Digest& blob) { return blobs->open_near_blob(blob); };
    openings.fetch_blob = [this](const Digest& blob, std::function<void(Result<void>)> done) {
      blobs->fetch_blob(blob, std::move(done));
    };
  }
  openings.report_corrupt_blob = [this](const Digest& blob) { quarantine(blob); };
  openings.check_password = [this](const std::string& hash, const std::string& password) -> Result<bool> {
    identity::Identity* checker = password_checker.load();
    if (!checker) return unavailable("The server is starting or stopping; try again in a moment.");
    return checker->check_password(hash, password);
  };
  openings.check_page_password = [this](const serve::PageGuess& guess) -> Result<bool> {
    identity::Identity* checker = password_checker.load();
    if (!checker) return unavailable("The server is starting or stopping; try again in a moment.");
    return checker->check_page_password(guess.page, guess.verifier, guess.password, guess.address, now());
  };
  openings.api = [this](http::ApiRequest& request) { return gate.handle(request); };
  return openings;
}

void Server::State::quarantine(const Digest& blob) {
  if (deploy::Scrubber* handler = damage_handler.load()) return handler->quarantine(blob);
  if (const Result<bool> recovered = blobs->recover(blob); !recovered.ok() || *recovered) return;
  // Before the database is open only the file can be moved; the scrub then finds its row without a file.
  log::error("a blob's bytes do not have its hash; moved to quarantine, its next upload replaces it",
             {{"blob", blob.hex()}});
  if (auto moved = blobs->quarantine(blob); !moved.ok())
    log::error("could not move a damaged blob to quarantine",
               {{"blob", blob.hex()}, {"reason", moved.error().context}});
}

void Server::State::show_encodings(const std::string& image_id, const std::string& project_id,
                                   deploy::Encoder::Made made) {
  auto compiled = made == deploy::Encoder::Made::Nothing ? publisher->carry_index_over(image_id)
                                                         : publisher->compile_image(image_id);
  if (compiled.ok() && made != deploy::Encoder::Made::Nothing) compiled = publisher->publish_project(project_id);
  if (compiled.ok()) return;
  // Without them visitors get the identity bytes; the next start takes the encodings up again.
  const Error& error = compiled.error();
  log::warn("could not make new encodings visible",
            {{"image", image_id}, {"reason", error.context.empty() ? error.message : error.context}});
}

deploy::DeploySettings Server::State::deploy_settings() const {
  deploy::DeploySettings settings;
  settings.quotas = config().quotas;
  settings.run_id = random_id("run_");
  settings.urls = deploy::SiteUrls(domain, config().shows_https());
  settings.uploads_per_plan = config().upload_concurrency;
  settings.max_previews = config().max_previews;
  settings.preview_lifetime = std::chrono::seconds(config().preview_seconds);
  settings.max_preview_lifetime = std::chrono::seconds(config().max_preview_seconds);
  return settings;
}

identity::IdentitySettings Server::State::identity_settings() const {
  identity::IdentitySettings settings;
  settings.registration = config().registration;
  settings.setup_token = config().setup_token;
  settings.system_email = config().system_email;
  settings.failed_logins_of_a_network = config().failed_logins_of_a_network;
  return settings;
}

control::Operations Server::State::operations() {
  control::Operations operations;
  operations.metrics_token = config().metrics_token;
  operations.figures = [this] {
    control::ServerFigures figures =
        collect_figures(*data_plane, *publisher, *api_pool, *blob_pool, access_log.get(), *store_counts, *blobs);
    if (certificates) figures.hosts_without_certificate = certificates->waiting();
    return figures;
  };
  return operations;
}

void Server::State::make_content() {
  content::ContentSettings settings;
  settings.storage_bytes = config().content_storage_bytes;
  settings.builds.builds_per_month = config().content_builds_per_month;
  settings.builds.cooldown = config().build_cooldown;
  settings.builds.social_images = config().social_images;
  settings.builds.live_reload = config().live_reload;
  settings.media_folder = config().data_dir + "/tmp";
  settings.max_media_bytes = config().content_max_file_bytes;
  content::ContentHooks hooks;
  hooks.forget_image = [this](std::string_view id) { publisher->outdate_image(std::string(id)); };
  hooks.open_blob = [this](const Digest& blob) { return blobs->open_blob(blob); };
  hooks.compile_image = [this](std::string_view id) { return publisher->compile_image(id); };
  hooks.compile_built_image = [this](std::string_view id, const model::Manifest& manifest) {
    return publisher->compile_committed_image(id, &manifest);
  };
  hooks.publish_project = [this](std::string_view id) { return publisher->publish_project(id); };
  hooks.hash_password = [this](std::string_view password) { return identity->hash_password(password); };
  content = std::make_unique<content::Content>(*meta, *deployer, std::move(hooks), settings);
}

void Server::State::make_maintenance() {
  deploy::CollectorSettings settings;
  settings.min_versions = config().gc_min_versions;
  settings.keep = std::chrono::hours(24 * config().gc_keep_days);
  settings.grace = config().gc_grace;
  const auto forget_image = [this](std::string_view id) { publisher->forget_image(std::string(id)); };
  collector = std::make_unique<deploy::Collector>(
      *meta, *blobs, settings, deploy::Visibility{[this] { return publisher->settle(); }, forget_image});
  purger = std::make_unique<deploy::Purger>(
      *meta, *blobs, *collector,
      deploy::PurgeHooks{forget_image, [this](std::string_view id) { return publisher->publish_project(id); },
                         [this](std::vector<Digest> gone) { data_plane->forget_blobs(std::move(gone)); }});
  deploy::ScrubSettings scrub;
  scrub.bytes_per_second = config().scrub_bytes_per_second;
  scrubber = std::make_unique<deploy::Scrubber>(*meta, *blobs, scrub);
  damage_handler.store(scrubber.get());
}

control::Maintenance Server::State::maintenance() {
  control::Maintenance wired;
  wired.collector = collector.get();
  wired.purger = purger.get();
  wired.scrubber = scrubber.get();
  wired.invalidate_caches = [this] { data_plane->forget_all_blobs(); };
  wired.publish_everything = [this] { return publisher->publish_everything(); };
  wired.admin_token = config().admin_token;
  wired.system_email = config().system_email;
  return wired;
}

void Server::look_around() {
  if (state_->access_log) state_->access_log->reopen();
  if (state_->certificates) state_->certificates->reload(*state_->publisher, *state_->data_plane);
  if (!state_->meta) return;
  if (auto published = state_->publisher->publish_changes(); !published.ok())
    log::error("could not publish what was changed from outside", {{"reason", published.error().context}});
}

Result<void> Server::open_control() {
  State& state = *state_;
  auto meta = SITEPOD_TRY(meta::MetaStore::open_sqlite(state.config().data_dir + std::string(kDatabaseFile)));
  auto identity = std::make_unique<identity::Identity>(*meta, state.identity_settings());
  const ServerConfig& config = state.config();
  if (!config.admin_email.empty())
    SITEPOD_TRY(identity->create_admin(config.admin_email, config.admin_password, now()));
  if (!config.console_admin_email.empty())
    SITEPOD_TRY(identity->keep_admin(config.console_admin_email, config.console_admin_password, now()));
  if (config.is_demo) SITEPOD_TRY(identity->create_demo(now()));
  // For words at the machine that print addresses.
  const std::string base_url = deploy::SiteUrls(state.domain, config.shows_https()).base_url();
  SITEPOD_TRY(
      meta->write([&](meta::Session& session) { return meta::put_setting(session, kBaseUrlSetting, base_url); }));
  SITEPOD_TRY(make_page_secret(*meta));
  SITEPOD_TRY(state.publisher->start(*meta, *state.data_plane));
  state.meta = std::move(meta);
  state.identity = std::move(identity);
  state.password_checker.store(state.identity.get());

  state.encoder = std::make_unique<deploy::Encoder>(*state.meta, *state.blobs);
  state.encoder->on_encoded([&state](const std::string& image_id, const std::string& project_id,
                                     deploy::Encoder::Made made) { state.show_encodings(image_id, project_id, made); });
  state.deployer =
      std::make_unique<deploy::Deployer>(*state.meta, *state.blobs, *state.encoder, state.deploy_settings());
  control::Publication publication{
      [&state](std::string_view image_id) { return state.publisher->compile_committed_image(image_id); },
      [&state](std::string_view project_id) { return state.publisher->publish_project(project_id); },
      [&state](const std::string& host) { return state.publisher->shows_host(host); }};
  domains::DomainSettings domain_settings;
  domain_settings.base_domain = host_of_domain(state.domain);
  domain_settings.dns.servers = state.config().dns_servers;
  state.domains = std::make_unique<domains::Domains>(*state.meta, std::move(domain_settings));
  state.make_content();
  state.make_maintenance();
  state.store_counts = std::make_unique<StoreCounts>(*state.meta);
  control::ApiSettings settings;
  settings.domain = state.domain;
  settings.is_demo = config.is_demo;
  settings.rate_limit = state.config().rate_limit;
  settings.content_rate_limit = state.config().content_rate_limit;
  settings.started_at = state.started_at;
  state.api =
      std::make_unique<control::Api>(*state.meta, *state.identity, *state.deployer, *state.domains, *state.content,
                                     std::move(publication), settings, state.operations(), state.maintenance());
  state.encoder->start();
  state.scrubber->start();
  state.housekeeping = std::make_unique<Housekeeping>(
      *state.meta, *state.collector, *state.purger,
      [&state](const std::string& project_id) { return state.publisher->publish_project(project_id); },
      [&state] { return state.publisher->publish_changes(); },
      config.gc_enabled ? std::optional(config.gc_interval) : std::nullopt);
  state.domain_checks = std::make_unique<DomainChecks>(
      *state.domains, [&state](const std::string& project_id) { return state.publisher->publish_project(project_id); });
  state.traffic_counts = std::make_unique<TrafficCounts>(*state.meta, *state.publisher, *state.data_plane);
  SITEPOD_TRY(state.content->start());
  if (state.certificates)
    state.certificates->keep(*state.publisher, *state.data_plane, std::string(host_of_domain(state.domain)));
  state.gate.open(*state.api);
  give_back_memory();
  return {};
}

void Server::stop(std::chrono::milliseconds patience) {
  State& state = *state_;
  // A collection may take long, on request as well as by itself; it ends at its next step.
  if (state.collector) state.collector->stop();
  if (state.data_plane) state.data_plane->drain(patience);
  state.traffic_counts.reset();
  // A build in work is released and shown; those that wait are taken up by the next run, films in work too.
  if (state.content) state.content->stop();
  if (state.certificates) state.certificates->stop();
  // Whoever still wants a blob that is not here gets none any more.
  if (state.blobs) state.blobs->stop_waiting();
  // The publisher calls the data plane, API handlers call everything: so end the callers first.
  if (state.publisher) state.publisher->stop();
  state.data_plane.reset();
  state.access_log.reset();
  state.api_pool.reset();
  state.blob_pool.reset();
  state.housekeeping.reset();
  state.damage_handler.store(nullptr);
  state.scrubber.reset();
  state.domain_checks.reset();
  state.api.reset();
  state.certificates.reset();
  state.store_counts.reset();
  state.content.reset();
  state.domains.reset();
  state.purger.reset();
  state.collector.reset();
  state.deployer.reset();
  state.encoder.reset();
  state.identity.reset();
  state.publisher.reset();
  state.meta.reset();
}

}  // namespace sitepod::app
