#include "base/file.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace sitepod {
namespace {

// What is written into a pipe, read by its name as a shell hands it out: --config <(…).
Result<std::string> read_through_pipe(const std::string& text, std::uint64_t max_bytes) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const UniqueFd reader(ends[0]);
  std::thread writing([&text, writer = UniqueFd(ends[1])] {
    EXPECT_TRUE(write_all(writer.get(), std::as_bytes(std::span(text))).ok());
  });
  Result<std::string> read = read_file("/dev/fd/" + std::to_string(reader.get()), max_bytes);
  writing.join();
  return read;
}

TEST(ReadFile, ReadsAPipeToItsEnd) {
  const std::string text(50'000, 'x');
  const auto read = read_through_pipe(text, 1 << 20);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, text);
}

TEST(ReadFile, RefusesAPipeThatIsTooLong) { EXPECT_FALSE(read_through_pipe(std::string(50'000, 'x'), 49'999).ok()); }

TEST(ReadFile, ReadsWhatTheKernelMakesUp) {
  const auto read = read_file("/proc/self/stat");
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(read->empty());
}

}  // namespace
}  // namespace sitepod
