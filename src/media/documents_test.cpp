#include "media/processing_fixture.hpp"

namespace sitepod::media {
namespace {

using Documents = Processing;

TEST_F(Documents, APdfLosesItsMetadataAndFormerRevisions) {
  const std::string original = samples::pdf();
  ASSERT_TRUE(contains(original, samples::kSecret));
  const auto processed = process(original, "paper.pdf");
  ASSERT_TRUE(processed.ok()) << processed.error().message << processed.error().context;
  EXPECT_EQ(processed->form.extension, "pdf");
  EXPECT_EQ(processed->form.media_type, "application/pdf");
  const std::string bytes = *read_file(processed->path);
  EXPECT_TRUE(bytes.starts_with("%PDF-"));
  for (const std::string_view trace :
       {samples::kSecret, std::string_view("Metadata"), std::string_view("xmpmeta"), std::string_view("PieceInfo"),
        std::string_view("/Info"), std::string_view("53656372657420506572736f6e")})
    EXPECT_FALSE(contains(bytes, trace)) << trace << "\n" << bytes;
  EXPECT_TRUE(contains(bytes, "/XObject")) << "what is shown stays";
}

TEST_F(Documents, EqualPdfsGiveEqualBytes) {
  const auto first = process(samples::pdf(), "a.pdf");
  const auto second = process(samples::pdf(), "b.pdf");
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(*read_file(first->path), *read_file(second->path));
}

TEST_F(Documents, ProcessingTwiceChangesNothingMore) {
  const auto first = process(samples::pdf(), "a.pdf");
  ASSERT_TRUE(first.ok());
  const std::string once = *read_file(first->path);
  const auto second = process(once, "a.pdf");
  ASSERT_TRUE(second.ok());
  EXPECT_EQ(*read_file(second->path), once);
}

TEST_F(Documents, BrokenPdfsAreRefused) {
  for (const std::string& bytes :
       {std::string("%PDF-1.4\nnothing"), samples::pdf().substr(0, 100), std::string("%PDF-")}) {
    const auto processed = process(bytes, "broken.pdf");
    EXPECT_EQ(code_of(processed), "media_unreadable");
    if (processed.ok()) continue;
    EXPECT_TRUE(contains(processed.error().message, "broken.pdf")) << processed.error().message;
  }
}

}  // namespace
}  // namespace sitepod::media
