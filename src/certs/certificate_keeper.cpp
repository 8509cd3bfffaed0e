#include "certs/certificate_keeper.hpp"

#include <algorithm>
#include <set>

#include "base/log.hpp"
#include "base/thread_pool.hpp"

namespace sitepod::certs {
namespace {

using namespace std::chrono_literals;

// A new host waits so long at most before it is looked at; a look that finds nothing new costs a comparison.
constexpr std::chrono::milliseconds kInterval = 1s;
constexpr std::int64_t kLookAnywayMs = 3600 * 1000;
// A certificate that has ended and that nobody needs any more is kept so long.
constexpr std::int64_t kKeepEndedMs = 7ll * 24 * 3600 * 1000;

}  // namespace

CertificateKeeper::CertificateKeeper(CertificateStore store, AcmeSettings settings,
                                     std::optional<WildcardSettings> wildcard, KeeperHooks hooks,
                                     std::vector<StoredCertificate> loaded,
                                     std::vector<std::pair<std::string, Setback>> setbacks)
    : store_(std::move(store)),
      settings_(std::move(settings)),
      wildcard_(std::move(wildcard)),
      hooks_(std::move(hooks)) {
  if (wildcard_)
    dns_proof_.emplace(wildcard_->proof,
                       DnsProofHooks{[this](std::chrono::milliseconds time) { return wait(time); }, &stopping_});
  for (StoredCertificate& each : loaded) certificates_[each.host] = std::move(each.certificate);
  for (auto& [host, setback] : setbacks) setbacks_[host] = std::move(setback);
  waiting_.store(setbacks_.size());
}

CertificateKeeper::~CertificateKeeper() { stop(); }

void CertificateKeeper::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_.store(true);
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void CertificateKeeper::start() {
  thread_ = std::thread([this] { run(); });
}

void CertificateKeeper::try_again() {
  {
    const std::lock_guard lock(mutex_);
    impatient_ = true;
  }
  wake_.notify_all();
}

void CertificateKeeper::run() {
  name_this_thread("certificates");
  std::uint64_t seen = 0;
  do {
    bool is_asked = false;
    {
      const std::lock_guard lock(mutex_);
      std::swap(is_asked, impatient_);
    }
    if (is_asked) {
      quiet_until_ = Instant{};
      for (auto& [host, setback] : setbacks_) setback.next_try = Instant{};
    }
    const std::uint64_t generation = hooks_.generation();
    if (generation == seen && !is_asked && now() < next_look_) continue;
    seen = generation;
    look_at_hosts();
  } while (pause(kInterval));
}

// False: the server stops.
bool CertificateKeeper::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, time, [this] { return stopping_.load() || impatient_; });
  return !stopping_.load();
}

// Also at once when the server stops, and then false.
bool CertificateKeeper::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopping_.load(); });
}

void CertificateKeeper::look_at_hosts() {
  const Instant time = now();
  next_look_ = Instant{time.unix_ms + kLookAnywayMs};
  const std::vector<WantedCertificate> wanted =
      wanted_certificates(hooks_.routed_hosts(), wildcard_ ? wildcard_->domain : std::string(), hooks_.is_provided);
  forget_ended(wanted, time);
  for (const WantedCertificate& each : wanted) {
    if (stopping_.load()) return;
    if (!is_due(each, now())) continue;
    if (!order(each)) {
      next_look_ = std::min(next_look_, quiet_until_);
      return;
    }
  }
}

// When the certificate that there is shall be replaced: its own, or a wildcard of the time when there was a proof by
// DNS.
Instant CertificateKeeper::end_of_held(const WantedCertificate& wanted) const {
  Instant end;
  for (const std::string& host : {wanted.host, "*" + wanted.host.substr(wanted.host.find('.'))}) {
    const auto held = certificates_.find(host);
    const bool covers_all =
        held != certificates_.end() && std::all_of(wanted.names.begin(), wanted.names.end(),
                                                   [&](const auto& name) { return held->second->covers(name); });
    if (covers_all) end = std::max(end, renewal_due(*held->second));
  }
  return end;
}

// Notes when to look again where it is not.
bool CertificateKeeper::is_due(const WantedCertificate& wanted, Instant time) {
  Instant due = end_of_held(wanted);
  if (const auto waits = setbacks_.find(wanted.host); waits != setbacks_.end())
    due = std::max(due, waits->second.next_try);
  due = std::max(due, quiet_until_);
  if (due <= time) return true;
  next_look_ = std::min(next_look_, due);
  return false;
}

// False: no host can be ordered for now.
bool CertificateKeeper::order(const WantedCertificate& wanted) {
  const std::string& host = wanted.host;
  auto obtained = obtain(wanted);
  if (obtained.ok()) {
    keep(host, std::move(obtained).value());
    return true;
  }
  if (stopping_.load()) return false;
  const Error& error = obtained.error();
  set_back(host, error);
  next_look_ = std::min(next_look_, setbacks_[host].next_try);
  if (!is_about_authority(error)) return true;
  quiet_until_ = quiet_until(setbacks_[host], now());
  return false;
}

AcmeHooks CertificateKeeper::acme_hooks() {
  AcmeHooks hooks;
  hooks.http.present = [this](const std::vector<Proof>& proofs) {
    for (const Proof& proof : proofs) challenges_[proof.token] = proof.text;
    return show_challenges();
  };
  hooks.http.withdraw = [this](const std::vector<Proof>& proofs) {
    for (const Proof& proof : proofs) challenges_.erase(proof.token);
    // The server stops, or a later one takes it away: a token counts for nothing by then.
    if (auto shown = show_challenges(); !shown.ok())
      log::warn("could not take a challenge away", {{"reason", shown.error().message}});
  };
  hooks.dns.present = [this](const std::vector<Proof>& proofs) { return dns_proof_->present(proofs); };
  hooks.dns.withdraw = [this](const std::vector<Proof>&) { dns_proof_->withdraw(); };
  hooks.wait = [this](std::chrono::milliseconds time) { return wait(time); };
  hooks.cancelled = &stopping_;
  return hooks;
}

Result<std::shared_ptr<const net::TlsCertificate>> CertificateKeeper::obtain(const WantedCertificate& wanted) {
  if (wanted.by == ProofBy::Dns) SITEPOD_TRY(dns_proof_->look_for_zones(wanted.names));
  if (!client_) client_.emplace(settings_, acme_hooks(), SITEPOD_TRY(store_.account_key()));
  return store_.put(wanted.host, wanted.names, SITEPOD_TRY(client_->obtain(wanted.names, wanted.by)));
}

void CertificateKeeper::keep(const std::string& host, std::shared_ptr<const net::TlsCertificate> certificate) {
  log::info("certificate obtained", {{"host", host},
                                     {"not_after", to_rfc3339(certificate->not_after())},
                                     {"renewal", to_rfc3339(renewal_due(*certificate))}});
  next_look_ = std::min(next_look_, renewal_due(*certificate));
  const bool is_due_already = renewal_due(*certificate) <= now();
  certificates_[host] = std::move(certificate);
  if (is_due_already) {
    set_back(host, due_already());
    return show();
  }
  setbacks_.erase(host);
  waiting_.store(setbacks_.size());
  if (auto cleared = store_.clear_setback(host); !cleared.ok())
    log::warn("could not forget a failure", {{"host", host}, {"reason", cleared.error().context}});
  show();
}

void CertificateKeeper::set_back(const std::string& host, const Error& error) {
  const auto before = setbacks_.find(host);
  const Setback next = next_setback(before == setbacks_.end() ? nullptr : &before->second, error, now());
  log::warn("could not get a certificate",
            {{"host", host},
             {"reason", error.context.empty() ? error.message : error.message + " " + error.context},
             {"failures", next.failures},
             {"next_try", to_rfc3339(next.next_try)}});
  setbacks_[host] = next;
  waiting_.store(setbacks_.size());
  if (auto kept = store_.put_setback(host, next); !kept.ok())
    log::error("could not note that a host must wait", {{"host", host}, {"reason", kept.error().context}});
}

// What is remembered of hosts that are gone or covered by a wildcard now, and their certificates some time after their
// end.
void CertificateKeeper::forget_ended(const std::vector<WantedCertificate>& wanted, Instant time) {
  std::set<std::string_view> hosts;
  for (const WantedCertificate& each : wanted) hosts.insert(each.host);
  std::size_t removed = 0;
  for (auto held = certificates_.begin(); held != certificates_.end();) {
    const bool is_over = held->second->not_after().unix_ms + kKeepEndedMs < time.unix_ms;
    if (!is_over || hosts.contains(held->first) || !store_.remove(held->first).ok()) {
      ++held;
      continue;
    }
    held = certificates_.erase(held);
    ++removed;
  }
  for (auto waits = setbacks_.begin(); waits != setbacks_.end();) {
    const bool is_over = waits->second.next_try < time && !hosts.contains(waits->first);
    waits = is_over && store_.clear_setback(waits->first).ok() ? setbacks_.erase(waits) : std::next(waits);
  }
  waiting_.store(setbacks_.size());
  if (removed > 0) show();
}

void CertificateKeeper::show() const {
  std::vector<StoredCertificate> list;
  for (const auto& [host, certificate] : certificates_) list.push_back({host, certificate});
  if (auto shown = hooks_.show(list); !shown.ok())
    log::error("could not show the certificates", {{"reason", shown.error().message}});
}

}  // namespace sitepod::certs
