// The access log: one JSON line per answer, written by a thread of its own. Workers put lines into a ring each and
// never wait: when the writer falls behind, lines are dropped and counted. Without a log nothing of this exists and an
// answer costs one branch more. No query, no fragment, no header but User-Agent and Referer (cut at its query), and
// only the network of the visitor's address get into it; docs/operate/logs.md explains the fields.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/fd.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace sitepod::serve {

// What one answer was. Views into whatever the caller has; empty: not known.
struct AccessRecord {
  Instant time;
  std::string_view peer = {};  // numeric
  std::string_view method = {};
  std::string_view host = {};
  std::string_view path = {};  // as sent
  int status = 0;
  std::uint64_t bytes = 0;  // of the body
  std::string_view project = {};
  std::string_view image = {};
  std::string_view user_agent = {};
  std::string_view referer = {};
};

// Appends the record as one line. Whatever the client sent, the line is one JSON object in ASCII.
void append_access_line(const AccessRecord& record, std::string& out);

// Lines on their way from one thread to another: one producer, one consumer, no locks.
class LineRing {
 public:
  static constexpr std::size_t kBytes = 1 << 20;

  // Producer only. Whole or, when there is no room, not at all: then it counts as dropped.
  void push(std::string_view line);
  // Consumer only: appends everything that is there.
  void take(std::string& out);
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  std::unique_ptr<char[]> bytes_ = std::make_unique<char[]>(kBytes);
  alignas(64) std::atomic<std::uint64_t> written_{0};  // ever
  std::atomic<std::uint64_t> dropped_{0};
  alignas(64) std::atomic<std::uint64_t> taken_{0};
};

class AccessLog {
 public:
  // Appends to the file; makes it when absent.
  static Result<std::unique_ptr<AccessLog>> open(const std::string& path);
  // Writes what is in the rings. Requires: nobody pushes any more.
  ~AccessLog();

  // A ring for one more producer; lives as long as the log.
  LineRing& add_ring();
  // Any thread: the file was moved away, write to a new one under the old name.
  void reopen();
  // Lines that are lost: because a ring was full, or the file could not be written.
  std::uint64_t dropped() const;

 private:
  AccessLog(std::string path, UniqueFd file);
  void run();
  void open_again();
  void write(const std::string& lines);

  const std::string path_;
  UniqueFd file_;  // writer thread only
  bool has_failed_ = false;
  std::atomic<std::uint64_t> unwritten_{0};

  mutable std::mutex mutex_;  // guards the rest
  std::condition_variable wake_;
  std::vector<std::unique_ptr<LineRing>> rings_;
  bool stopping_ = false;
  bool reopen_ = false;
  std::thread thread_;
};

}  // namespace sitepod::serve
