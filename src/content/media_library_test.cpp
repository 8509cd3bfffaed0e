#include "content/media_library.hpp"

#include <fstream>

#include "content/content_fixture.hpp"
#include "media/temporary_folder.hpp"
#include "meta/media.hpp"

namespace sitepod::content {
namespace {

class MediaOfASite : public ContentFixture {
 protected:
  // As the endpoint does; the error is that of showing.
  Result<void> upload(const std::string& text) {
    const media::TemporaryFolder folder = must(media::TemporaryFolder::make(settings_.media_folder));
    media::ReceivedForm form;
    media::ReceivedFile file;
    file.name = "notes.txt";
    file.path = folder.path() + "/received";
    file.size = text.size();
    file.sha256 = sha256(text);
    file.head = text;
    std::ofstream(file.path) << text;
    form.files.push_back(file);
    const PreparedMedia prepared = must(content_->media.prepare(project_, form, folder.path(), now()));
    must(content_->media.record(project_, prepared));
    return content_->media.show(caller_, project_, now());
  }
  std::string live_image() {
    const auto found =
        must(meta_->read([&](meta::Session& session) { return meta::find_environment(session, project_.id, "prod"); }));
    return found ? found->image_id : "";
  }
  std::size_t count_unshown() {
    return must(meta_->read([](meta::Session& session) { return meta::list_projects_with_unshown_media(session); }))
        .size();
  }
  // What a build does at its end.
  std::string release_build() {
    deploy::BuildCommit commit{project_, "prod", {}, "1 pages"};
    const auto bytes = std::make_shared<const std::string>("<h1>built</h1>");
    commit.files.push_back({"index.html", bytes, sha256(*bytes), bytes->size()});
    const deploy::BuildCommitted made = must(deployer_->commit_build(caller_, commit, now()));
    deploy::ReleaseRequest release;
    release.project.id = project_.id;
    release.environment = "prod";
    release.image_id = made.image.id;
    must(deployer_->release(caller_, release, now()));
    return made.image.id;
  }
};

TEST_F(MediaOfASite, DoNotTakeThePlaceOfABuildThatEndsMeanwhile) {
  std::string built;
  on_compile_ = [&](std::string_view) -> Result<void> {
    if (built.empty()) built = release_build();
    return {};
  };
  must(upload("one"));
  EXPECT_FALSE(built.empty());
  EXPECT_EQ(live_image(), built);
  EXPECT_EQ(count_unshown(), 0u);
}

TEST_F(MediaOfASite, ThatAreShownAlreadyMakeNoWork) {
  must(upload("one"));
  const int compiled = compiled_;
  const int published = published_;
  must(upload("one"));
  EXPECT_EQ(compiled_, compiled);
  EXPECT_EQ(published_, published);
  must(upload("two"));
  EXPECT_GT(compiled_, compiled);
}

TEST_F(MediaOfASite, ThatCouldNotBeShownAreSavedAndShownLater) {
  publish_fails_ = true;
  EXPECT_FALSE(upload("one").ok());
  EXPECT_FALSE(upload("one").ok()) << "the same file again has still to be shown";
  EXPECT_EQ(count_unshown(), 1u);
  open();
  publish_fails_ = false;
  must(content_->start());
  EXPECT_TRUE(wait_until([&] { return count_unshown() == 0; }));
  EXPECT_FALSE(live_image().empty());
  content_->stop();
}

TEST_F(MediaOfASite, WaitForAReleaseWhenTheTokenMayNotMakeTheFirst) {
  caller_.environment = "beta";
  EXPECT_EQ(upload("one").error().kind, ErrorKind::Forbidden);
  EXPECT_EQ(count_unshown(), 0u) << "nobody with more rights must release them in its place";
  EXPECT_EQ(live_image(), "");
  caller_.environment.clear();
  release_build();
  caller_.environment = "beta";
  must(upload("two"));
}

}  // namespace
}  // namespace sitepod::content
