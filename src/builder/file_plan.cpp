#include "builder/file_plan.hpp"

namespace sitepod::builder {

Result<MadeFile> FileMaker::make(const PlannedFile& plan, const MadeFile* before) const {
  const Draft draft = plan.draft();
  if (before && before->key == draft.key && serves(before->file)) return MadeFile{before->file, draft.key, true};
  if (const auto found = known_.find(draft.key); found != known_.end() && serves(found->second))
    return MadeFile{found->second, draft.key, true};
  std::string bytes = draft.make();
  MadeFile made;
  made.key = draft.key;
  made.file.digest = sha256(bytes);
  made.file.size = bytes.size();
  if (sink_)
    SITEPOD_TRY(sink_(plan.path, bytes, made.file.digest));
  else
    made.file.bytes = std::make_shared<const std::string>(bytes);  // a copy without the room that making it took
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
