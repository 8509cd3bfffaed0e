#include "tree/scan.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <memory>

#include "base/fd.hpp"
#include "base/file.hpp"
#include "model/names.hpp"

namespace sitepod::tree {
namespace {

constexpr std::size_t kMaxProblems = 10;
constexpr std::uint64_t kMaxIgnoreFileBytes = 1 << 20;

std::optional<std::string> real_path(const std::string& path) {
  std::unique_ptr<char, decltype(&std::free)> resolved(::realpath(path.c_str(), nullptr), &std::free);
  if (!resolved) return std::nullopt;
  return std::string(resolved.get());
}

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};

struct DirectoryId {
  dev_t device;
  ino_t inode;
  bool operator==(const DirectoryId&) const = default;
};

class Scanner {
 public:
  Scanner(std::string root, std::string real_root, IgnoreRules rules)
      : real_root_(std::move(real_root)), rules_(std::move(rules)), result_{FileList(std::move(root)), {}, 0} {}

  Result<ScanResult> run() {
    UniqueFd fd(::open(result_.files.root().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd)
      return not_found("not_found", "The folder " + printable(result_.files.root()) +
                                        " cannot be opened: " + ::strerror(errno) + ".");
    walk(std::move(fd), "");
    if (problem_count_ > 0) return describe_problems();
    result_.files.sort();
    std::sort(result_.skipped.begin(), result_.skipped.end(),
              [](const Skipped& a, const Skipped& b) { return a.path < b.path; });
    return std::move(result_);
  }

 private:
  // `prefix` is the folder's own path with a '/' at its end, or empty for the root.
  void walk(UniqueFd fd, const std::string& prefix) {
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return unreadable(prefix);
    // A link to a folder above would otherwise be walked until names get too long.
    DirectoryId id{info.st_dev, info.st_ino};
    if (std::find(ancestors_.begin(), ancestors_.end(), id) != ancestors_.end())
      return skip(prefix, SkipReason::OutsideSymlink);
    ancestors_.push_back(id);
    for (const std::string& name : visit_all(std::move(fd), prefix)) descend(prefix + name);
    ancestors_.pop_back();
  }

  // Visits everything in the folder; yields the folders in it, which come later, so that only one is open at a time
  // however deep the tree is.
  std::vector<std::string> visit_all(UniqueFd fd, const std::string& prefix) {
    std::vector<std::string> folders;
    DIR* directory = ::fdopendir(fd.get());
    if (directory == nullptr) {
      unreadable(prefix);
      return folders;
    }
    fd.release();
    std::unique_ptr<DIR, CloseDirectory> closer(directory);
    for (;;) {
      errno = 0;
      const dirent* entry = ::readdir(directory);
      if (entry == nullptr) break;
      std::string_view name = entry->d_name;
      if (name != "." && name != ".." && visit(::dirfd(directory), prefix, entry->d_name) == Found::Folder)
        folders.emplace_back(name);
    }
    if (errno != 0) unreadable(prefix);
    return folders;
  }

  enum class Found { Folder, Other };

  // Asks by the folder's descriptor: the way to it is not walked again for every name.
  Found visit(int folder, const std::string& prefix, const char* name) {
    std::string path = prefix + name;
    struct stat info {};
    if (::fstatat(folder, name, &info, AT_SYMLINK_NOFOLLOW) != 0) {
      unreadable(path);
      return Found::Other;
    }
    bool is_link = S_ISLNK(info.st_mode);
    // Rules come first: what is skipped need not be reachable.
    bool reachable = !is_link || ::fstatat(folder, name, &info, 0) == 0;
    bool is_directory = reachable && S_ISDIR(info.st_mode);
    if (SkipReason reason = rules_.judge(path, is_directory); reason != SkipReason::None)
      return skipped(is_directory ? path + "/" : path, reason);
    if (is_link && (!reachable || !stays_inside(full_path(path)))) return skipped(path, SkipReason::OutsideSymlink);
    if (is_directory) return Found::Folder;
    if (!S_ISREG(info.st_mode)) return skipped(path, SkipReason::Special);
    if (auto valid = model::parse_manifest_path(path); valid.ok())
      result_.files.add(path, stamp_of(info));
    else
      problem("invalid_path", path, valid.error().message);
    return Found::Other;
  }

  Found skipped(const std::string& path, SkipReason reason) {
    skip(path, reason);
    return Found::Other;
  }

  std::string full_path(const std::string& path) const { return result_.files.root() + "/" + path; }

  void descend(const std::string& path) {
    UniqueFd fd(::open(full_path(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return unreadable(path + "/");
    walk(std::move(fd), path + "/");
  }

  bool stays_inside(const std::string& full) const {
    auto target = real_path(full);
    if (!target) return false;
    return real_root_ == "/" || *target == real_root_ || target->starts_with(real_root_ + "/");
  }

  void skip(const std::string& path, SkipReason reason) {
    ++result_.skipped_count;
    if (result_.skipped.size() < kMaxSkippedKept) result_.skipped.push_back({path, reason});
  }

  void unreadable(const std::string& path) { problem("unreadable", path.empty() ? "." : path, ::strerror(errno)); }

  void problem(ErrorCode code, const std::string& path, std::string_view why) {
    if (++problem_count_ > kMaxProblems) return;
    if (problem_code_.empty()) problem_code_ = code;
    problems_ += "\n  " + printable(path) + ": " + std::string(why);
  }

  Error describe_problems() const {
    std::string message = "Some files cannot be published, so nothing was:" + problems_;
    if (problem_count_ > kMaxProblems) message += "\n  and " + std::to_string(problem_count_ - kMaxProblems) + " more";
    return invalid(problem_code_, std::move(message));
  }

  std::string real_root_;
  IgnoreRules rules_;
  ScanResult result_;
  std::vector<DirectoryId> ancestors_;
  std::size_t problem_count_ = 0;
  ErrorCode problem_code_;
  std::string problems_;
};

}  // namespace

FileStamp stamp_of(const struct stat& info) {
  auto nanoseconds = [](const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; };
  return {static_cast<std::uint64_t>(info.st_size), nanoseconds(info.st_mtim), nanoseconds(info.st_ctim), info.st_ino};
}

std::string printable(std::string_view name) {
  bool utf8 = model::is_valid_utf8(name);
  std::string out;
  for (char c : name) {
    auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (byte >= 0x80 && !utf8)) {
      constexpr char kHex[] = "0123456789abcdef";
      out += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out;
}

Result<ScanResult> scan(const std::string& root, IgnoreRules rules) {
  auto real_root = real_path(root);
  if (!real_root)
    return not_found("not_found", "There is no folder " + printable(root) + ": " + ::strerror(errno) + ".");
  for (std::string_view name : {".sitepodignore", ".assetsignore"}) {
    std::string path = root + "/" + std::string(name);
    if (::access(path.c_str(), F_OK) != 0) continue;
    auto text = read_file(path, kMaxIgnoreFileBytes);
    if (!text.ok())
      return invalid("unreadable",
                     "The ignore file " + printable(path) + " cannot be read: " + text.error().context + ".");
    rules.add_text(*text);
  }
  return Scanner(root, std::move(*real_root), std::move(rules)).run();
}

}  // namespace sitepod::tree
