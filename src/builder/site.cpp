#include "builder/site.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

#include "builder/standing_build.hpp"

namespace sitepod::builder {

struct BuildCache::State {
  std::mutex mutex;  // guards what follows
  std::unique_ptr<StandingBuild> last;
  std::size_t weight = 0;

  std::unique_ptr<StandingBuild> take() {
    const std::lock_guard lock(mutex);
    weight = 0;
    return std::move(last);
  }
  void keep(std::unique_ptr<StandingBuild> build) {
    const std::size_t its_weight = build->weight();
    const std::lock_guard lock(mutex);
    weight = its_weight;
    last.swap(build);
  }
};

BuildCache::BuildCache() : state_(std::make_unique<State>()) {}
BuildCache::~BuildCache() = default;

std::size_t BuildCache::weight() const {
  const std::lock_guard lock(state_->mutex);
  return state_->weight;
}

Result<BuiltSite> build_site(const Site& site, BuildCache& cache, unsigned threads, Deadline deadline,
                             const FileSink& sink) {
  if (!default_theme()) return Error(default_theme().error());
  const BuildRun run{threads == 0 ? std::max(1U, std::thread::hardware_concurrency()) : threads, deadline, sink};
  std::unique_ptr<StandingBuild> build = cache.state().take();
  if (auto texts = build ? build->compare(site) : std::nullopt) {
    if (Result<void> learnt = build->learn(*texts, run); !learnt.ok()) {
      cache.state().keep(std::move(build));
      return std::move(learnt).error();
    }
    SITEPOD_TRY(build->renew(*std::move(texts), run));
  } else {
    std::unique_ptr<StandingBuild> before = std::move(build);
    Result<std::unique_ptr<StandingBuild>> begun = StandingBuild::begin(site, *default_theme());
    Result<void> made = begun.ok() ? (*begun)->make(before.get(), run) : Result<void>(begun.error());
    if (!made.ok()) {
      if (before) cache.state().keep(std::move(before));
      return std::move(made).error();
    }
    build = *std::move(begun);
  }
  BuiltSite built = build->result();
  cache.state().keep(std::move(build));
  return built;
}

}  // namespace sitepod::builder
