#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "media/confinement.hpp"
#include "media/media.hpp"
#include "media/outcome.hpp"
#include "media/temporary_folder.hpp"
#include "media/worker_process.hpp"
#include "media/worker_report.hpp"

namespace sitepod::media {
namespace {

Result<std::string> read_head(int input) {
  std::string head(kHeadBytes, '\0');
  head.resize(SITEPOD_TRY(read_some(input, std::as_writable_bytes(std::span(head)))));
  if (::lseek(input, 0, SEEK_SET) < 0) return from_errno(errno, "rewind the media file");
  return head;
}

bool is_superuser() { return ::geteuid() == 0; }

// The worker of a superuser is nobody, and needs the file and a place for its results.
Result<void> hand_over(int input, const std::string& folder) {
  if (!is_superuser()) return {};
  if (::fchmod(input, 0444) != 0) return from_errno(errno, "open the media file to the worker");
  if (::chown(folder.c_str(), kNobody, kNobody) != 0) return from_errno(errno, "give " + folder + " to the worker");
  return {};
}

// Nothing that the worker left is believed to be a file before it was looked at.
Result<std::string> take_over(const std::string& folder, std::string_view name, const std::string& target_folder) {
  const std::string path = fmt::format("{}/{}", folder, name);
  const UniqueFd file = SITEPOD_TRY(open_file(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts {};
  if (::fstat(file.get(), &facts) != 0) return from_errno(errno, "stat " + path);
  if (!S_ISREG(facts.st_mode) || facts.st_nlink != 1 || facts.st_size == 0)
    return internal("the media worker left no proper file " + path);
  if (is_superuser() && ::fchown(file.get(), ::geteuid(), ::getegid()) != 0) return from_errno(errno, "take " + path);
  if (::fchmod(file.get(), 0644) != 0) return from_errno(errno, "chmod " + path);
  std::string target = fmt::format("{}/processed-{}", target_folder, random_base36(16));
  if (::rename(path.c_str(), target.c_str()) != 0) return from_errno(errno, "move " + path);
  return target;
}

Error cause_of(const WorkerEnd& end) {
  if (end.signal == SIGXCPU || end.signal == SIGKILL) return too_large("The file takes too long to process.");
  if (end.signal == SIGXFSZ) return too_large("The processed file would be too large.");
  // What allocates without asking for success ends the process when its memory is used up.
  if (end.signal == SIGABRT || end.signal == SIGTRAP) return too_large("The file takes too much memory to process.");
  return unreadable("The file is damaged and cannot be processed.");
}

Error is_stopping() { return cannot_now("The server is stopping; send it again later."); }

Result<WorkerReport> judge(const WorkerEnd& end, Kind kind, std::chrono::seconds patience) {
  if (end.timed_out) {
    log::warn("media worker stopped for taking too long", {{"kind", name_of(kind)}, {"seconds", patience.count()}});
    return cannot_now(
        fmt::format("It could not be processed within {} seconds; send it again later.", patience.count()));
  }
  if (end.signal != 0) {
    log::warn("media worker ended by a signal",
              {{"kind", name_of(kind)}, {"signal", end.signal}, {"said", std::string_view(end.diagnostics)}});
    return cause_of(end);
  }
  return parse_report(end.report);
}

}  // namespace

class Processor::Turn {
 public:
  explicit Turn(Lane& lane) : lane_(lane) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (!is_mine_) return;
    {
      const std::lock_guard guard(lane_.mutex);
      ++lane_.free;
    }
    lane_.turn_ended.notify_one();
  }

  Result<void> wait(std::chrono::seconds patience) {
    std::unique_lock lock(lane_.mutex);
    const bool came = lane_.turn_ended.wait_for(lock, patience, [&] { return lane_.free > 0 || lane_.closed; });
    if (lane_.closed) return is_stopping();
    if (!came) return cannot_now("The server is processing too many other files; send it again later.");
    --lane_.free;
    is_mine_ = true;
    return {};
  }

 private:
  Lane& lane_;
  bool is_mine_ = false;
};

Processor::Processor(Limits limits, std::string program) : limits_(limits), program_(std::move(program)) {
  pictures_.free = limits.picture_workers;
  videos_.free = limits.video_workers;
  stop_ = UniqueFd(::eventfd(0, EFD_CLOEXEC));
}

void Processor::stop() {
  for (Lane* lane : {&pictures_, &videos_}) {
    {
      const std::lock_guard guard(lane->mutex);
      lane->closed = true;
    }
    lane->turn_ended.notify_all();
  }
  ::eventfd_write(stop_.get(), 1);
}

Result<Processed> Processor::process(const Request& request) {
  const UniqueFd input = SITEPOD_TRY(open_file(request.input, O_RDONLY));
  const std::string head = SITEPOD_TRY(read_head(input.get()));
  Form form = SITEPOD_TRY(form_of(head, request.name));
  if (form.kind == Kind::Other) return Processed{.form = std::move(form), .path = request.input, .copies = {}};
  auto processed = process_by_worker(request, std::move(form), input.get());
  // The sender may have sent hundreds.
  if (!processed.ok() && processed.error().kind != ErrorKind::Internal)
    processed.error().message = request.name + ": " + processed.error().message;
  return processed;
}

Result<Processed> Processor::process_by_worker(const Request& request, Form form, int input) {
  const bool is_film = is_video(form.kind);
  Turn turn(is_film ? videos_ : pictures_);
  SITEPOD_TRY(turn.wait(limits_.turn_patience));
  const TemporaryFolder folder = SITEPOD_TRY(TemporaryFolder::make(request.folder));
  SITEPOD_TRY(hand_over(input, folder.path()));
  const std::string transcoding = request.transcoding == Transcoding::Later ? "later" : "now";
  const std::chrono::seconds patience = is_film ? limits_.video_patience : limits_.picture_patience;
  const WorkerEnd end =
      SITEPOD_TRY(run_worker({.program = program_,
                              .arguments = {"sitepod", "media-worker", std::string(name_of(form.kind)), transcoding},
                              .input = input,
                              .folder = folder.path(),
                              .patience = patience,
                              .stop = stop_.get()}));
  const WorkerReport report = SITEPOD_TRY(judge(end, form.kind, patience));

  Processed processed{.form = std::move(form), .path = {}, .copies = {}};
  processed.path = SITEPOD_TRY(take_over(folder.path(), kWholeFile, request.folder));
  processed.width = report.whole.width;
  processed.height = report.whole.height;
  processed.transcoding_due = report.transcoding_due;
  for (const Size& copy : report.copies) {
    std::string path = SITEPOD_TRY(take_over(folder.path(), fmt::format("{}.webp", copy.width), request.folder));
    processed.copies.push_back({std::move(path), copy.width, copy.height});
  }
  return processed;
}

}  // namespace sitepod::media
