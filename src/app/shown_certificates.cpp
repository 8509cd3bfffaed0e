#include "app/shown_certificates.hpp"

#include <utility>

#include "app/certificate_files.hpp"
#include "app/config.hpp"
#include "base/log.hpp"
#include "base/thread_pool.hpp"

namespace sitepod::app {
namespace {

// A key seals for so long and opens for twice as long more; clients keep tickets for two hours.
constexpr std::int64_t kTicketKeyLifeMs = 12ll * 3600 * 1000;
constexpr std::chrono::hours kTicketKeyLook{1};

}  // namespace

Result<std::unique_ptr<ShownCertificates>> ShownCertificates::load(const ServerConfig& config) {
  std::unique_ptr<ShownCertificates> made(new ShownCertificates(config));
  made->provided_ = SITEPOD_TRY(load_certificates(config));
  warn_of_certificates(config, *made->provided_, host_of_domain(config.domain), now());
  if (!config.orders_certificates()) return made;
  const certs::CertificateStore store(config.data_dir);
  SITEPOD_TRY(store.create_folder());
  made->issued_ = SITEPOD_TRY(store.load());
  made->setbacks_ = SITEPOD_TRY(store.load_setbacks());
  return made;
}

// The operator's first, then the base domain's: the very first is shown to who names no host. Handshakes prefer a
// host's own certificate to a wildcard, so those of the time before the wildcard are left out while it counts.
std::shared_ptr<const net::TlsCertificates> ShownCertificates::compose() const {
  const std::lock_guard guard(mutex_);
  net::TlsCertificates::List list = provided_->all();
  const std::string base(host_of_domain(config_.domain));
  const net::TlsCertificate* wildcard = nullptr;
  for (const certs::StoredCertificate& each : issued_)
    if (config_.orders_wildcard() && each.host == "*." + base && now() < each.certificate->not_after())
      wildcard = each.certificate.get();
  for (const bool is_base : {true, false})
    for (const certs::StoredCertificate& each : issued_) {
      const bool is_left_out = wildcard != nullptr && wildcard != each.certificate.get() && wildcard->covers(each.host);
      if (!is_left_out && (each.host == base || each.host == "*." + base) == is_base) list.push_back(each.certificate);
    }
  return std::make_shared<const net::TlsCertificates>(std::move(list), ticket_keys_);
}

bool ShownCertificates::turn_ticket_keys(Instant time) {
  const std::lock_guard guard(mutex_);
  // A clock that was set back would keep the key for ever.
  const std::int64_t age = time.unix_ms - ticket_keys_made_.unix_ms;
  if (age >= 0 && age < kTicketKeyLifeMs) return false;
  ticket_keys_ = ticket_keys_->next();
  ticket_keys_made_ = time;
  return true;
}

// One at a time, so that no older table replaces a newer one.
Result<void> ShownCertificates::publish_table(publish::Publisher& publisher, serve::DataPlane& data_plane) {
  const std::lock_guard turn(publish_mutex_);
  return publisher.publish_certificates(compose(), data_plane);
}

bool ShownCertificates::is_provided(const std::string& host) const {
  const std::lock_guard guard(mutex_);
  return provided_->find(host) != nullptr;
}

Result<void> ShownCertificates::show(const std::vector<certs::StoredCertificate>& issued, publish::Publisher& publisher,
                                     serve::DataPlane& data_plane) {
  {
    const std::lock_guard guard(mutex_);
    issued_ = issued;
  }
  return publish_table(publisher, data_plane);
}

void ShownCertificates::keep(publish::Publisher& publisher, serve::DataPlane& data_plane, std::string base_domain) {
  turner_ = std::thread([this, &publisher, &data_plane] { turn_ticket_keys_until_stopped(publisher, data_plane); });
  if (!config_.orders_certificates()) return;
  certs::KeeperHooks hooks;
  const std::string base = std::move(base_domain);
  hooks.routed_hosts = [&publisher, base] {
    std::vector<std::string> hosts = publisher.shown_hosts();
    for (const char* prefix : {"", "app.", "www."}) hosts.push_back(prefix + base);
    return hosts;
  };
  hooks.generation = [&publisher] { return publisher.generation(); };
  hooks.is_provided = [this](const std::string& host) { return is_provided(host); };
  hooks.show = [this, &publisher, &data_plane](const std::vector<certs::StoredCertificate>& certificates) {
    return show(certificates, publisher, data_plane);
  };
  hooks.show_challenges = [&publisher, &data_plane](const serve::Challenges& challenges) {
    return publisher.publish_challenges(challenges, data_plane);
  };
  std::optional<certs::WildcardSettings> wildcard;
  if (config_.orders_wildcard()) {
    wildcard.emplace();
    wildcard->domain = base;
    wildcard->proof.cloudflare = {config_.cloudflare_api, config_.cloudflare_token};
    wildcard->proof.sight.resolvers = config_.dns_servers;
  }
  keeper_ = std::make_unique<certs::CertificateKeeper>(
      certs::CertificateStore(config_.data_dir),
      certs::AcmeSettings{config_.acme_directory, config_.acme_email, config_.acme_ca_file}, std::move(wildcard),
      std::move(hooks), issued_, std::move(setbacks_));
  keeper_->start();
}

void ShownCertificates::reload(publish::Publisher& publisher, serve::DataPlane& data_plane) {
  if (keeper_) keeper_->try_again();
  auto loaded = load_certificates(config_);
  if (!loaded.ok())
    return log::error("the certificates could not be read again; the old ones are shown on",
                      {{"reason", loaded.error().message}});
  warn_of_certificates(config_, **loaded, host_of_domain(config_.domain), now());
  {
    const std::lock_guard guard(mutex_);
    provided_ = std::move(loaded).value();
  }
  if (auto published = publish_table(publisher, data_plane); !published.ok())
    return log::error("could not show the certificates", {{"reason", published.error().context}});
  log::info("certificates read again", {});
}

void ShownCertificates::turn_ticket_keys_until_stopped(publish::Publisher& publisher, serve::DataPlane& data_plane) {
  name_this_thread("ticket-keys");
  std::unique_lock lock(stop_mutex_);
  while (!wake_.wait_for(lock, kTicketKeyLook, [this] { return stopping_; })) {
    lock.unlock();
    if (turn_ticket_keys(now()))
      if (auto published = publish_table(publisher, data_plane); !published.ok())
        log::warn("could not change the keys of TLS sessions", {{"reason", published.error().context}});
    lock.lock();
  }
}

void ShownCertificates::stop() {
  if (keeper_) keeper_->stop();
  {
    const std::lock_guard lock(stop_mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (turner_.joinable()) turner_.join();
}

std::uint64_t ShownCertificates::waiting() const { return keeper_ ? keeper_->waiting() : 0; }

}  // namespace sitepod::app
