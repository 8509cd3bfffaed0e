#include <fcntl.h>
#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/file.hpp"
#include "media/handover.hpp"
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

Error is_stopping() { return cannot_now("The server is stopping; send it again later."); }

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
  const WorkerReport report = SITEPOD_TRY(judge(end, name_of(form.kind), patience));

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
