#include "publish/image_indexes.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <set>
#include <system_error>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "publish/index_compiler.hpp"

namespace sitepod::publish {
namespace {

// Part of each file's name: raised when the format changes or the rules by which a manifest becomes an index (media
// types, fingerprints), so that files of an older sitepod are made anew.
constexpr std::string_view kEdition = "6";
constexpr std::array<std::string_view, 3> kStages = {"pending", "gzip", "done"};
constexpr std::string_view kSuffix = ".idx";

std::string file_name(std::string_view image_id, std::string_view stage) {
  return std::string(image_id) + "." + std::string(kEdition) + "-" + std::string(stage) + std::string(kSuffix);
}

// A file on its way to its place. Checksummed by its reader and made anew when damaged, so the rename needs no fsync.
class DerivedFile {
 public:
  explicit DerivedFile(std::string path) : path_(std::move(path)), temporary_(path_ + ".tmp-" + random_base36(8)) {}
  ~DerivedFile() {
    if (!is_placed_) ::unlink(temporary_.c_str());
  }
  DerivedFile(const DerivedFile&) = delete;
  DerivedFile& operator=(const DerivedFile&) = delete;

  Result<void> write(const std::function<Result<void>(const UniqueFd&)>& fill) {
    UniqueFd fd = SITEPOD_TRY(open_file(temporary_, O_WRONLY | O_CREAT | O_EXCL));
    SITEPOD_TRY_WITH(fill(fd), temporary_);
    if (::close(fd.release()) != 0) return from_errno(errno, "close " + temporary_);
    return {};
  }
  Result<std::shared_ptr<const serve::SiteIndex>> open() const {
    const UniqueFd fd = SITEPOD_TRY(open_file(temporary_, O_RDONLY | O_NOFOLLOW));
    return serve::SiteIndex::open(fd, serve::SiteIndex::Origin::JustWritten);
  }
  Result<void> place() {
    if (::rename(temporary_.c_str(), path_.c_str()) != 0) return from_errno(errno, "rename to " + path_);
    is_placed_ = true;
    return {};
  }

 private:
  const std::string path_;
  const std::string temporary_;
  bool is_placed_ = false;
};

}  // namespace

ImageIndexes::ImageIndexes(std::string folder, const blob::BlobStore& blobs)
    : folder_(std::move(folder)), blobs_(blobs) {}

Result<void> ImageIndexes::create_folder() { return make_directories(folder_); }

std::string ImageIndexes::path_of(std::string_view file) const { return folder_ + "/" + std::string(file); }

class ImageIndexes::Work {
 public:
  Work(ImageIndexes& indexes, std::string image_id) : indexes_(indexes), image_id_(std::move(image_id)) {
    const std::lock_guard lock(indexes_.mutex_);
    ticket_ = ++indexes_.last_ticket_;
    ++indexes_.works_[image_id_].running;
  }
  ~Work() {
    const std::lock_guard lock(indexes_.mutex_);
    const auto works = indexes_.works_.find(image_id_);
    if (--works->second.running == 0) indexes_.works_.erase(works);
  }
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  // The facts may have changed since the work began, or somebody was faster with newer ones. Requires: the lock is
  // held.
  bool is_outdated() const {
    const Works& works = indexes_.works_.at(image_id_);
    return works.forgotten_at > ticket_ || works.placed > ticket_;
  }
  // Requires: the lock is held.
  void note_placed() const { indexes_.works_.at(image_id_).placed = ticket_; }

 private:
  ImageIndexes& indexes_;
  const std::string image_id_;
  std::uint64_t ticket_ = 0;
};

void ImageIndexes::remember(const std::string& image_id, const NamedIndex& named) {
  // Entries of images that are live nowhere any more leave when the table would have to grow.
  if (cache_.size() >= cache_.max_load_factor() * static_cast<float>(cache_.bucket_count()))
    std::erase_if(cache_, [](const auto& entry) { return entry.second.index.expired(); });
  cache_[image_id] = {named.index, named.file, false};
}

void ImageIndexes::remember_compiled(const meta::Image& image, const NamedIndex& named) {
  remember(image.id, named);
  if (newest_.size() >= newest_.max_load_factor() * static_cast<float>(newest_.bucket_count()))
    std::erase_if(newest_, [](const auto& entry) { return entry.second.expired(); });
  newest_[image.project_id] = named.index;
  last_compiled_ = named.index;
}

std::shared_ptr<const serve::SiteIndex> ImageIndexes::newest_of(const std::string& project_id) {
  const std::lock_guard lock(mutex_);
  const auto found = newest_.find(project_id);
  return found == newest_.end() ? nullptr : found->second.lock();
}

Result<NamedIndex> ImageIndexes::open(const std::string& image_id, const std::string& file) {
  const Work work(*this, image_id);
  const UniqueFd fd = SITEPOD_TRY(open_file(path_of(file), O_RDONLY | O_NOFOLLOW));
  NamedIndex named{SITEPOD_TRY_WITH(serve::SiteIndex::open(fd), path_of(file)), file};
  const std::lock_guard lock(mutex_);
  if (work.is_outdated()) return unavailable("The image has changed.").with(path_of(file) + " is outdated");
  remember(image_id, named);
  return named;
}

Result<NamedIndex> ImageIndexes::load(meta::MetaStore& meta, const std::string& image_id, std::string_view stage) {
  std::string file = file_name(image_id, stage);
  {
    std::lock_guard lock(mutex_);
    if (auto found = cache_.find(image_id);
        found != cache_.end() && found->second.file == file && !found->second.is_outdated)
      if (auto index = found->second.index.lock()) {
        if (last_compiled_ == index) last_compiled_.reset();
        return NamedIndex{std::move(index), std::move(file)};
      }
  }
  auto opened = open(image_id, file);
  if (opened.ok()) return opened;
  if (::access(path_of(file).c_str(), F_OK) == 0)
    log::warn("site index is damaged; making it anew", {{"image", image_id}, {"reason", opened.error().context}});
  return compile(meta, image_id);
}

Result<NamedIndex> ImageIndexes::load_recent(meta::MetaStore& meta, const std::string& image_id,
                                             std::string_view stage) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = cache_.find(image_id);
    if (found != cache_.end() && found->second.file == file_name(image_id, stage))
      if (auto index = found->second.index.lock()) return NamedIndex{std::move(index), found->second.file};
  }
  return load(meta, image_id, stage);
}

// Anew until nobody was faster: whoever changes facts and forgets the image then finds no index of the facts of before.
Result<NamedIndex> ImageIndexes::compile(meta::MetaStore& meta, std::string_view image_id, Blobs checked,
                                         const model::Manifest* manifest) {
  for (;;) {
    const Work work(*this, std::string(image_id));
    const auto image =
        SITEPOD_TRY(meta.read([&](meta::Session& session) { return meta::find_image(session, image_id); }));
    if (!image) return not_found("image_not_found", "There is no such image.");
    if (auto made = SITEPOD_TRY(compile_unless_outdated(meta, *image, checked, manifest, work)))
      return *std::move(made);
  }
}

Result<std::optional<NamedIndex>> ImageIndexes::compile_unless_outdated(meta::MetaStore& meta, const meta::Image& image,
                                                                        Blobs checked, const model::Manifest* manifest,
                                                                        const Work& work) {
  const std::string what = "compiling the site index of " + image.id;
  // The stage was read before the variants, so the file never claims more than it holds.
  NamedIndex named{nullptr, file_name(image.id, image.encoding_state)};
  DerivedFile file(path_of(named.file));
  const auto before = newest_of(image.project_id);
  const auto fill = [&](const UniqueFd& fd) {
    return compile_index(meta, blobs_, image, fd, checked, before.get(), manifest);
  };
  SITEPOD_TRY_WITH(file.write(fill), what);
  named.index = SITEPOD_TRY_WITH(file.open(), what);
  const std::lock_guard lock(mutex_);
  if (work.is_outdated()) return std::optional<NamedIndex>();
  SITEPOD_TRY_WITH(file.place(), what);
  work.note_placed();
  remember_compiled(image, named);
  return std::optional(std::move(named));
}

// Where somebody works on the image, or nothing can be carried over, the next load() makes it anew.
void ImageIndexes::carry_over(const std::string& image_id, std::string_view stage) {
  const std::string to = file_name(image_id, stage);
  const std::lock_guard lock(mutex_);
  if (works_.contains(image_id)) return;
  for (const std::string_view earlier : kStages) {
    if (earlier == stage) break;
    const std::string from = file_name(image_id, earlier);
    // A second name: the first stands in the boot log until the image's next publication.
    if (::link(path_of(from).c_str(), path_of(to).c_str()) != 0) continue;
    if (const auto cached = cache_.find(image_id); cached != cache_.end() && cached->second.file == from)
      cached->second.file = to;
    return;
  }
}

void ImageIndexes::forget(const std::string& image_id) {
  const std::lock_guard lock(mutex_);
  cache_.erase(image_id);
  drop_files(image_id);
}

void ImageIndexes::outdate(const std::string& image_id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = cache_.find(image_id); found != cache_.end()) found->second.is_outdated = true;
  drop_files(image_id);
}

void ImageIndexes::drop_files(const std::string& image_id) {
  last_compiled_.reset();
  if (const auto works = works_.find(image_id); works != works_.end()) works->second.forgotten_at = ++last_ticket_;
  remove_other_stages(image_id, {});
}

void ImageIndexes::remove_other_stages(const std::string& image_id, const std::string& file) {
  for (std::string_view stage : kStages) {
    std::string other = file_name(image_id, stage);
    if (other == file) continue;
    // Left behind it costs space until the next start, nothing else.
    if (auto removed = remove_file(path_of(other)); !removed.ok())
      log::warn("could not remove an outdated site index", {{"file", other}, {"reason", removed.error().context}});
  }
}

Result<void> ImageIndexes::tidy(meta::MetaStore& meta, const LiveTable& live) {
  std::set<std::string> keep;
  for (const auto& [id, project] : live.projects())
    for (const LiveHost& host : project.hosts) {
      keep.insert(host.index_file);
      for (const LiveRecent& recent : host.recent) keep.insert(recent.index_file);
    }
  SITEPOD_TRY(meta.read([&](meta::Session& session) {
    return meta::each_image(session, [&](const meta::Image& image) {
      keep.insert(file_name(image.id, image.encoding_state));
      return true;
    });
  }));

  std::error_code failure;
  for (std::filesystem::directory_iterator entry(folder_, failure), end; !failure && entry != end;
       entry.increment(failure)) {
    std::string name = entry->path().filename().string();
    if (keep.contains(name)) continue;
    SITEPOD_TRY(remove_file(path_of(name)));
  }
  if (failure) return from_errno(failure.value(), "list " + folder_);
  return {};
}

}  // namespace sitepod::publish
