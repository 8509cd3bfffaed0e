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

// An open-addressing table that is filled once, at most half full, hence without tombstones. The empty half is of
// small places that number the rows, which lie close together: an idle host costs hardly more than its row.
struct HostTable::Shard {
  struct Row {
    std::uint64_t hash = 0;
    std::string host;
    HostEntry entry;
  };
  struct Place {
    std::uint32_t hash = 0;  // the highest half
    std::uint32_t row = 0;   // counted from 1; 0: free
  };
  std::vector<Row> rows;
  std::vector<Place> places;  // a power of two

  explicit Shard(std::size_t hosts) : places(std::bit_ceil(hosts * 2)) { rows.reserve(hosts); }

  // The shard is found by the hash's lowest bits, the place by its highest half.
  const Row* find(std::string_view host, std::uint64_t hash) const {
    const auto high = static_cast<std::uint32_t>(hash >> 32);
    for (std::size_t i = high & (places.size() - 1); places[i].row != 0; i = (i + 1) & (places.size() - 1)) {
      if (places[i].hash != high) continue;
      if (const Row& row = rows[places[i].row - 1]; row.host == host) return &row;
    }
    return nullptr;
  }

  // Requires: the host is not in the shard yet.
  void insert(std::uint64_t hash, std::string host, HostEntry entry) {
    const auto high = static_cast<std::uint32_t>(hash >> 32);
    std::size_t i = high & (places.size() - 1);
    while (places[i].row != 0) i = (i + 1) & (places.size() - 1);
    rows.push_back({hash, std::move(host), std::move(entry)});
    places[i] = {high, static_cast<std::uint32_t>(rows.size())};
  }
};

HostTable::HostTable() = default;

const HostEntry* HostTable::find(std::string_view lower_case_host) const {
  std::uint64_t hash = hash_host(lower_case_host);
  const Shard* shard = shards_[hash % kShards].get();
  if (!shard) return nullptr;
  const Shard::Row* row = shard->find(lower_case_host, hash);
  return row ? &row->entry : nullptr;
}

std::size_t HostTable::size() const { return size_; }

void HostTable::each(const std::function<void(const std::string& host, const HostEntry& entry)>& visit) const {
  for (const auto& shard : shards_) {
    if (!shard) continue;
    for (const Shard::Row& row : shard->rows) visit(row.host, row.entry);
  }
}

HostTable HostTable::with(const std::vector<Change>& changes) const {
  // The last change of a host counts. Grouped by shard, so that each touched shard is copied once.
  std::unordered_map<std::size_t, std::unordered_map<std::string_view, const Change*>> by_shard;
  for (const Change& change : changes) by_shard[hash_host(change.host) % kShards][change.host] = &change;

  HostTable next = *this;
  for (const auto& [number, changed] : by_shard) {
    const Shard* old = shards_[number].get();
    auto fresh = std::make_shared<Shard>((old ? old->rows.size() : 0) + changed.size());
    if (old)
      for (const Shard::Row& row : old->rows)
        if (!changed.contains(row.host)) fresh->insert(row.hash, row.host, row.entry);
    for (const auto& [host, change] : changed)
      if (change->entry) fresh->insert(hash_host(host), std::string(host), *change->entry);
    next.size_ = next.size_ - (old ? old->rows.size() : 0) + fresh->rows.size();
    next.shards_[number] = fresh->rows.empty() ? nullptr : std::move(fresh);
  }
  return next;
}

}  // namespace sitepod::serve
