#include "meta/builds.hpp"
#include "meta/pages.hpp"
#include "meta/store_fixture.hpp"

namespace sitepod::meta {
namespace {

class ContentRecords : public StoreContract {
 protected:
  void SetUp() override {
    StoreContract::SetUp();
    add_account("usr_a");
    add_project("prj_a", "usr_a");
  }
};
INSTANTIATE_TEST_SUITE_P(Engines, ContentRecords, ::testing::ValuesIn(kEngines), engine_name);

model::Page page_of(const std::string& slug, const std::string& content) {
  model::Page page;
  page.id = "page_" + slug;
  page.slug = slug;
  page.title = slug;
  page.content = content;
  return page;
}

TEST_P(ContentRecords, APageKeyTellsWhatItsTextWeighs) {
  model::Page page = page_of("a", "12345");
  must_write([&](Session& s) { return insert_page(s, "prj_a", page); });
  const auto weight = [&] {
    std::uint64_t bytes = 0;
    must_read([&](Session& s) { return each_page_key(s, "prj_a", [&](PageKey key) { bytes += key.content_bytes; }); });
    return bytes;
  };
  EXPECT_EQ(weight(), 5u);
  page.content = "123";
  must_write([&](Session& s) { return update_page(s, page, true); });
  EXPECT_EQ(weight(), 3u);
}

}  // namespace
}  // namespace sitepod::meta
