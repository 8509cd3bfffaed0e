#include "blob/s3_answers.hpp"

#include <gtest/gtest.h>

namespace sitepod::blob {
namespace {

TEST(S3Answers, PageOfAListIsRead) {
  const auto page = parse_s3_page(
      "<?xml version=\"1.0\"?><ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>b</Name>"
      "<IsTruncated>true</IsTruncated><Contents><Key>a&amp;b</Key><LastModified>2024-01-15T10:30:00.000Z</LastModified>"
      "<ETag>&quot;x&quot;</ETag><Size>12</Size></Contents><Contents><Key>c</Key><LastModified>2024-01-15T10:30:01Z"
      "</LastModified><Size>0</Size></Contents></ListBucketResult>");
  ASSERT_TRUE(page);
  EXPECT_TRUE(page->is_truncated);
  ASSERT_EQ(page->objects.size(), 2u);
  EXPECT_EQ(page->objects[0].key, "a&b");
  EXPECT_EQ(page->objects[0].size, 12u);
  EXPECT_EQ(to_rfc3339(page->objects[0].written_at), "2024-01-15T10:30:00.000Z");
}

// Half a list must never pass for a whole one.
TEST(S3Answers, DamagedListIsNoList) {
  EXPECT_FALSE(parse_s3_page(""));
  EXPECT_FALSE(parse_s3_page("<html>welcome</html>"));
  EXPECT_FALSE(parse_s3_page("<ListBucketResult></ListBucketResult>"));
  for (const char* object :
       {"<Key>a</Key>", "<Key>a</Key><LastModified>2024-01-15T10:30:00Z</LastModified><Size>1x</Size>",
        "<Key>a</Key><LastModified>today</LastModified><Size>1</Size>"})
    EXPECT_FALSE(parse_s3_page("<ListBucketResult><IsTruncated>false</IsTruncated><Contents>" + std::string(object) +
                               "</Contents></ListBucketResult>"))
        << object;
}

TEST(S3Answers, ProblemHasItsCodeAndAPrintableSentence) {
  const S3Problem problem =
      parse_s3_problem("<Error><Code>NoSuchBucket</Code><Message>gone\n&amp; lost</Message></Error>");
  EXPECT_EQ(problem.code, "NoSuchBucket");
  EXPECT_EQ(problem.message, "gone?& lost");
  EXPECT_EQ(parse_s3_problem("Bad Gateway").code, "");
}

TEST(S3Answers, UploadHasAName) {
  EXPECT_EQ(parse_s3_upload_id("<R><UploadId>2~x</UploadId></R>"), "2~x");
  EXPECT_FALSE(parse_s3_upload_id("<R><UploadId></UploadId></R>"));
}

}  // namespace
}  // namespace sitepod::blob
