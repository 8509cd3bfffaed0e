// Any bytes: the reader refuses them, or writing what it read gives the same bytes again and every entry can be found
// by its path.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "model/manifest.hpp"
#include "model/names.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto manifest = sitepod::model::Manifest::from_bytes(bytes);
  if (!manifest.ok()) return 0;
  if (manifest->to_bytes() != bytes) std::abort();

  sitepod::model::Manifest copy;
  for (std::size_t i = manifest->size(); i-- > 0;) {
    auto entry = manifest->at(i);
    auto found = manifest->find(entry.path);
    if (!found || found->blob != entry.blob) std::abort();
    if (!sitepod::model::parse_manifest_path(entry.path).ok()) std::abort();
    copy.add(entry);
  }
  if (!copy.seal().ok() || copy.to_bytes() != bytes || copy.total_size() != manifest->total_size()) std::abort();
  return 0;
}
