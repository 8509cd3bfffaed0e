// The worker's side: load what is needed, give rights away, read the file, report.
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string_view>
#include <utility>

#include "base/file.hpp"
#include "media/card_shop.hpp"
#include "media/confinement.hpp"
#include "media/documents.hpp"
#include "media/handover.hpp"
#include "media/media.hpp"
#include "media/outcome.hpp"
#include "media/pictures.hpp"
#include "media/videos.hpp"
#include "media/worker_report.hpp"

namespace sitepod::media {
namespace {

constexpr int kInput = STDIN_FILENO;
constexpr std::uint64_t kMebibyte = 1 << 20;
constexpr int kNiceness = 10;  // visitors come first

struct Task {
  Kind kind = Kind::Other;
  bool draws_cards = false;
  Transcoding transcoding = Transcoding::Now;
};

Result<std::uint64_t> input_bytes() {
  struct stat facts {};
  if (::fstat(kInput, &facts) != 0) return from_errno(errno, "stat the input");
  return static_cast<std::uint64_t>(facts.st_size);
}

Result<Confinement> confinement_for(const Task& task) {
  const std::uint64_t size = SITEPOD_TRY(input_bytes());
  if (task.draws_cards) return Confinement{kInput, false, 1024 * kMebibyte, 16 * kMebibyte, 60};
  if (is_picture(task.kind)) return Confinement{kInput, false, 2048 * kMebibyte, 512 * kMebibyte, 60};
  if (task.kind == Kind::Pdf) return Confinement{kInput, false, 2048 * kMebibyte, 2 * size + 64 * kMebibyte, 60};
  return Confinement{kInput, true, 4096 * kMebibyte, 4 * size + 1024 * kMebibyte, 7200};
}

// Opens the shop, confines the process, and only then lets the shop see the file.
template <typename Shop, typename Process>
Result<WorkerReport> work(const Task& task, Process process) {
  Shop shop = SITEPOD_TRY(Shop::open());
  const Confinement confinement = SITEPOD_TRY(confinement_for(task));
  SITEPOD_TRY(confine(confinement));
  return process(shop);
}

Result<WorkerReport> work(const Task& task) {
  if (task.draws_cards) return work<CardShop>(task, [](CardShop& shop) { return shop.process(kInput); });
  if (is_picture(task.kind))
    return work<PictureShop>(task, [&](PictureShop& shop) { return shop.process(kInput, task.kind); });
  if (task.kind == Kind::Pdf) return work<DocumentShop>(task, [](DocumentShop& shop) { return shop.process(kInput); });
  return work<VideoShop>(task, [&](VideoShop& shop) { return shop.process(kInput, task.kind, task.transcoding); });
}

// Arguments: the kind, and "now" or "later"; or that word alone.
Result<Task> parse_task(int argc, char** argv) {
  if (argc == 2 && argv[1] == kCardsWord) return Task{.draws_cards = true};
  const auto kind = argc == 3 ? kind_named(argv[1]) : std::nullopt;
  if (!kind || *kind == Kind::Other) return internal("media worker: it is started by the server only");
  return Task{.kind = *kind,
              .transcoding = std::string_view(argv[2]) == "later" ? Transcoding::Later : Transcoding::Now};
}

Result<WorkerReport> run(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::close_range(STDERR_FILENO + 1, ~0u, 0);
  if (::nice(kNiceness) < 0) std::fputs("media worker: cannot lower its priority\n", stderr);
  const Task task = SITEPOD_TRY(parse_task(argc, argv));
  return work(task);
}

template <typename Shop>
void look_for(std::vector<Error>& missing) {
  if (auto shop = Shop::open(); !shop.ok()) missing.push_back(std::move(shop).error());
}

}  // namespace

std::vector<Error> find_missing_parts() {
  std::vector<Error> missing;
  look_for<PictureShop>(missing);
  look_for<DocumentShop>(missing);
  look_for<VideoShop>(missing);
  look_for<CardShop>(missing);
  return missing;
}

int run_media_worker(int argc, char** argv) {
  const Result<WorkerReport> report = run(argc, argv);
  const bool is_written =
      write_all(STDOUT_FILENO, report.ok() ? write_report(*report) : write_report(report.error())).ok();
  // Without destructors of libraries that have seen foreign bytes.
  ::_exit(is_written ? 0 : 1);
}

}  // namespace sitepod::media
