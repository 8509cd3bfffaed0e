// The SiteIndex of each image: derived data in {data}/index, made from the manifest and the variants of its blobs,
// shared by every view of the image while one is alive. A file is named after its image and the stage of the image's
// encodings, so a newer stage never hides behind an older file; it is checked when opened, and made anew when it is
// absent or damaged. What was made of facts that have changed since is thrown away: neither a forget() nor a compile()
// that began later is ever undone by one that began earlier. Any thread; blocks.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.hpp"
#include "blob/blob_store.hpp"
#include "meta/meta_store.hpp"
#include "meta/records.hpp"
#include "publish/index_compiler.hpp"
#include "publish/live_table.hpp"
#include "serve/site_index.hpp"

namespace sitepod::publish {

struct NamedIndex {
  std::shared_ptr<const serve::SiteIndex> index;
  std::string file;  // its name in the folder
};

class ImageIndexes {
 public:
  // `blobs` outlives this object.
  ImageIndexes(std::string folder, const blob::BlobStore& blobs);

  Result<void> create_folder();

  // Opens a file by its name: what the boot log asks for before there is a database.
  Result<NamedIndex> open(const std::string& image_id, const std::string& file);
  // The image's index for the given stage: from memory, from its file, or compiled.
  Result<NamedIndex> load(meta::MetaStore& meta, const std::string& image_id, std::string_view stage);
  // The same for an image that is live no more: what was only outdated will do.
  Result<NamedIndex> load_recent(meta::MetaStore& meta, const std::string& image_id, std::string_view stage);
  // Makes it anew from the facts of now. `manifest`: as compile_index() has it.
  Result<NamedIndex> compile(meta::MetaStore& meta, std::string_view image_id, Blobs checked = Blobs::AreChecked,
                             const model::Manifest* manifest = nullptr);

  // The image has reached another stage of its encodings without getting new ones: its index is that of this stage,
  // too.
  void carry_over(const std::string& image_id, std::string_view stage);
  // The image's indexes are outdated or not wanted any more: the next load() compiles anew.
  void forget(const std::string& image_id);
  // The site has something new that the image's indexes lack: the next load() compiles anew.
  void outdate(const std::string& image_id);
  // Removes the files of other stages of this image than `file`.
  void remove_other_stages(const std::string& image_id, const std::string& file);
  // Removes what belongs to no image, to an outdated stage or to nobody; never a file that `live` names. Requires: no
  // compile() runs.
  Result<void> tidy(meta::MetaStore& meta, const LiveTable& live);

 private:
  struct Cached {
    std::weak_ptr<const serve::SiteIndex> index;
    std::string file;
    bool is_outdated = false;  // good for load_recent() only
  };
  // Looking an image's facts up, until what was made of them is in its place.
  class Work;
  // Of one image, while somebody works on it. Tickets are drawn from one sequence.
  struct Works {
    std::size_t running = 0;
    std::uint64_t forgotten_at = 0;  // older work is outdated
    std::uint64_t placed = 0;        // ticket of the newest work whose index is in its place
  };
  std::string path_of(std::string_view file) const;
  Result<std::optional<NamedIndex>> compile_unless_outdated(meta::MetaStore& meta, const meta::Image& image,
                                                            Blobs checked, const model::Manifest* manifest,
                                                            const Work& work);
  // Requires: the lock is held.
  void drop_files(const std::string& image_id);
  // Requires: the lock is held.
  void remember(const std::string& image_id, const NamedIndex& named);
  std::shared_ptr<const serve::SiteIndex> newest_of(const std::string& project_id);
  // Requires: the lock is held.
  void remember_compiled(const meta::Image& image, const NamedIndex& named);

  const std::string folder_;
  const blob::BlobStore& blobs_;

  std::mutex mutex_;  // guards the rest; held while files take their place or leave it
  std::unordered_map<std::string, Cached> cache_;
  std::unordered_map<std::string, std::weak_ptr<const serve::SiteIndex>> newest_;  // of each project, as compiled
  // What was compiled last, until somebody asks for it: no view holds it before it is published.
  std::shared_ptr<const serve::SiteIndex> last_compiled_;
  std::unordered_map<std::string, Works> works_;
  std::uint64_t last_ticket_ = 0;
};

}  // namespace sitepod::publish
