// Brings what a plan misses to the server: in packs of bounded size, again after interruptions, blob by blob where a
// server takes no packs; file by file past the server where the plan says by which addresses its bucket takes them, and
// to the server all the same where the bucket cannot be had. A resource of one thread (which may start others for
// single blobs).
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/client.hpp"
#include "cli/command.hpp"
#include "tree/file_list.hpp"

namespace sitepod::cli {

struct UploadReport {
  std::string plan_id;
  std::string content_hash;    // of the image that the plan will make
  std::uint64_t uploaded = 0;  // distinct contents that were sent
  std::uint64_t uploaded_bytes = 0;
  std::uint64_t reused = 0;  // files that needed no sending
};

class Uploader {
 public:
  // All outlive the uploader. `question` lists the files of `files` in the same order.
  Uploader(Context& context, const ServerSettings& server, api::Client& client, const tree::FileList& files,
           const api::PlanQuestion& question, std::size_t concurrent);

  // Plans and uploads until nothing is missing. Errors: those of the server; "changed" and "unreadable" for local
  // files; "network" when several tries in a row brought nothing forward.
  Result<UploadReport> run();

 private:
  Result<void> plan();
  // `urls`: of each of them, or none.
  Result<void> adopt_missing(std::span<const Digest> missing, std::vector<std::string> urls = {});
  Result<void> send_pack();
  Result<void> send_blobs();
  Result<void> send_blob(api::Client& client, std::uint32_t position);
  std::size_t next_pack_size() const;
  bool recover(const Error& error);
  bool recover_from_bucket(const Error& error);
  void show_progress(std::uint64_t now_sending);

  Context& context_;
  const ServerSettings& server_;
  api::Client& client_;
  const tree::FileList& files_;
  const api::PlanQuestion& question_;
  const std::size_t concurrent_;  // as wished

  UploadReport report_;
  std::vector<std::uint32_t> by_digest_;                 // positions in files_, sorted by BLAKE3, equal contents once
  std::vector<std::uint32_t> missing_;                   // positions, in order of path
  std::uint64_t total_bytes_ = 0;                        // of the first `missing_`, for the bar
  std::unordered_map<std::uint32_t, std::string> urls_;  // by position, in the bucket; empty: the server takes them
  bool packs_ = true;
  bool uses_bucket_ = true;
  int failed_tries_ = 0;
  int plans_ = 0;
};

}  // namespace sitepod::cli
