// What the rest of the server tells the control plane about itself, for /metrics and /status. Plain values; app fills
// them from counters that exist anyway, so asking costs the same however much is stored.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sitepod::control {

struct WorkerFigures {
  std::uint64_t adopted_generation = 0;
  std::uint64_t connections = 0;
  std::uint64_t requests = 0;
  std::array<std::uint64_t, 6> answers{};  // to visitors, by the first digit of the status
  std::uint64_t sent_bytes = 0;
  std::uint64_t body_hits = 0;
  std::uint64_t body_misses = 0;
  std::uint64_t file_hits = 0;
  std::uint64_t file_misses = 0;
  std::uint64_t tls_handshakes = 0;
  std::uint64_t tls_failures = 0;
};

struct CertificateFigures {
  std::string name;            // its first
  std::int64_t not_after = 0;  // seconds since 1970
};

// Counted in the background, some seconds old.
struct StoreTotals {
  std::uint64_t users = 0;
  std::uint64_t projects = 0;
  std::uint64_t images = 0;
  std::uint64_t blobs = 0;
  std::uint64_t blob_bytes = 0;
  std::uint64_t damaged_blobs = 0;
};

// What a bucket was asked, counted at every try.
struct BucketOperationFigures {
  std::string operation;                                          // "get"
  std::vector<std::pair<std::string, std::uint64_t>> outcomes;    // "ok", …
  std::vector<std::pair<double, std::uint64_t>> answered_within;  // seconds, and how many took no longer; added up
  std::uint64_t answered = 0;
  double seconds = 0;
};
struct BucketFigures {
  std::vector<BucketOperationFigures> operations;
  std::uint64_t sent_bytes = 0;
  std::uint64_t received_bytes = 0;
  bool is_usable = true;
  std::uint64_t spool_blobs = 0;
  std::uint64_t spool_bytes = 0;
  std::uint64_t spool_age_seconds = 0;  // of the oldest
};

struct ServerFigures {
  std::vector<WorkerFigures> workers;
  std::uint64_t generation = 0;  // of the newest snapshot
  std::size_t api_queue = 0;     // requests that run or wait for a thread
  std::size_t blob_queue = 0;
  std::uint64_t access_log_dropped = 0;
  StoreTotals store;
  std::optional<BucketFigures> bucket;           // nothing without one
  std::vector<CertificateFigures> certificates;  // of https; empty without it
  bool speaks_https = false;
  std::optional<std::uint64_t> hosts_without_certificate;  // that wait after a failure; when certificates are ordered
};

// What those who run the server have set and may see.
struct Operations {
  std::function<ServerFigures()> figures;
  std::string metrics_token;  // empty: /metrics is public
};

}  // namespace sitepod::control
