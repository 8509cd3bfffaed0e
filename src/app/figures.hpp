// Gathers the counters of the running rooms for the control plane: a few dozen loads, whatever is stored. Any thread.
#pragma once

#include "app/store_counts.hpp"
#include "base/thread_pool.hpp"
#include "blob/blob_store.hpp"
#include "control/figures.hpp"
#include "publish/publisher.hpp"
#include "serve/access_log.hpp"
#include "serve/data_plane.hpp"

namespace sitepod::app {

// `access_log` may be null.
control::ServerFigures collect_figures(const serve::DataPlane& data_plane, const publish::Publisher& publisher,
                                       const ThreadPool& api_pool, const ThreadPool& blob_pool,
                                       const serve::AccessLog* access_log, const StoreCounts& counts,
                                       const blob::BlobStore& blobs);

}  // namespace sitepod::app
