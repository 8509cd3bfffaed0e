// The data plane as a whole: one worker thread per core, each with its own listener, epoll loop and caches.
// Constructed by app; publish() is called by the publisher; everything else happens on the workers.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address_ranges.hpp"
#include "base/digest.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/thread_pool.hpp"
#include "http/api_exchange.hpp"
#include "http/limits.hpp"
#include "serve/snapshot.hpp"

namespace sitepod::serve {

class AccessLog;

// How long a connection may take for each part of its work; see http/limits.hpp.
struct Deadlines {
  std::chrono::milliseconds handshake = http::kHandshakeDeadline;
  std::chrono::milliseconds head = http::kHeadDeadline;
  std::chrono::milliseconds idle = http::kIdleDeadline;
  std::chrono::milliseconds body = http::kBodyDeadline;
  std::chrono::milliseconds send = http::kSendDeadline;
  std::chrono::milliseconds linger = http::kLingerDeadline;
};

struct DataPlaneOptions {
  std::string listen_host = "127.0.0.1";  // numeric address
  std::uint16_t listen_port = 8080;       // 0: any free one, see port()
  // Beside it https, with the certificates of the Snapshot; without an address there is none. With it, plain requests
  // are redirected, but for those that https cannot serve (docs/operate/https.md).
  std::string https_host = {};
  std::uint16_t https_port = 443;         // 0: any free one, see https_port()
  std::uint16_t public_https_port = 443;  // that visitors type; 0: the one that is listened on
  // Beside them an address where every request is one to the API, whatever its host, and none is redirected. Empty:
  // none.
  std::string admin_host = {};
  std::uint16_t admin_port = 0;      // 0: any free one, see admin_port()
  bool awaits_certificates = false;  // hosts that no certificate covers are not redirected: theirs may still come
  std::size_t workers = 0;           // 0: one per CPU of the process's affinity mask
  Deadlines deadlines;
  // Of each worker:
  std::size_t body_cache_bytes = 64 << 20;
  std::size_t file_cache_entries = 1000;
  // Of the whole server: what a throttled site may send.
  std::uint64_t throttled_bytes_per_second = 1 << 20;
  AddressRanges trusted_proxies;    // their X-Forwarded-For says who the client is, X-Forwarded-Proto how it came
  bool is_behind_tls = false;       // what they do not say: visitors come by https
  AccessLog* access_log = nullptr;  // outlives the data plane; null: none is kept

  bool speaks_https() const { return !https_host.empty(); }
};

// A visitor's guess at a page's password.
struct PageGuess {
  std::string page;  // of which site: guesses are counted for each
  std::string verifier;
  std::string password;
  std::string address;  // the visitor's
};

// The openings that app hands in; all are called on pool threads, may block and must not throw.
struct Openings {
  // Opens the file of a blob (identity bytes or an encoded variant), however long that takes. Missing or unreadable is
  // an error; of kind Unavailable, it may be there in a while, and the visitor gets a 503.
  std::function<Result<UniqueFd>(const Digest& blob)> open_blob;
  // Called when the bytes of a small blob do not have the hash that they are filed under; the visitor gets a 500.
  std::function<void(const Digest& blob)> report_corrupt_blob;
  http::ApiHandler api;
  // Whether a preview's stored hash is this password's; slow on purpose. An error: it could not be found out now.
  // Without it no locked preview opens.
  std::function<Result<bool>(const std::string& hash, const std::string& password)> check_password = nullptr;
  // The same for a page's password. Counts guesses: whoever has made too many gets an error of kind RateLimited with
  // the seconds to wait as detail "retry_after". Without it no locked page opens.
  std::function<Result<bool>(const PageGuess& guess)> check_page_password = nullptr;
  // Where blobs may be on another machine; both or neither. Opens what is at hand: NotFound for all else.
  std::function<Result<UniqueFd>(const Digest& blob)> open_near_blob = nullptr;
  // Brings a blob here and then calls `done`, once, on a thread that is not of these pools: whoever waits for another
  // machine holds up nobody whose files are here.
  std::function<void(const Digest& blob, std::function<void(Result<void>)> done)> fetch_blob = nullptr;
};

struct WorkerStatus {
  std::uint64_t adopted_generation = 0;
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  // Answers made from the snapshot, by the first digit of their status, and the bytes of the bodies of all answers.
  std::array<std::uint64_t, 6> answers{};
  std::uint64_t sent_bytes = 0;
  // The caches of small contents and of open files.
  std::uint64_t body_hits = 0;
  std::uint64_t body_misses = 0;
  std::uint64_t file_hits = 0;
  std::uint64_t file_misses = 0;
  // Of TLS: completed ones, and those that ended otherwise, deadlines included.
  std::uint64_t tls_handshakes = 0;
  std::uint64_t tls_failures = 0;
};

class DataPlane {
 public:
  // `blob_pool` opens cold files, `api_pool` runs API handlers; both outlive the data plane.
  DataPlane(DataPlaneOptions options, Openings openings, ThreadPool& blob_pool, ThreadPool& api_pool);
  ~DataPlane();

  // Binds the listeners (an address in use is an error that names it) and starts the workers, serving `first`.
  Result<void> start(std::shared_ptr<const Snapshot> first);
  std::uint16_t port() const;
  std::uint16_t https_port() const;  // 0: https is not spoken
  std::uint16_t admin_port() const;  // 0: there is no such address

  // Hands the Snapshot to every worker and returns when all have adopted it; the previous one is freed by then or soon
  // after. One thread at a time (the publisher).
  void publish(std::shared_ptr<const Snapshot> next);

  // Workers drop what they keep of these blobs, memory and open files, each in its next turn. Any thread, after
  // start().
  void forget_blobs(std::vector<Digest> blobs);
  void forget_all_blobs();

  // Stops accepting, lets requests in flight finish, closes idle connections; after `deadline` closes the rest.
  void drain(std::chrono::milliseconds deadline);
  std::vector<WorkerStatus> status() const;
  // Adds to sums[meter] what the sites with these meters have sent since the start, in bytes of bodies. Any thread.
  void add_sent_bytes(std::span<std::uint64_t> sums) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::serve
