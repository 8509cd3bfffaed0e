#include "meta/builds.hpp"
#include "meta/pages.hpp"
#include "meta/sites.hpp"
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
  must_write([&](Session& s) { return save_page(s, "prj_a", page); });
  const auto weight = [&] {
    std::uint64_t bytes = 0;
    must_read([&](Session& s) { return each_page_key(s, "prj_a", [&](PageKey key) { bytes += key.content_bytes; }); });
    return bytes;
  };
  EXPECT_EQ(weight(), 5u);
  page.content = "123";
  must_write([&](Session& s) { return save_page(s, "prj_a", page); });
  EXPECT_EQ(weight(), 3u);
}

TEST_P(ContentRecords, APageHasAnotherRevisionAfterEveryChange) {
  model::Page page = page_of("a", "12345");
  const auto revision = [&] {
    return must_read([](Session& s) { return list_public_pages(s, "prj_a", {1'000}); }).at(0).revision;
  };
  std::set<std::int64_t> revisions;
  must_write([&](Session& s) { return save_page(s, "prj_a", page); });
  revisions.insert(revision());
  page.title = "Another";
  must_write([&](Session& s) { return save_page(s, "prj_a", page, 5); });
  revisions.insert(revision());
  EXPECT_EQ(must_read([](Session& s) { return find_page(s, "prj_a", "page_a"); })->content, "12345");
  page.content = "54321";
  must_write([&](Session& s) { return save_page(s, "prj_a", page); });
  revisions.insert(revision());
  must_write([&](Session& s) { return park_page_key(s, "page_a"); });
  revisions.insert(revision());
  must_write([&](Session& s) { return insert_author(s, "usr_a", {"ada", "Ada", "", "", ""}, {1}); });
  page.author_id = "ada";
  must_write([&](Session& s) { return save_page(s, "prj_a", page); });
  revisions.insert(revision());
  must_write([&](Session& s) { return delete_author(s, "usr_a", "ada"); });
  revisions.insert(revision());
  EXPECT_EQ(must_read([](Session& s) { return find_page(s, "prj_a", "page_a"); })->author_id, "");
  EXPECT_EQ(revisions.size(), 6u);
}

}  // namespace
}  // namespace sitepod::meta
