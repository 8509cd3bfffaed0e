#include "serve/workbench.hpp"

#include <cstring>
#include <ctime>

#include "base/log.hpp"
#include "serve/blob_loader.hpp"
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
    const bool as_bytes = cache == &Workbench::bodies;
    jobs.submit(blob_pool, [this, cache, digest, size, as_bytes] {
      // std::function wants copies; the message is run once and takes the blob out.
      auto blob = std::make_shared<std::unique_ptr<Blob>>(as_bytes ? load_bytes(openings, digest, size)
                                                                   : load_file(openings, digest, size));
      loop.post([this, cache, digest, as_bytes, blob] {
        const std::size_t cost = as_bytes && *blob != nullptr ? (*blob)->bytes.size() + sizeof(Blob) : 1;
        (this->*cache).loaded(digest, std::move(*blob), cost, wheel.now());
      });
    });
  };
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
