#include "serve/preview_locks.hpp"

#include <utility>

namespace sitepod::serve {
namespace {

// The lock holds a random salt, so the key says nothing about passwords that other previews share.
Digest key_of(std::string_view lock, std::string_view password) {
  Sha256 hasher;
  hasher.update(lock);
  hasher.update(std::string_view("\0", 1));
  hasher.update(password);
  return hasher.finish();
}

}  // namespace

PreviewLocks::Answer PreviewLocks::ask(const std::string& lock, std::string_view password, ConnectionId who) {
  const Digest key = key_of(lock, password);
  if (const auto known = entries_.find(key); known != entries_.end()) {
    if (known->second.answer == Answer::Checking) known->second.waiting.push_back(who);
    return known->second.answer;
  }
  if (checks_ >= kMaxChecks) return Answer::Busy;
  if (entries_.size() >= kMaxKept) make_room();
  entries_[key].waiting.push_back(who);
  ++checks_;
  start_check_(key, lock, password);
  return Answer::Checking;
}

void PreviewLocks::checked(const Digest& key, Answer answer) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) return;
  --checks_;
  const std::vector<ConnectionId> waiting = std::exchange(found->second.waiting, {});
  found->second.answer = answer;
  for (const ConnectionId& who : waiting) resume_(who);
  // Those who waited have been told; the next one asks anew.
  if (answer == Answer::Busy) entries_.erase(key);
}

// Guesses go first, so that guessing does not cost those who know the password another check.
void PreviewLocks::make_room() {
  std::erase_if(entries_, [](const auto& item) { return item.second.answer == Answer::Shut; });
  if (entries_.size() < kMaxKept) return;
  std::erase_if(entries_, [](const auto& item) { return item.second.answer == Answer::Open; });
}

}  // namespace sitepod::serve
