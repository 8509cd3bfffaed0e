#include "app/figures.hpp"

namespace sitepod::app {

control::ServerFigures collect_figures(const serve::DataPlane& data_plane, const publish::Publisher& publisher,
                                       const ThreadPool& api_pool, const ThreadPool& blob_pool,
                                       const serve::AccessLog* access_log, const StoreCounts& counts) {
  control::ServerFigures figures;
  for (const serve::WorkerStatus& worker : data_plane.status())
    figures.workers.push_back({worker.adopted_generation, worker.connections, worker.requests, worker.answers,
                               worker.sent_bytes, worker.body_hits, worker.body_misses, worker.file_hits,
                               worker.file_misses, worker.tls_handshakes, worker.tls_failures});
  figures.speaks_https = data_plane.https_port() != 0;
  if (const auto certificates = publisher.certificates())
    for (const auto& each : certificates->all())
      figures.certificates.push_back(
          {each->names().empty() ? std::string() : each->names().front(), each->not_after().unix_seconds()});
  figures.generation = publisher.generation();
  figures.api_queue = api_pool.pending();
  figures.blob_queue = blob_pool.pending();
  if (access_log != nullptr) figures.access_log_dropped = access_log->dropped();
  const meta::Totals totals = counts.latest();
  figures.store = {totals.users, totals.projects, totals.images, totals.blobs, totals.blob_bytes, totals.damaged_blobs};
  return figures;
}

}  // namespace sitepod::app
