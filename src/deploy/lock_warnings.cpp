#include "deploy/lock_warnings.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "model/image_rules.hpp"
#include "model/manifest.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::size_t kNamedPages = 10;

using Locks = std::map<std::string, std::string>;  // file → verifier

// Only rules of images that the server built have an effect.
Result<Locks> locks_of(const blob::BlobStore& blobs, const meta::Image& image, const model::Manifest& files) {
  Locks locks;
  const auto rules_file = files.find(model::kRulesPath);
  if (image.source != "build" || !rules_file) return locks;
  const std::string bytes = SITEPOD_TRY(blobs.read_verified(rules_file->blob, rules_file->size));
  model::ImageRules rules = SITEPOD_TRY(model::parse_rules(bytes));
  for (model::LockRule& rule : rules.locks) locks.emplace(std::move(rule.file), std::move(rule.verifier));
  return locks;
}

Result<model::Manifest> files_of(const blob::BlobStore& blobs, const meta::Image& image) {
  return model::Manifest::from_bytes(
      SITEPOD_TRY(blobs.read_verified(image.manifest, std::numeric_limits<std::uint64_t>::max())));
}

// "blog/secret.html" → "/blog/secret"
std::string address_of(std::string_view file) {
  for (const std::string_view ending : {std::string_view("index.html"), std::string_view(".html")})
    if (file.ends_with(ending)) return "/" + std::string(file.substr(0, file.size() - ending.size()));
  return "/" + std::string(file);
}

void add_sentence(std::string sentence, const std::vector<std::string>& pages, std::vector<std::string>& out) {
  if (pages.empty()) return;
  for (std::size_t i = 0; i < std::min(pages.size(), kNamedPages); ++i) sentence += (i == 0 ? " " : ", ") + pages[i];
  if (pages.size() > kNamedPages) sentence += " and " + std::to_string(pages.size() - kNamedPages) + " more";
  out.push_back(sentence + ".");
}

}  // namespace

Result<std::vector<std::string>> describe_lock_changes(const blob::BlobStore& blobs, const meta::Image& before,
                                                       const meta::Image& now_live) {
  std::vector<std::string> sentences;
  if (before.source != "build" && now_live.source != "build") return sentences;
  const model::Manifest old_files = SITEPOD_TRY(files_of(blobs, before));
  const model::Manifest new_files = SITEPOD_TRY(files_of(blobs, now_live));
  const Locks old_locks = SITEPOD_TRY(locks_of(blobs, before, old_files));
  const Locks new_locks = SITEPOD_TRY(locks_of(blobs, now_live, new_files));
  std::vector<std::string> asking, open;
  for (const auto& [file, verifier] : new_locks)
    if (const auto old = old_locks.find(file); old == old_locks.end() || old->second != verifier)
      asking.push_back(address_of(file));
  for (const auto& [file, verifier] : old_locks)
    if (!new_locks.contains(file) && new_files.find(file)) open.push_back(address_of(file));
  add_sentence("The passwords of pages are those of the image: these ask for the one that they had in it:", asking,
               sentences);
  add_sentence("These pages asked for a password and are open to everybody now, as they were in the image:", open,
               sentences);
  return sentences;
}

}  // namespace sitepod::deploy
