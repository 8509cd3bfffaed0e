// Checks a data folder against the invariants that every crash must leave standing. Reads only; main thread, blocks.
//   I2  every environment points to exactly one complete image: manifest and files present, with right sizes and hashes
//   I4  no blob of any kept image, and none that the database calls durable, is missing
//   I5  no temporary file is older than an hour
//   database, boot-log: the files themselves are sound
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "base/time.hpp"

namespace sitepod::app {

struct FsckProblem {
  std::string check;    // "I2", "I4", "I5", "database", "boot-log"
  std::string subject;  // what it is about: "prod of prj_…", "image img_…", a file
  std::string problem;  // a phrase
};

struct FsckReport {
  std::uint64_t projects = 0;
  std::uint64_t environments = 0;
  std::uint64_t images = 0;
  std::uint64_t blobs = 0;  // hashed, each once
  std::uint64_t bytes = 0;
  std::vector<FsckProblem> problems;
};

// An error: the check itself could not be done. Requires: nobody changes the folder meanwhile, else late findings may
// be untrue.
Result<FsckReport> check_store(const std::string& data_dir, Instant now);

}  // namespace sitepod::app
