// What an S3 server writes in XML: errors, lists of objects, the name of an upload in parts. Only these documents,
// which are flat where it matters; anything else reads as empty. Pure; any thread. Private to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.hpp"

namespace sitepod::blob {

struct S3Object {
  std::string key;
  std::uint64_t size = 0;
  Instant written_at;
};

struct S3Page {
  std::vector<S3Object> objects;
  bool is_truncated = false;  // there are more behind the last
};

// ListBucketResult. Nothing when it is none.
std::optional<S3Page> parse_s3_page(std::string_view xml);
// InitiateMultipartUploadResult. Nothing when it names none.
std::optional<std::string> parse_s3_upload_id(std::string_view xml);

struct S3Problem {
  std::string code;     // "NoSuchBucket"; empty: the answer is no error document
  std::string message;  // short and printable
};
S3Problem parse_s3_problem(std::string_view xml);

}  // namespace sitepod::blob
