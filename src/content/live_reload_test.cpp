#include "content/live_reload.hpp"

#include <gtest/gtest.h>

namespace sitepod::content {
namespace {

builder::BuiltSite site_of(const std::string& text) {
  builder::BuiltSite site;
  for (const auto& [path, bytes] :
       {std::pair<std::string, std::string>{"a.html", "<head></head>" + text}, {"z.css", "</head>"}})
    site.files.push_back({path, std::make_shared<const std::string>(bytes), sha256(bytes), bytes.size()});
  return site;
}

TEST(LiveReload, IsInEveryPageAndNowhereElse) {
  builder::BuiltSite site = site_of("x");
  add_live_reload(site);
  ASSERT_EQ(site.files.size(), 4u);
  EXPECT_TRUE(std::is_sorted(site.files.begin(), site.files.end(), [](auto& a, auto& b) { return a.path < b.path; }));
  EXPECT_EQ(*site.files[2].bytes, "<head><script src=\"/_dev/reload.js\" defer></script></head>x");
  EXPECT_EQ(*site.files[3].bytes, "</head>");
  for (const builder::BuiltFile& file : site.files) EXPECT_EQ(file.digest, sha256(*file.bytes)) << file.path;
}

TEST(LiveReload, NamesABuildByWhatItMade) {
  builder::BuiltSite one = site_of("x"), same = site_of("x"), other = site_of("y");
  for (builder::BuiltSite* site : {&one, &same, &other}) add_live_reload(*site);
  EXPECT_EQ(*one.files[0].bytes, *same.files[0].bytes);
  EXPECT_NE(*one.files[0].bytes, *other.files[0].bytes);
}

}  // namespace
}  // namespace sitepod::content
