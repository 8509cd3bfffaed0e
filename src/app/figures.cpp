#include "app/figures.hpp"

namespace sitepod::app {

namespace {

std::optional<control::BucketFigures> bucket_figures_of(const blob::BlobStore& blobs, const meta::Totals& totals) {
  const std::optional<blob::BucketFigures> asked = blobs.bucket_figures();
  if (!asked) return std::nullopt;
  control::BucketFigures figures;
  for (std::size_t i = 0; i < asked->operations.size(); ++i) {
    const blob::BucketFigures::Operation& counted = asked->operations[i];
    control::BucketOperationFigures& out = figures.operations.emplace_back();
    out.operation = blob::kBucketOperations[i];
    for (std::size_t k = 0; k < counted.requests.size(); ++k)
      out.outcomes.emplace_back(blob::kBucketOutcomes[k], counted.requests[k]);
    for (std::size_t k = 0; k < counted.within.size(); ++k) {
      out.answered += counted.within[k];
      if (k < blob::kBucketSeconds.size()) out.answered_within.emplace_back(blob::kBucketSeconds[k], out.answered);
    }
    out.seconds = counted.seconds;
  }
  figures.sent_bytes = asked->sent_bytes;
  figures.received_bytes = asked->received_bytes;
  figures.is_usable = asked->is_usable;
  figures.spool_blobs = totals.staged_blobs;
  figures.spool_bytes = totals.staged_bytes;
  const std::int64_t age = now().unix_seconds() - totals.oldest_staged.unix_seconds();
  if (totals.staged_blobs > 0 && age > 0) figures.spool_age_seconds = static_cast<std::uint64_t>(age);
  return figures;
}

}  // namespace

control::ServerFigures collect_figures(const serve::DataPlane& data_plane, const publish::Publisher& publisher,
                                       const ThreadPool& api_pool, const ThreadPool& blob_pool,
                                       const serve::AccessLog* access_log, const StoreCounts& counts,
                                       const blob::BlobStore& blobs) {
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
  figures.bucket = bucket_figures_of(blobs, totals);
  return figures;
}

}  // namespace sitepod::app
