// Signed requests to one bucket, sent with patience: each try has its own end, what may pass by itself is tried again
// after a random pause, as long as retries stay few among all requests. When several orders in a row fail, the bucket
// counts as down: everybody is refused at once, and about once a second somebody finds out whether it is back. Any
// thread; blocks. Private to the room.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "blob/bucket_figures.hpp"
#include "blob/bucket_settings.hpp"
#include "blob/s3_signature.hpp"
#include "http/client.hpp"

namespace sitepod::blob {

struct S3Order {
  enum class Patience { Read, Write };

  std::string method = "GET";
  std::string key = {};  // empty: the bucket itself
  S3Pairs query = {};
  S3Pairs fields = {};  // names in lower case
  std::string body = {};

  // Instead of `body`.
  std::function<Result<std::size_t>(std::span<std::byte>)> read_body = {};
  std::uint64_t read_body_size = 0;
  std::string payload_hash = {};  // of what read_body yields

  std::function<Result<void>(std::string_view)> on_body = {};
  // Called before every try: what read_body and on_body did is to be forgotten.
  std::function<Result<void>()> on_try = {};
  Patience patience = Patience::Read;
  std::optional<std::chrono::seconds> stall = {};  // longer than usual
};

// Where a bucket is by one of its endpoints.
struct S3Address {
  std::string origin;  // scheme and host
  std::string host;
  bool is_name_in_path = true;
};
// `endpoint` empty: Amazon's of the region.
S3Address address_of(const BucketSettings& settings, const std::string& endpoint);
// The bucket's name, where it is in the path, and the key as a path, which is encoded.
std::string path_in(const S3Address& address, const BucketSettings& settings, std::string_view key);

class S3Exchange {
 public:
  explicit S3Exchange(BucketSettings settings);

  // Any answer that stands, 404 among them. Errors: Unavailable when there is none, or the bucket is down; and what
  // read_body, on_body and on_try yield.
  Result<http::ClientResponse> send(const S3Order& order);
  // Unavailable while the bucket is down. May ask it for a second whether it still is.
  Result<void> refuse_if_down();
  bool is_down() const { return is_down_.load(std::memory_order_relaxed); }
  // What is under way fails, and everything after it.
  void stop();

  const BucketSettings& settings() const { return settings_; }
  const BucketCounters& counters() const { return counters_; }

 private:
  using Clock = std::chrono::steady_clock;
  using Answer = Result<http::ClientResponse>;

  void count(const S3Order& order, const Answer& answer, std::uint64_t received, Clock::duration time);
  Answer send_once(const S3Order& order, std::chrono::seconds stall, std::optional<std::chrono::milliseconds> deadline);
  std::unique_ptr<http::Client> take_client();
  void give_back(std::unique_ptr<http::Client> client);
  bool take_retry();
  void note_success();
  Error note_failure(Error error);
  Error describe_down() const;
  bool pause(std::chrono::milliseconds most);
  void probe();

  const BucketSettings settings_;
  const S3Address address_;

  std::atomic<bool> is_stopped_ = false;
  std::atomic<bool> is_down_ = false;
  std::atomic<int> failures_ = 0;  // in a row
  std::atomic<int> retries_;       // that may still be made, in tenths

  BucketCounters counters_;

  std::mutex mutex_;  // guards clients_, and stopping for stopped_
  std::condition_variable stopped_;
  std::vector<std::unique_ptr<http::Client>> clients_;  // idle
  std::mutex probing_;                                  // guards probed_at_
  Clock::time_point probed_at_{};
};

}  // namespace sitepod::blob
