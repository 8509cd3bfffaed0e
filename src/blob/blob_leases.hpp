// Who uses which bytes right now, so that nothing that is being used is removed. Whoever is about to make stored bytes
// reachable (a plan that counts on them, an upload, a commit, the encoder) leases their names before it looks whether
// they are there, and holds the lease until the rows that need them are written. Whoever removes bytes asks here first
// and keeps new leases of just those names waiting until rows and files are gone. Any thread; take() may wait for as
// long as one batch of removals takes.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/digest.hpp"

namespace sitepod::blob {

class BlobLeases {
 public:
  // Names in use until it is destroyed. Movable; a resource of one thread at a time.
  class Lease {
   public:
    Lease() = default;
    Lease(Lease&& other) noexcept
        : leases_(std::exchange(other.leases_, nullptr)),
          taken_(std::move(other.taken_)),
          added_(std::move(other.added_)) {}
    Lease& operator=(Lease&& other) noexcept;
    ~Lease() { end(); }
    // Leases one more name.
    void add(const Digest& name);
    void end();

   private:
    friend class BlobLeases;
    BlobLeases* leases_ = nullptr;
    std::unique_ptr<const std::vector<Digest>> taken_;  // at once, ascending: known to leases_ as a whole
    std::vector<Digest> added_;                         // one by one
  };
  // A name may be a SHA-256 or a BLAKE3: bytes are in use when either of their digests is.
  Lease take(std::vector<Digest> names);
  // Of nothing yet: names are added one by one.
  Lease begin() { return take({}); }

  // Bytes that somebody would like to remove.
  struct Candidate {
    Digest sha256;
    std::optional<Digest> blake3;
    std::vector<Digest> sources;  // of which these are an encoding: while one of them is used, so are these
  };
  // Names that nobody can lease until it is destroyed.
  class Removal {
   public:
    Removal(Removal&& other) noexcept
        : leases_(std::exchange(other.leases_, nullptr)), names_(std::move(other.names_)) {}
    Removal& operator=(Removal&&) = delete;
    ~Removal();

   private:
    friend class BlobLeases;
    explicit Removal(BlobLeases* leases) : leases_(leases) {}
    BlobLeases* leases_;
    std::vector<Digest> names_;
  };
  // Holds the candidates that nobody uses, nor has used since the oldest Watch began; erases the others from the list.
  Removal hold_unused(std::vector<Candidate>& candidates);
  // Holds these names as soon as no lease is left on them, whatever a Watch says. Nothing: patience ended first.
  std::optional<Removal> hold_when_free(std::span<const Digest> names, std::chrono::milliseconds patience);

  // While one lives, every name that is leased is remembered as used, in a fixed amount of memory: a few names may be
  // taken for used that were not, never the other way round.
  class Watch {
   public:
    explicit Watch(BlobLeases& leases);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    BlobLeases& leases_;
  };

 private:
  bool is_leased(const Digest& name) const;
  void remember(const Digest& name);
  bool is_remembered(const Digest& name) const;
  bool is_used(const Digest& name) const;
  bool is_held(const Digest& name) const { return held_.contains(name); }
  // Requires: ascending. What is held at once is few, what a commit names may be very many.
  bool is_any_held(std::span<const Digest> names) const;

  std::mutex mutex_;  // guards the rest
  std::condition_variable changed_;
  std::vector<const std::vector<Digest>*> taken_;                // of each lease what it took at once
  std::unordered_map<Digest, std::uint32_t, DigestHash> added_;  // what leases added one by one
  std::unordered_map<Digest, std::uint32_t, DigestHash> held_;
  std::vector<std::uint64_t> remembered_;  // a Bloom filter; empty while nobody watches
  int watches_ = 0;
};

}  // namespace sitepod::blob
