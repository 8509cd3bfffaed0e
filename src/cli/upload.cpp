#include "cli/upload.hpp"

#include <fcntl.h>

#include <algorithm>
#include <mutex>
#include <numeric>
#include <thread>

#include "base/file.hpp"
#include "cli/exit_code.hpp"
#include "tree/pack_reader.hpp"
#include "tree/scan.hpp"

namespace sitepod::cli {
namespace {

// An interruption loses at most one pack.
constexpr std::uint64_t kMaxPackBytes = 256 << 20;
constexpr std::size_t kMaxPackFiles = 20'000;
// The contract allows 10 uploads of one plan at once; more would only queue.
constexpr std::size_t kMaxConcurrent = 10;
// A bucket has no such rule.
constexpr std::size_t kMaxConcurrentInBucket = 32;
constexpr int kBucketTries = 3;
constexpr int kMaxPlans = 50;

bool plan_is_gone(const Error& error) { return error.code == "plan_not_found" || error.code == "plan_expired"; }

}  // namespace

Uploader::Uploader(Context& context, const ServerSettings& server, api::Client& client, const tree::FileList& files,
                   const api::PlanQuestion& question, std::size_t concurrent)
    : context_(context),
      server_(server),
      client_(client),
      files_(files),
      question_(question),
      concurrent_(std::max<std::size_t>(concurrent, 1)),
      by_digest_(files.size()) {
  auto digest = [this](std::uint32_t position) -> const Digest& { return files_.digests(position).blake3; };
  std::iota(by_digest_.begin(), by_digest_.end(), 0u);
  std::sort(by_digest_.begin(), by_digest_.end(),
            [&](auto a, auto b) { return digest(a) != digest(b) ? digest(a) < digest(b) : a < b; });
  auto same = [&](auto a, auto b) { return digest(a) == digest(b); };
  by_digest_.erase(std::unique(by_digest_.begin(), by_digest_.end(), same), by_digest_.end());
}

Result<UploadReport> Uploader::run() {
  SITEPOD_TRY(plan());
  report_.reused = files_.size() - std::min(files_.size(), missing_.size());
  std::uint64_t share = files_.size() == 0 ? 0 : report_.reused * 100 / files_.size();
  context_.console.done("Plan: " + human_count(missing_.size()) + " new, " + human_count(report_.reused) + " reused (" +
                        std::to_string(share) + "%)");
  for (std::uint32_t position : missing_) total_bytes_ += files_[position].stamp.size;
  if (!missing_.empty())
    context_.console.step("Uploading " + human_count(missing_.size()) + " files, " + human_bytes(total_bytes_));
  while (!missing_.empty()) {
    std::size_t before = missing_.size();
    const bool as_pack = urls_.empty() && packs_;
    auto sent = as_pack ? send_pack() : send_blobs();
    if (missing_.size() < before) failed_tries_ = 0;
    if (!sent.ok()) {
      if (!recover(sent.error())) return interruption() ? interrupted() : std::move(sent).error();
      SITEPOD_TRY(plan());
    } else if (as_pack && missing_.size() >= before) {
      return Error{
          ErrorKind::Internal, "invalid_answer", "The server took the upload and still misses all of it.", {}, {}};
    }
  }
  context_.console.end_progress();
  if (report_.uploaded > 0)
    context_.console.done("Uploaded " + human_count(report_.uploaded) + " files, " +
                          human_bytes(report_.uploaded_bytes));
  return report_;
}

// Also the way back after an interruption: what arrived before it is not missing any more.
Result<void> Uploader::plan() {
  if (++plans_ > kMaxPlans)
    return Error{ErrorKind::Unavailable, "network", "The upload was interrupted too often.", {}, {}};
  api::PlanAnswer answer = SITEPOD_TRY(client_.plan(question_));
  report_.plan_id = answer.plan_id;
  report_.content_hash = answer.content_hash;
  if (!uses_bucket_) answer.upload_urls.clear();
  return adopt_missing(answer.missing, std::move(answer.upload_urls));
}

Result<void> Uploader::adopt_missing(std::span<const Digest> missing, std::vector<std::string> urls) {
  urls_.clear();
  std::vector<std::uint32_t> positions;
  positions.reserve(missing.size());
  for (const Digest& wanted : missing) {
    auto found = std::lower_bound(
        by_digest_.begin(), by_digest_.end(), wanted,
        [&](std::uint32_t position, const Digest& digest) { return files_.digests(position).blake3 < digest; });
    if (found == by_digest_.end() || files_.digests(*found).blake3 != wanted)
      return Error{ErrorKind::Internal, "invalid_answer", "The server asks for a file that was not offered.", {}, {}};
    if (!urls.empty()) urls_[*found] = std::move(urls[positions.size()]);
    positions.push_back(*found);
  }
  std::sort(positions.begin(), positions.end());
  positions.erase(std::unique(positions.begin(), positions.end()), positions.end());
  missing_ = std::move(positions);
  return {};
}

bool Uploader::recover(const Error& error) {
  if (interruption()) return false;
  if (plan_is_gone(error)) return ++failed_tries_ <= 3;
  if (!urls_.empty() && error.code == "bucket") return recover_from_bucket(error);
  bool no_packs = packs_ && error.kind == ErrorKind::NotFound;
  if (no_packs) {
    context_.console.detail("the server takes no packs; sending files one by one");
    packs_ = false;
    return true;
  }
  return client_.pause(++failed_tries_, error);
}

// The next plan has new addresses, and does not miss what arrived. The server takes everything itself, too.
bool Uploader::recover_from_bucket(const Error& error) {
  if (++failed_tries_ < kBucketTries) return client_.pause(failed_tries_, error) || !interruption();
  context_.console.warn(error.message + " The files go to the server instead.");
  failed_tries_ = 0;
  uses_bucket_ = false;
  return true;
}

std::size_t Uploader::next_pack_size() const {
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  while (count < missing_.size() && count < kMaxPackFiles) {
    bytes += files_[missing_[count]].stamp.size;
    if (count > 0 && bytes > kMaxPackBytes) break;
    ++count;
  }
  return count;
}

void Uploader::show_progress(std::uint64_t now_sending) {
  context_.console.progress("uploading", report_.uploaded_bytes + now_sending, total_bytes_);
}

Result<void> Uploader::send_pack() {
  std::size_t count = next_pack_size();
  auto pack_positions = std::span<const std::uint32_t>(missing_).first(count);
  auto compression = tree::choose_compression(files_, pack_positions);
  tree::PackReader pack(files_, pack_positions, compression);
  auto kind = compression == tree::PackCompression::Zstd ? api::Client::PackKind::TarZstd : api::Client::PackKind::Tar;
  api::PackAnswer answer = SITEPOD_TRY(client_.upload_pack(report_.plan_id, kind, [&](std::span<std::byte> out) {
    show_progress(pack.file_bytes());
    return pack.read(out);
  }));
  report_.uploaded += count;
  report_.uploaded_bytes += pack.file_bytes();
  if (answer.lists_missing) return adopt_missing(answer.missing);
  missing_.erase(missing_.begin(), missing_.begin() + static_cast<std::ptrdiff_t>(count));
  return {};
}

// Several threads with a connection each; what was sent is taken off `missing_` also when another failed.
Result<void> Uploader::send_blobs() {
  std::mutex mutex;  // guards the three below and the report
  std::size_t next = 0;
  std::vector<std::uint32_t> sent;
  std::optional<Error> failure;
  auto work = [&](api::Client& client) {
    for (;;) {
      std::uint32_t position;
      {
        std::lock_guard lock(mutex);
        if (failure || next == missing_.size() || interruption()) return;
        position = missing_[next++];
      }
      auto done = send_blob(client, position);
      std::lock_guard lock(mutex);
      if (!done.ok()) {
        if (!failure) failure = std::move(done).error();
        return;
      }
      sent.push_back(position);
      ++report_.uploaded;
      report_.uploaded_bytes += files_[position].stamp.size;
    }
  };
  std::vector<std::unique_ptr<api::Client>> clients;
  std::vector<std::thread> threads;
  const std::size_t most = std::min(concurrent_, urls_.empty() ? kMaxConcurrent : kMaxConcurrentInBucket);
  for (std::size_t i = 1; i < std::min(most, missing_.size()); ++i) {
    clients.push_back(make_client(context_, server_));
    threads.emplace_back([&work, &client = *clients.back()] { work(client); });
  }
  work(client_);
  for (std::thread& thread : threads) thread.join();
  show_progress(0);
  std::sort(sent.begin(), sent.end());
  std::vector<std::uint32_t> left;
  std::set_difference(missing_.begin(), missing_.end(), sent.begin(), sent.end(), std::back_inserter(left));
  missing_ = std::move(left);
  if (interruption()) return interrupted();
  if (failure) return std::move(*failure);
  return {};
}

Result<void> Uploader::send_blob(api::Client& client, std::uint32_t position) {
  std::string path = files_.full_path(position);
  auto fd = open_file(path, O_RDONLY);
  if (!fd.ok())
    return invalid("unreadable", "The file " + tree::printable(path) + " cannot be read: " + fd.error().context + ".");
  // The server hashes what arrives, or what a bucket got; here only the length must be kept.
  std::uint64_t left = files_[position].stamp.size;
  auto read = [&](std::span<std::byte> out) -> Result<std::size_t> {
    std::size_t count = SITEPOD_TRY(read_some(fd->get(), out.first(std::min<std::uint64_t>(left, out.size()))));
    if (count == 0 && left > 0)
      return Error{ErrorKind::Conflict,
                   "changed",
                   "The file " + tree::printable(path) + " changed while it was uploaded.",
                   {},
                   {}};
    left -= count;
    return count;
  };
  const std::uint64_t size = files_[position].stamp.size;
  const auto url = urls_.find(position);
  auto sent = url == urls_.end() ? client.upload_blob(report_.plan_id, files_.digests(position).blake3, size, read)
                                 : client.put_into_bucket(url->second, size, read);
  if (!sent.ok() && (sent.error().code == "hash_mismatch" || sent.error().code == "changed"))
    return Error{ErrorKind::Conflict,
                 "changed",
                 "The file " + tree::printable(path) + " changed while it was uploaded.",
                 {},
                 {}};
  return sent;
}

}  // namespace sitepod::cli
