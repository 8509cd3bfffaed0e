#include "blob/bucket_figures.hpp"

#include <algorithm>

namespace sitepod::blob {

void BucketCounters::count(BucketOperation operation, BucketOutcome outcome, std::chrono::microseconds time) {
  Operation& counted = operations_[static_cast<std::size_t>(operation)];
  ++counted.requests[static_cast<std::size_t>(outcome)];
  counted.microseconds += static_cast<std::uint64_t>(time.count());
  const double seconds = std::chrono::duration<double>(time).count();
  const auto within = std::lower_bound(kBucketSeconds.begin(), kBucketSeconds.end(), seconds);
  ++counted.within[static_cast<std::size_t>(within - kBucketSeconds.begin())];
}

BucketFigures BucketCounters::read() const {
  BucketFigures figures;
  for (std::size_t i = 0; i < operations_.size(); ++i) {
    const Operation& counted = operations_[i];
    BucketFigures::Operation& out = figures.operations[i];
    std::copy(counted.requests.begin(), counted.requests.end(), out.requests.begin());
    std::copy(counted.within.begin(), counted.within.end(), out.within.begin());
    out.seconds = static_cast<double>(counted.microseconds) / 1e6;
  }
  figures.sent_bytes = sent_;
  figures.received_bytes = received_;
  return figures;
}

}  // namespace sitepod::blob
