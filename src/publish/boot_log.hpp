// {data}/boot.log: which hosts showed which images when the server last ran, readable without the database.
// Records are appended and each is the complete state of one project; the last one of a project wins. Format:
// docs/formats/boot-log.md. The functions are pure; the class belongs to one thread (the publisher's) and blocks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "publish/live_table.hpp"

namespace sitepod::publish {

// Appends the record that says all about this project; without hosts it says that the project is gone.
void append_boot_record(const LiveProject& project, std::string& out);

struct BootLogContent {
  LiveTable live;
  std::uint64_t valid_bytes = 0;    // length of the part before a torn tail
  std::uint64_t damaged_bytes = 0;  // bytes that prove nothing, the torn tail included
};
// What these bytes prove. Never fails: damage costs the records that it touches and no others.
BootLogContent replay_boot_log(std::string_view bytes);

class BootLog {
 public:
  explicit BootLog(std::string path);

  // Reads the file; an absent one is an empty one. An unreadable one is an error.
  Result<void> load();
  const LiveTable& live() const { return live_; }

  // The states become part of live() in any case and are on disk when this succeeded. Yields the hosts that belong to
  // nobody any more. After a failure the next call writes the whole file anew, so that nothing stays missing.
  struct Recorded {
    std::vector<std::string> hosts_gone;
    Result<void> durable;
  };
  Recorded record(std::span<const LiveProject> projects);

  // Writes the file anew with the last record of each project only.
  Result<void> compact();

 private:
  Result<void> append(std::string_view records);

  const std::string path_;
  LiveTable live_;
  UniqueFd file_;
  std::uint64_t file_bytes_ = 0;
  std::uint64_t bytes_after_compaction_ = 0;
  bool needs_rewrite_ = true;  // until the first compaction, and after an append that failed
};

}  // namespace sitepod::publish
