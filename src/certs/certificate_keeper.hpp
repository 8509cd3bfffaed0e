// Gets a certificate for every host that is routed here and has none, and another before it ends: a thread that looks
// at hosts and files, not at a queue. With a zone in DNS the base domain's names have one together. Hosts that cannot
// be proven wait longer each time, also across restarts; the old certificate is shown meanwhile. Constructed by app;
// public functions are for any thread.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"
#include "certs/certificate_store.hpp"
#include "certs/dns_proof.hpp"
#include "certs/wanted_certificates.hpp"

namespace sitepod::certs {

struct KeeperHooks {
  // Every host that may have a certificate; others never get one, whoever asks for them.
  std::function<std::vector<std::string>()> routed_hosts;
  // Grows when routed_hosts() may say something else.
  std::function<std::uint64_t()> generation;
  // Whether a certificate of the operator's covers the host, or has the wildcard.
  std::function<bool(const std::string& name)> is_provided;
  // Shows exactly these for the handshakes from now on.
  std::function<Result<void>(const std::vector<StoredCertificate>& certificates)> show;
  // Makes every host answer these and no other tokens, before it returns.
  std::function<Result<void>(const std::map<std::string, std::string, std::less<>>& challenges)> show_challenges;
};

// The base domain's names, and how they are proven by DNS.
struct WildcardSettings {
  std::string domain;
  DnsProofSettings proof;
};

class CertificateKeeper {
 public:
  // `loaded`: what the store holds and is shown already; `setbacks`: of the hosts that wait. Without `wildcard` every
  // host has a certificate of its own.
  CertificateKeeper(CertificateStore store, AcmeSettings settings, std::optional<WildcardSettings> wildcard,
                    KeeperHooks hooks, std::vector<StoredCertificate> loaded,
                    std::vector<std::pair<std::string, Setback>> setbacks);
  // Breaks off what is under way.
  ~CertificateKeeper();

  void start();
  // Ends the thread; nothing is shown any more when it returned. The destructor does it otherwise.
  void stop();
  // Tries those that wait at once.
  void try_again();
  // Hosts that wait after a failure.
  std::uint64_t waiting() const { return waiting_.load(std::memory_order_relaxed); }

 private:
  void run();
  bool pause(std::chrono::milliseconds time);
  void look_at_hosts();
  Instant end_of_held(const WantedCertificate& wanted) const;
  bool is_due(const WantedCertificate& wanted, Instant time);
  bool order(const WantedCertificate& wanted);
  AcmeHooks acme_hooks();
  bool wait(std::chrono::milliseconds time);
  Result<std::shared_ptr<const net::TlsCertificate>> obtain(const WantedCertificate& wanted);
  void keep(const std::string& host, std::shared_ptr<const net::TlsCertificate> certificate);
  void set_back(const std::string& host, const Error& error);
  void forget_ended(const std::vector<WantedCertificate>& wanted, Instant time);
  void show() const;
  Result<void> show_challenges() const { return hooks_.show_challenges(challenges_); }

  const CertificateStore store_;
  const AcmeSettings settings_;
  const std::optional<WildcardSettings> wildcard_;
  const KeeperHooks hooks_;

  // Of the thread.
  std::map<std::string, std::shared_ptr<const net::TlsCertificate>> certificates_;
  std::map<std::string, Setback> setbacks_;
  std::map<std::string, std::string, std::less<>> challenges_;
  std::optional<AcmeClient> client_;   // from the first order on
  std::optional<DnsProof> dns_proof_;  // with `wildcard_`
  Instant next_look_;
  Instant quiet_until_;  // the authority asked for it, or cannot be reached

  std::atomic<std::uint64_t> waiting_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards impatient_, and the wait for it and stopping_
  std::condition_variable wake_;
  bool impatient_ = false;
  std::thread thread_;
};

}  // namespace sitepod::certs
