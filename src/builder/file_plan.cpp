#include "builder/file_plan.hpp"

#include "builder/parallel.hpp"

namespace sitepod::builder {

std::vector<MadeFile> make_files(const std::vector<PlannedFile>& plans, const Memory& memory, unsigned threads,
                                 Deadline deadline) {
  std::vector<MadeFile> made(plans.size());
  for_each_number(
      plans.size(), threads,
      [&](std::size_t i) {
        const Draft draft = plans[i].draft();
        made[i].key = draft.key;
        if (const auto known = memory.files.find(draft.key); known != memory.files.end()) {
          made[i].file = known->second;
          made[i].was_remembered = true;
          return;
        }
        auto bytes = std::make_shared<const std::string>(draft.make());
        made[i].file.digest = sha256(*bytes);
        made[i].file.bytes = std::move(bytes);
      },
      deadline);
  return made;
}

PlannedFile known_file(std::string path, std::string bytes) {
  PlannedFile file;
  file.path = std::move(path);
  file.draft = [shared = std::make_shared<std::string>(std::move(bytes))] {
    KeyHasher hasher;
    hasher.add("known file");
    hasher.add(*shared);
    return Draft{hasher.finish(), [shared] { return *shared; }};
  };
  return file;
}

}  // namespace sitepod::builder
