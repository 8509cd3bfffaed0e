#include "content/social_images.hpp"

#include "content/content_fixture.hpp"

namespace sitepod::content {
namespace {

class SocialImagesOfASite : public ContentFixture {
 protected:
  static std::vector<builder::SocialImage> images(std::initializer_list<const char*> titles) {
    std::vector<builder::SocialImage> images;
    for (const char* title : titles) {
      builder::SocialImage image;
      image.path = std::string("assets/social-") + title + ".png";
      image.title = title;
      image.accent = "#9fb2ff";
      images.push_back(image);
    }
    return images;
  }
  void want(std::initializer_list<const char*> titles, Instant at = now()) {
    must(content_->social_images.want(project_, images(titles), at));
  }
  // The titles of the rows; those that are not used with a question mark.
  std::string rows() {
    std::string out;
    const auto known =
        must(meta_->read([&](meta::Session& session) { return meta::list_social_images(session, project_.id); }));
    for (const meta::KnownSocialImage& row : known)
      out += row.path.substr(14, row.path.size() - 18) + (row.unused_since ? "? " : " ");
    return out;
  }
  std::size_t count_to_make() {
    const auto found =
        must(meta_->read([&](meta::Session& session) { return meta::find_social_images_to_make(session, "", 100); }));
    return found ? found->images.size() : 0;
  }
  void finish(const char* title) {
    must(meta_->write([&](meta::Session& session) {
      return meta::finish_social_image(session, project_.id, std::string("assets/social-") + title + ".png",
                                       sha256(title), 3);
    }));
  }
};

TEST_F(SocialImagesOfASite, AreMadeOnceForWhatTheyShow) {
  want({"a", "b"});
  EXPECT_EQ(rows(), "a b ");
  EXPECT_EQ(count_to_make(), 2U);
  finish("a");
  finish("b");
  EXPECT_EQ(count_to_make(), 0U);
  want({"a", "c"});
  EXPECT_EQ(rows(), "a b? c ");
  EXPECT_EQ(count_to_make(), 1U);
  want({"a", "b"});
  EXPECT_EQ(rows(), "a b c? ");
  EXPECT_EQ(count_to_make(), 0U) << "b was made before, c is not wanted any more";
}

TEST_F(SocialImagesOfASite, AreKeptAMonthForOlderImages) {
  const Instant at = now();
  want({"a", "b"}, at);
  want({"a"}, at);
  want({"a", "c"}, {at.unix_ms + std::int64_t{29} * 86'400'000});
  EXPECT_EQ(rows(), "a b? c ");
  want({"a"}, {at.unix_ms + std::int64_t{31} * 86'400'000});
  EXPECT_EQ(rows(), "a c? ");
}

TEST_F(SocialImagesOfASite, AreKeptOnlyInBoundedNumber) {
  std::vector<builder::SocialImage> many;
  for (int i = 1000; i < 2200; ++i) many.push_back(images({std::to_string(i).c_str()}).front());
  must(content_->social_images.want(project_, many, now()));
  want({"a"});
  want({"b"});
  EXPECT_LT(rows().size(), 520U * 6);
}

TEST_F(SocialImagesOfASite, AreServedAndKeptFromCollectionOnceTheyAreMade) {
  want({"a"});
  const auto made = [&] {
    return must(
        meta_->read([&](meta::Session& session) { return meta::list_made_social_images(session, project_.id); }));
  };
  EXPECT_EQ(made().size(), 0U);
  finish("a");
  ASSERT_EQ(made().size(), 1U);
  EXPECT_EQ(made()[0].media_type, "image/png");
  std::vector<Digest> kept;
  must(meta_->read([&](meta::Session& session) {
    return meta::each_media_blob(session, [&](const Digest& blob) { kept.push_back(blob); });
  }));
  EXPECT_EQ(kept, std::vector<Digest>{sha256("a")});
  EXPECT_EQ(
      must(meta_->read([&](meta::Session& session) { return meta::list_projects_with_media(session, sha256("a")); })),
      std::vector<std::string>{project_.id});
}

TEST_F(SocialImagesOfASite, ThatCannotBeDrawnAreTriedOneByOneAndGivenUp) {
  want({"a", "b", "c"});
  const auto fail = [&](const char* title) {
    must(meta_->write([&](meta::Session& session) {
      return meta::note_social_image_failed(session, project_.id, std::string("assets/social-") + title + ".png");
    }));
  };
  fail("a");
  EXPECT_EQ(count_to_make(), 2U);
  fail("b");
  fail("c");
  EXPECT_EQ(count_to_make(), 1U) << "one at a time";
  for (const char* title : {"a", "b", "c", "a", "b", "c"}) fail(title);
  EXPECT_EQ(count_to_make(), 0U);
}

TEST_F(SocialImagesOfASite, AreWantedByABuildAfterItsRelease) {
  settings_.builds.social_images = true;
  open();
  save(page("A title"));
  must(content_->builds.start());
  must(content_->builds.request(project_, caller_, now()));
  EXPECT_TRUE(wait_for_build("success"));
  EXPECT_EQ(count_to_make(), 2U) << "the page's and the site's";
}

}  // namespace
}  // namespace sitepod::content
