// What a bucket was asked, how that ended, and how long it took. Counted at every try. Any thread; no locks.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sitepod::blob {

inline constexpr std::array<std::string_view, 6> kBucketOperations = {"get", "put", "head", "delete", "list", "copy"};
enum class BucketOperation : std::uint8_t { Get, Put, Head, Delete, List, Copy };

// Absent: there is no such object. Refused: any other answer that is no success. Failed: there was no answer.
inline constexpr std::array<std::string_view, 4> kBucketOutcomes = {"ok", "absent", "refused", "failed"};
enum class BucketOutcome : std::uint8_t { Ok, Absent, Refused, Failed };

inline constexpr std::array<double, 11> kBucketSeconds = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

// A value.
struct BucketFigures {
  struct Operation {
    std::array<std::uint64_t, kBucketOutcomes.size()> requests{};
    std::array<std::uint64_t, kBucketSeconds.size() + 1> within{};  // of kBucketSeconds, and longer; not added up
    double seconds = 0;
  };
  std::array<Operation, kBucketOperations.size()> operations;
  std::uint64_t sent_bytes = 0;  // bodies of answered requests
  std::uint64_t received_bytes = 0;
  bool is_usable = true;  // neither down nor another server's
};

class BucketCounters {
 public:
  void count(BucketOperation operation, BucketOutcome outcome, std::chrono::microseconds time);
  void count_bytes(std::uint64_t sent, std::uint64_t received) {
    sent_ += sent;
    received_ += received;
  }
  BucketFigures read() const;

 private:
  struct Operation {
    std::array<std::atomic<std::uint64_t>, kBucketOutcomes.size()> requests{};
    std::array<std::atomic<std::uint64_t>, kBucketSeconds.size() + 1> within{};
    std::atomic<std::uint64_t> microseconds = 0;
  };
  std::array<Operation, kBucketOperations.size()> operations_;
  std::atomic<std::uint64_t> sent_ = 0;
  std::atomic<std::uint64_t> received_ = 0;
};

}  // namespace sitepod::blob
