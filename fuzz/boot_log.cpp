// Any bytes as a boot log: replay never fails, and what it proves survives being written and replayed again.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.hpp"
#include "publish/boot_log.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto content = sitepod::publish::replay_boot_log(bytes);
  SITEPOD_CHECK(content.valid_bytes <= size && content.damaged_bytes <= size);

  std::string written;
  for (const auto& [id, project] : content.live.projects()) sitepod::publish::append_boot_record(project, written);
  auto again = sitepod::publish::replay_boot_log(written);
  SITEPOD_CHECK(again.damaged_bytes == 0);
  for (const auto& [id, project] : content.live.projects()) {
    // A project that lost its last host to another one is written as gone.
    const auto* found = again.live.find(id);
    SITEPOD_CHECK(project.hosts.empty() ? found == nullptr : found != nullptr && *found == project);
  }
  return 0;
}
