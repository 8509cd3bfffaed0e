#include "serve/workbench.hpp"

#include <cstring>
#include <ctime>

#include "base/log.hpp"
#include "serve/connection.hpp"

namespace sitepod::serve {

std::span<char> InputWindow::room() {
  if (begin > 0) {
    std::memmove(bytes.get(), bytes.get() + begin, end - begin);
    end -= begin;
    begin = 0;
  }
  SITEPOD_CHECK(end + kReadBytes <= kCapacity);
  return {bytes.get() + end, kReadBytes};
}

Workbench::Workbench(const DataPlaneOptions& data_plane_options, const Openings& data_plane_openings, ThreadPool& blobs,
                     ThreadPool& api, JobCount& job_count)
    : options(data_plane_options),
      openings(data_plane_openings),
      blob_pool(blobs),
      api_pool(api),
      jobs(job_count),
      wheel(net::monotonic_now()),
      status_lines(std::time(nullptr)),
      bodies(options.body_cache_bytes, loader(&Workbench::bodies), resumer()),
      files(options.file_cache_entries, loader(&Workbench::files), resumer()),
      locks(checker(), resumer()) {
  output.text().reserve(http::kMaxQueuedOutputBytes);
  again.reserve(256);
  if (options.access_log != nullptr) access_ring = &options.access_log->add_ring();
}

Workbench::~Workbench() = default;

BlobCache::StartLoad Workbench::loader(BlobCache Workbench::*cache) {
  return [this, cache](const Digest& digest, std::uint64_t size) {
    jobs.submit(blob_pool, [this, cache, digest, size] {
      if (!openings.fetch_blob) return hand_over(cache, digest, load(cache, openings.open_blob, digest, size));
      LoadedBlob near = load(cache, openings.open_near_blob, digest, size);
      if (near.ok() || near.error().kind != ErrorKind::NotFound) return hand_over(cache, digest, std::move(near));
      jobs.begin();
      openings.fetch_blob(digest, [this, cache, digest, size](Result<void> fetched) {
        hand_over(
            cache, digest,
            fetched.ok() ? load(cache, openings.open_near_blob, digest, size) : LoadedBlob(std::move(fetched).error()));
        jobs.end();
      });
    });
  };
}

LoadedBlob Workbench::load(BlobCache Workbench::*cache, const OpenBlob& open, const Digest& digest,
                           std::uint64_t size) const {
  return cache == &Workbench::bodies ? load_bytes(openings, open, digest, size)
                                     : load_file(openings, open, digest, size);
}

void Workbench::hand_over(BlobCache Workbench::*cache, const Digest& digest, LoadedBlob loaded) {
  const bool is_unavailable = !loaded.ok() && loaded.error().kind == ErrorKind::Unavailable;
  // Who keeps the bytes says in the log that they cannot be had now, and not for every visitor.
  if (!loaded.ok() && !is_unavailable) log_unloaded(digest, loaded.error());
  // std::function wants copies; the message is run once and takes the blob out.
  auto blob = std::make_shared<std::unique_ptr<Blob>>(loaded.ok() ? std::move(loaded).value() : nullptr);
  loop.post([this, cache, digest, blob, is_unavailable] {
    if (*blob == nullptr) {
      const auto state = is_unavailable ? BlobCache::State::Unavailable : BlobCache::State::Failed;
      return (this->*cache).failed(digest, state, wheel.now());
    }
    const std::size_t cost = cache == &Workbench::bodies ? (*blob)->bytes.size() + sizeof(Blob) : 1;
    (this->*cache).loaded(digest, std::move(*blob), cost);
  });
}

// On the threads for API calls: they may wait for each other's passwords, which cold files must not.
PreviewLocks::StartCheck Workbench::checker() {
  return [this](const Digest& key, const std::string& lock, std::string_view password) {
    jobs.submit(api_pool, [this, key, lock, password = std::string(password)] {
      auto answer = PreviewLocks::Answer::Busy;
      if (openings.check_password) {
        const Result<bool> opens = openings.check_password(lock, password);
        if (opens.ok()) answer = *opens ? PreviewLocks::Answer::Open : PreviewLocks::Answer::Shut;
      }
      loop.post([this, key, answer] { locks.checked(key, answer); });
    });
  };
}

BlobCache::Resume Workbench::resumer() {
  return [this](ConnectionId id) {
    if (Connection* connection = find(id)) connection->resume();
  };
}

Connection* Workbench::find(ConnectionId id) {
  if (id.index >= connections.size()) return nullptr;
  Connection& connection = *connections[id.index];
  return connection.is_open() && connection.id().life == id.life ? &connection : nullptr;
}

void Workbench::bury(Connection& connection) {
  buried.push_back(&connection);
  add(open_connections, ~std::uint64_t{0});
}

Connection& Workbench::new_connection() {
  add(open_connections, 1);
  if (unused.empty()) {
    connections.push_back(std::make_unique<Connection>(*this, static_cast<std::uint32_t>(connections.size())));
    return *connections.back();
  }
  Connection& connection = *unused.back();
  unused.pop_back();
  return connection;
}

void Workbench::recycle_buried() {
  unused.insert(unused.end(), buried.begin(), buried.end());
  buried.clear();
}

}  // namespace sitepod::serve
