// What a bucket can do: keep, find, give and remove objects by key. Keys are made of characters that XML and URLs leave
// alone. Any thread; blocks. Errors as S3Exchange's; whatever the bucket refuses is Unavailable, with the reason in the
// context. Private to the room.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "blob/bucket_settings.hpp"
#include "blob/s3_answers.hpp"
#include "blob/s3_exchange.hpp"

namespace sitepod::blob {

class Bucket {
 public:
  explicit Bucket(BucketSettings settings) : exchange_(std::move(settings)) {}

  // Lists, writes and removes something: may these credentials do that, and is this a bucket? Unavailable: it cannot be
  // reached now. Invalid: a setting is wrong, and the message says which.
  Result<void> check();

  // The object's size; nothing when there is none.
  Result<std::optional<std::uint64_t>> find_size(const std::string& key);
  // Its bytes; not verified. `restart` is called before every try, also the first: earlier pieces are to be forgotten.
  // Absent: kind NotFound.
  Result<void> get(const std::string& key, const std::function<Result<void>()>& restart,
                   const std::function<Result<void>(std::string_view)>& each);
  // The whole file, whose bytes must have this hash: the bucket compares, and takes nothing else. Replaces what has the
  // key. Large files go in parts; memory stays constant.
  Result<void> put(const std::string& key, int fd, std::uint64_t size, const Digest& hash);
  // Absent is fine.
  Result<void> remove(const std::string& key);
  // Within the bucket; what is at `to` is replaced. False: there is nothing to copy.
  Result<bool> copy(const std::string& from, const std::string& to);
  // Absent is fine. What is at `to` is replaced.
  Result<void> move(const std::string& from, const std::string& to);
  // Every object whose key begins so; `each` returns false to stop.
  Result<void> list(const std::string& prefix, const std::function<bool(const S3Object&)>& each);

  // A short text; nothing when there is none.
  Result<std::optional<std::string>> read_text(const std::string& key);
  enum class Condition : std::uint8_t { None, Absent };
  // Absent: only when there is nothing yet, as far as the bucket knows conditions. Whether it was written is to be
  // looked at.
  Result<void> write_text(const std::string& key, const std::string& text, Condition condition);

  // Whose it is. Unproven: nothing is removed. Lost, to another server: nothing is changed at all.
  enum class Claim : std::uint8_t { NotAsked, Unproven, Held, Lost };
  void set_claim(Claim claim) { claim_ = claim; }
  Claim claim() const { return claim_; }

  Result<void> refuse_if_down() { return exchange_.refuse_if_down(); }
  // Also when it is another server's by now.
  Result<void> refuse_if_unusable();
  BucketFigures figures() const;
  bool is_down() const { return exchange_.is_down(); }
  void stop() { exchange_.stop(); }
  const BucketSettings& settings() const { return exchange_.settings(); }

 private:
  Result<http::ClientResponse> send(const S3Order& order);
  Result<void> refuse_without_claim(const S3Order& order) const;
  Error note_refusal(Error error);
  Result<void> put_whole(const std::string& key, int fd, std::uint64_t size, const Digest& hash);
  Result<void> put_parts(const std::string& key, int fd, std::uint64_t size, const Digest& hash);
  Result<std::string> put_part(const std::string& key, const std::string& upload, int fd, std::size_t number,
                               std::uint64_t offset, std::uint64_t size, Sha256& whole);
  Result<void> finish_parts(const std::string& key, const std::string& upload, const std::string& parts);

  S3Exchange exchange_;
  std::atomic<Claim> claim_ = Claim::NotAsked;
  std::atomic<std::int64_t> refusal_noted_at_ = 0;  // seconds of the clock
};

}  // namespace sitepod::blob
