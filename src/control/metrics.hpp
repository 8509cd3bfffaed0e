// What the control plane counts, and all figures of the server in Prometheus' text format 0.0.4. Any thread.
// prometheus-cpp stays behind this. docs/operate/metrics.md lists the names.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "control/figures.hpp"

namespace sitepod::control {

class Metrics {
 public:
  Metrics();
  ~Metrics();

  void count_request(int status, double seconds);
  void count_plan(std::size_t files, std::size_t reused);
  void count_uploads(std::size_t files, std::uint64_t bytes);
  // From the plan to its image.
  void count_commit(double seconds);
  // "deploy" or "rollback".
  void count_release(std::string_view kind);

  // Requires: `uptime_seconds` is not negative.
  std::string render(const ServerFigures& figures, std::int64_t uptime_seconds) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sitepod::control
