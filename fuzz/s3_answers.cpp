// Any bytes as an S3 server's answer: reading ends, stays inside, and never finds more than the document can hold.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.hpp"
#include "blob/s3_answers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace sitepod::blob;
  const std::string_view xml(reinterpret_cast<const char*>(data), size);
  if (const auto page = parse_s3_page(xml)) {
    std::size_t total = 0;
    for (const S3Object& object : page->objects) total += object.key.size();
    SITEPOD_CHECK(total <= size);
  }
  if (const auto upload = parse_s3_upload_id(xml)) SITEPOD_CHECK(!upload->empty() && upload->size() <= size);
  const S3Problem problem = parse_s3_problem(xml);
  for (const char c : problem.code + problem.message) SITEPOD_CHECK(c >= ' ' && c <= '~');
  return 0;
}
