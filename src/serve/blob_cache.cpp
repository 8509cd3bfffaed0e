#include "serve/blob_cache.hpp"

namespace sitepod::serve {
namespace {

void increment(std::atomic<std::uint64_t>& counter) {
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

BlobCache::BlobCache(std::size_t capacity, StartLoad start_load, Resume resume)
    : capacity_(capacity), start_load_(std::move(start_load)), resume_(std::move(resume)) {
  recent_.newer = recent_.older = &recent_;
}

BlobCache::~BlobCache() = default;

BlobCache::State BlobCache::find(const Digest& blob, std::uint64_t size, ConnectionId who, net::Monotonic now,
                                 BlobRef& found) {
  const auto place = entries_.find(blob);
  if (place == entries_.end()) return start(blob, size, who);
  Entry& entry = *place->second;
  switch (entry.state) {
    case State::Loading:
      entry.waiting.push_back(who);
      increment(misses_);
      return State::Loading;
    case State::Failed:
    case State::Unavailable:
      if (now < entry.failed_until) return entry.state;
      erase(entry);
      return start(blob, size, who);
    case State::Ready:
      if (entry.blob->size != size) return State::Failed;
      touch(entry);
      increment(hits_);
      found = entry.blob;
      return State::Ready;
  }
  return State::Failed;
}

BlobCache::State BlobCache::start(const Digest& blob, std::uint64_t size, ConnectionId who) {
  increment(misses_);
  auto entry = std::make_unique<Entry>();
  entry->digest = blob;
  entry->waiting.push_back(who);
  entries_.emplace(blob, std::move(entry));
  start_load_(blob, size);
  return State::Loading;
}

void BlobCache::loaded(const Digest& blob, std::unique_ptr<Blob> content, std::size_t cost) {
  Entry* const entry = find_loading(blob);
  if (entry == nullptr) return;
  entry->state = State::Ready;
  entry->blob = BlobRef(std::move(content));
  entry->cost = cost;
  settle(*entry);
}

// A short memory of failures, so that a crowd that wants a missing blob costs one look at the disk per second.
void BlobCache::failed(const Digest& blob, State state, net::Monotonic now) {
  Entry* const entry = find_loading(blob);
  if (entry == nullptr) return;
  entry->state = state;
  entry->cost = 1;
  entry->failed_until = now + kFailureRest;
  settle(*entry);
}

BlobCache::Entry* BlobCache::find_loading(const Digest& blob) {
  const auto place = entries_.find(blob);
  return place == entries_.end() || place->second->state != State::Loading ? nullptr : place->second.get();
}

void BlobCache::settle(Entry& entry) {
  const auto waiting = std::move(entry.waiting);
  used_ += entry.cost;
  link(entry);
  // Those that waited are served before anything is evicted: however small the cache, each gets what it waited for.
  for (const ConnectionId who : waiting) resume_(who);
  make_room();
}

void BlobCache::forget(const Digest& blob) {
  const auto place = entries_.find(blob);
  if (place != entries_.end() && place->second->state != State::Loading) erase(*place->second);
}

// What is still being fetched stays: connections wait for it.
void BlobCache::forget_all() {
  while (recent_.newer != &recent_) erase(*recent_.newer);
}

void BlobCache::touch(Entry& entry) {
  if (recent_.older == &entry) return;
  unlink(entry);
  link(entry);
}

void BlobCache::link(Entry& entry) {
  entry.newer = &recent_;
  entry.older = recent_.older;
  recent_.older->newer = &entry;
  recent_.older = &entry;
}

void BlobCache::unlink(Entry& entry) {
  entry.newer->older = entry.older;
  entry.older->newer = entry.newer;
}

void BlobCache::erase(Entry& entry) {
  unlink(entry);
  used_ -= entry.cost;
  entries_.erase(entries_.find(entry.digest));
}

void BlobCache::make_room() {
  while (used_ > capacity_ && recent_.newer != &recent_) erase(*recent_.newer);
}

}  // namespace sitepod::serve
