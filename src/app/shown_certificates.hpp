// The certificates that handshakes show: the operator's, in files, and those that an authority gives, which are ordered
// and renewed here. Owned by the server; its public functions are called by the main thread, but for the last ones.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/settings.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "certs/certificate_keeper.hpp"
#include "publish/publisher.hpp"
#include "serve/data_plane.hpp"

namespace sitepod::app {

class ShownCertificates {
 public:
  ~ShownCertificates() { stop(); }
  // What is in files now, of both kinds; an error names the file. `config` outlives it.
  static Result<std::unique_ptr<ShownCertificates>> load(const ServerConfig& config);

  std::shared_ptr<const net::TlsCertificates> compose() const;

  // Shows every change from here on, orders what is missing where certificates are ordered, and turns the keys of
  // session tickets. `publisher` and `data_plane` outlive stop(); `base_domain` has no port.
  void keep(publish::Publisher& publisher, serve::DataPlane& data_plane, std::string base_domain);
  // Shows the operator's files as they are now, the old ones where those cannot be used, and tries at once what waits.
  // Also before keep().
  void reload(publish::Publisher& publisher, serve::DataPlane& data_plane);
  // Nothing is ordered or shown any more when it returned.
  void stop();
  // Hosts whose certificate could not be had lately. Any thread.
  std::uint64_t waiting() const;
  // Another key for session tickets when the newest is half a day old: true when compose() has it from now on. Any
  // thread.
  bool turn_ticket_keys(Instant time);

 private:
  explicit ShownCertificates(const ServerConfig& config) : config_(config) {}
  void turn_ticket_keys_until_stopped(publish::Publisher& publisher, serve::DataPlane& data_plane);
  bool is_provided(const std::string& host) const;
  Result<void> publish_table(publish::Publisher& publisher, serve::DataPlane& data_plane);
  Result<void> show(const std::vector<certs::StoredCertificate>& issued, publish::Publisher& publisher,
                    serve::DataPlane& data_plane);

  const ServerConfig& config_;
  std::mutex publish_mutex_;  // held while a table is made and published; taken before mutex_
  mutable std::mutex mutex_;  // guards the four below
  std::shared_ptr<const net::TlsTicketKeys> ticket_keys_ = net::TlsTicketKeys::make();
  Instant ticket_keys_made_ = now();
  std::shared_ptr<const net::TlsCertificates> provided_;          // by the operator, in files
  std::vector<certs::StoredCertificate> issued_;                  // by an authority
  std::vector<std::pair<std::string, certs::Setback>> setbacks_;  // until keep()
  std::unique_ptr<certs::CertificateKeeper> keeper_;              // when certificates are ordered
  std::mutex stop_mutex_;                                         // guards stopping_
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread turner_;  // of the keys of tickets, from keep() on
};

}  // namespace sitepod::app
