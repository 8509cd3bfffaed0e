// The numbers of the meters that count what each project's visitors get (serve/site_meters.hpp). A project keeps its
// number as long as the process lives, and nobody else gets it. Any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

namespace sitepod::publish {

class MeterNumbers {
 public:
  std::uint32_t number_of(const std::string& project_id) {
    const std::lock_guard lock(mutex_);
    const auto [known, is_new] = numbers_.try_emplace(project_id, static_cast<std::uint32_t>(projects_.size()));
    if (is_new) projects_.push_back(project_id);
    return known->second;
  }
  // `known`, the projects by their number, gets those that have come since.
  void append_new(std::vector<std::string>& known) const {
    const std::lock_guard lock(mutex_);
    for (std::size_t number = known.size(); number < projects_.size(); ++number) known.push_back(projects_[number]);
  }

 private:
  mutable std::mutex mutex_;  // guards the rest
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> projects_;
};

}  // namespace sitepod::publish
