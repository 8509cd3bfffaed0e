#include "serve/snapshot.hpp"

#include <bit>

#include "base/random.hpp"

#include <xxhash.h>

namespace sitepod::serve {
namespace {

// Names are chosen by users: an unpredictable seed keeps anyone from choosing names that collide.
std::uint64_t unpredictable_seed() {
  std::uint64_t seed = 0;
  random_bytes({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  return seed;
}

std::uint64_t hash_host(std::string_view host) {
  static const std::uint64_t seed = unpredictable_seed();
  return XXH3_64bits_withSeed(host.data(), host.size(), seed);
}

}  // namespace

// An open-addressing table that is filled once, at most half full, hence without tombstones.
struct HostTable::Shard {
  struct Slot {
    std::uint64_t hash = 0;
    bool used = false;
    std::string host;
    HostEntry entry;
  };
  std::vector<Slot> slots;  // a power of two
  std::size_t size = 0;

  explicit Shard(std::size_t hosts) : slots(std::bit_ceil(hosts * 2)) {}

  // The shard is found by the hash's lowest bits, the slot by its highest half.
  const Slot* find(std::string_view host, std::uint64_t hash) const {
    for (std::size_t i = hash >> 32 & (slots.size() - 1); slots[i].used; i = (i + 1) & (slots.size() - 1))
      if (slots[i].hash == hash && slots[i].host == host) return &slots[i];
    return nullptr;
  }

  // Requires: the host is not in the shard yet.
  void insert(std::uint64_t hash, std::string host, HostEntry entry) {
    std::size_t i = hash >> 32 & (slots.size() - 1);
    while (slots[i].used) i = (i + 1) & (slots.size() - 1);
    slots[i] = {hash, true, std::move(host), std::move(entry)};
    ++size;
  }
};

HostTable::HostTable() = default;

const HostEntry* HostTable::find(std::string_view lower_case_host) const {
  std::uint64_t hash = hash_host(lower_case_host);
  const Shard* shard = shards_[hash % kShards].get();
  if (!shard) return nullptr;
  const Shard::Slot* slot = shard->find(lower_case_host, hash);
  return slot ? &slot->entry : nullptr;
}

std::size_t HostTable::size() const { return size_; }

void HostTable::each(const std::function<void(const std::string& host, const HostEntry& entry)>& visit) const {
  for (const auto& shard : shards_)
    for (std::size_t i = 0; shard && i < shard->slots.size(); ++i)
      if (shard->slots[i].used) visit(shard->slots[i].host, shard->slots[i].entry);
}

HostTable HostTable::with(const std::vector<Change>& changes) const {
  // The last change of a host counts. Grouped by shard, so that each touched shard is copied once.
  std::unordered_map<std::size_t, std::unordered_map<std::string_view, const Change*>> by_shard;
  for (const Change& change : changes) by_shard[hash_host(change.host) % kShards][change.host] = &change;

  HostTable next = *this;
  for (const auto& [number, changed] : by_shard) {
    const Shard* old = shards_[number].get();
    auto fresh = std::make_shared<Shard>((old ? old->size : 0) + changed.size());
    if (old)
      for (const Shard::Slot& slot : old->slots)
        if (slot.used && !changed.contains(slot.host)) fresh->insert(slot.hash, slot.host, slot.entry);
    for (const auto& [host, change] : changed)
      if (change->entry) fresh->insert(hash_host(host), std::string(host), *change->entry);
    next.size_ = next.size_ - (old ? old->size : 0) + fresh->size;
    next.shards_[number] = fresh->size == 0 ? nullptr : std::move(fresh);
  }
  return next;
}

}  // namespace sitepod::serve
