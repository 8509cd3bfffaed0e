// Content-Digest fields: what a field says does not change with what stands around it, and no bytes confuse the parser.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/check.hpp"
#include "http/content_digest.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string field(data, data + size);
  const auto said = sitepod::http::parse_content_digest(field);
  for (const std::string& other : {"sha-512=:YWJj:, " + field, " \t" + field + " ", field + ", md5=:YWJj:"}) {
    const auto again = sitepod::http::parse_content_digest(other);
    SITEPOD_CHECK(again.ok() == said.ok() && (!said.ok() || *again == *said));
  }
  return 0;
}
