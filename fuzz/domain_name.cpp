// Any bytes as a domain: what is accepted is a host name in its one form, and accepting it again changes nothing.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "model/domain_name.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto domain = sitepod::model::parse_domain_name(text); domain.ok()) {
    SITEPOD_CHECK(domain->size() <= 253 && domain->find('.') != std::string::npos);
    std::size_t label = 0;
    for (std::size_t i = 0; i <= domain->size(); ++i) {
      const char c = i == domain->size() ? '.' : (*domain)[i];
      if (c == '.') {
        SITEPOD_CHECK(label >= 1 && label <= 63 && (*domain)[i - 1] != '-');
        label = 0;
        continue;
      }
      SITEPOD_CHECK((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && label > 0));
      ++label;
    }
    const auto again = sitepod::model::parse_domain_name(*domain);
    SITEPOD_CHECK(again.ok() && *again == *domain);
  }
  if (const auto slug = sitepod::model::parse_slug(text); slug.ok()) {
    SITEPOD_CHECK(slug->starts_with('/') && slug->size() <= 255 && (slug->size() == 1 || slug->back() != '/'));
    const auto again = sitepod::model::parse_slug(*slug);
    SITEPOD_CHECK(again.ok() && *again == *slug);
  }
  return 0;
}
