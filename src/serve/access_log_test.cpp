#include "serve/access_log.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace sitepod::serve {
namespace {

std::string line_of(const AccessRecord& record) {
  std::string line;
  append_access_line(record, line);
  return line;
}

std::string content_of(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(AccessLine, IsOneJsonObjectWhateverTheClientSent) {
  AccessRecord record;
  record.method = "GET";
  record.path = "/a\"b\\c";
  record.user_agent = "x\r\n{\"status\":200}\x1b[31m\xff";
  record.status = 404;
  const std::string line = line_of(record);
  EXPECT_NE(line.find(R"("path":"/a\"b\\c")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("user_agent":"x\u000d\u000a{\"status\":200}\u001b[31m\u00ff")"), std::string::npos) << line;
  EXPECT_EQ(line.find('\n'), line.size() - 1);
}

TEST(AccessLine, LeavesOutQueriesAndTheVisitorsOwnAddress) {
  AccessRecord record;
  record.path = "/login?token=secret";
  record.referer = "https://other.test/page?session=secret#secret";
  record.peer = "203.0.113.7";
  const std::string line = line_of(record);
  EXPECT_EQ(line.find("secret"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("referer":"https://other.test/page")"), std::string::npos) << line;
  EXPECT_NE(line.find(R"("peer":"203.0.113.0")"), std::string::npos) << line;
}

TEST(AccessLine, KeepsTheFirstThreeGroupsOfALongAddress) {
  const std::pair<const char*, const char*> cases[] = {{"2001:db8:1:2:3:4:5:6", "2001:db8:1::"},
                                                       {"2001:db8::7", "2001:db8::"},
                                                       {"fe80::1", "fe80::"},
                                                       {"::1", "::"},
                                                       {"::ffff:203.0.113.7", "203.0.113.0"}};
  for (const auto& [peer, network] : cases) {
    AccessRecord record;
    record.peer = peer;
    EXPECT_NE(line_of(record).find("\"peer\":\"" + std::string(network) + "\""), std::string::npos) << line_of(record);
  }
}

TEST(LineRing, GivesBackWhatWasPutInAcrossItsEnd) {
  LineRing ring;
  std::string line(700'001, 'a');
  for (char c = 'a'; c < 'f'; ++c) {
    line.front() = c;
    ring.push(line);
    std::string out;
    ring.take(out);
    EXPECT_EQ(out, line);
  }
  EXPECT_EQ(ring.dropped(), 0u);
}

TEST(LineRing, DropsAndCountsALineThatDoesNotFit) {
  LineRing ring;
  ring.push(std::string(LineRing::kBytes, 'a'));
  ring.push("b");
  EXPECT_EQ(ring.dropped(), 1u);
  std::string out;
  ring.take(out);
  EXPECT_EQ(out.size(), LineRing::kBytes);
  ring.push("c");
  out.clear();
  ring.take(out);
  EXPECT_EQ(out, "c");
}

TEST(AccessLog, WritesEverythingBeforeItEndsAndGoesOnInANewFileAfterReopen) {
  char pattern[] = "/tmp/sitepod-access-XXXXXX";
  const std::string folder = ::mkdtemp(pattern);
  const std::string path = folder + "/access.log";
  {
    auto log = AccessLog::open(path);
    ASSERT_TRUE(log.ok());
    LineRing& ring = (*log)->add_ring();
    ring.push("one\n");
    // Moved away while lines are on their way: none is lost, wherever it ends up.
    std::filesystem::rename(path, path + ".1");
    (*log)->reopen();
    while (!std::filesystem::exists(path)) std::this_thread::yield();
    ring.push("two\n");
  }
  EXPECT_EQ(content_of(path + ".1"), "one\n");
  EXPECT_EQ(content_of(path), "two\n");
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sitepod::serve
