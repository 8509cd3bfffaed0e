#include "blob/s3_server.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "base/file.hpp"
#include "base/random.hpp"
#include "blob/s3_exchange.hpp"

namespace sitepod::blob {
namespace {

// Ends with this process.
std::string start_server() {
  std::string folder = (std::filesystem::temp_directory_path() / "sitepod-s3-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) return {};
  static const std::string made = folder;
  std::atexit([] {
    std::error_code ignored;
    std::filesystem::remove_all(made, ignored);
  });
  const std::string script = std::string(SITEPOD_SOURCE_DIR) + "/tests/support/radosgw.sh";
  const std::string parent = std::to_string(::getpid());
  const pid_t child = ::fork();
  if (child == 0) {
    ::execl(script.c_str(), script.c_str(), folder.c_str(), parent.c_str(), nullptr);
    ::_exit(127);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status == 0 ? folder + "/endpoint" : "";
}

const BucketSettings& server() {
  static const BucketSettings settings = [] {
    const char* given = std::getenv("SITEPOD_TEST_S3");
    const std::string file = given != nullptr ? given : start_server();
    const auto text = read_file(file);
    EXPECT_TRUE(text.ok()) << "no S3 server: tools/install_packages.sh test installs it";
    BucketSettings read;
    std::istringstream(text.ok() ? *text : "") >> read.endpoint >> read.access_key >> read.secret_key;
    read.region = "us-east-1";
    return read;
  }();
  return settings;
}

}  // namespace

BucketSettings make_test_bucket() {
  BucketSettings settings = server();
  settings.name = "test-" + random_base36(16);
  S3Exchange exchange(settings);
  const auto made = exchange.send({.method = "PUT", .patience = S3Order::Patience::Write});
  EXPECT_TRUE(made.ok() && made->status == 200) << (made.ok() ? made->body : made.error().context);
  return settings;
}

}  // namespace sitepod::blob
