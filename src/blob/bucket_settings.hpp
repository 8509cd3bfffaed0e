// Where a bucket is, who may use it, and how patient its users are. A value.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace sitepod::blob {

// Which server has the bucket for itself. A value.
struct BucketClaim {
  std::string server;     // its id: "srv_…"
  std::string domain;     // for people
  std::string take_over;  // the id of the one that it stands in for; empty: of none
};

struct BucketSettings {
  std::string endpoint;  // "https://s3.example.com:9000"; empty: Amazon's of the region
  std::string name;
  std::string region;
  std::string access_key;
  std::string secret_key;
  bool is_name_in_host = false;  // instead of the path, where an endpoint is set

  // Whether clients may put files into the bucket themselves, and by which address they reach it; empty: by `endpoint`.
  bool takes_uploads = true;
  std::string public_endpoint;
  // So long an address for one upload is good.
  std::chrono::seconds upload_lifetime{15 * 60};
  // What clients have put there is copied within the bucket once its bytes are known to be right; smaller ones are sent
  // again, which costs fewer requests.
  std::uint64_t copied_from_bytes = 1ull << 20;

  // Of local copies that the bucket has too: more are dropped, those that were not opened for the longest time first.
  std::uint64_t cache_bytes = 10ull << 30;

  // How long a visitor's question may be tried, and an upload; how long a single try may stand still.
  std::chrono::milliseconds read_patience{4'000};
  std::chrono::milliseconds write_patience{20'000};
  std::chrono::seconds read_stall{3};
  std::chrono::seconds write_stall{10};
  // How often it is looked at who has the bucket.
  std::chrono::milliseconds claim_check_every{60'000};
  // Larger blobs are sent in parts, of which a bucket takes at least 5 MiB each, save the last, and at most 10,000.
  std::uint64_t max_single_put_bytes = 64ull << 20;
  std::uint64_t part_bytes = 16ull << 20;

  // Where it is, for people; without secrets.
  std::string place() const {
    return (endpoint.empty() ? "https://s3." + region + ".amazonaws.com" : endpoint) + "/" + name;
  }
};

}  // namespace sitepod::blob
