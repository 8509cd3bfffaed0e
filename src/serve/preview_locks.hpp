// Which passwords open which previews, as far as one worker knows. The stored hash of a preview's password is slow to
// check on purpose, so another thread does that once per password; what came out is kept under a digest of both.
// Worker thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/digest.hpp"
#include "serve/connection_id.hpp"

namespace sitepod::serve {

class PreviewLocks {
 public:
  enum class Answer : std::uint8_t {
    Open,
    Shut,
    Checking,  // `who` will be resumed and should ask again
    Busy,      // too many checks run, or the check failed: the visitor may try again
  };
  // Starts a check; checked() is to be called later, in another turn.
  using StartCheck = std::function<void(const Digest& key, const std::string& lock, std::string_view password)>;
  // Called once for every connection that waited.
  using Resume = std::function<void(ConnectionId)>;

  PreviewLocks(StartCheck start_check, Resume resume)
      : start_check_(std::move(start_check)), resume_(std::move(resume)) {}

  // `lock`: the hash of the preview's password.
  Answer ask(const std::string& lock, std::string_view password, ConnectionId who);
  // What a check found out: Open, Shut, or Busy when it could not be made.
  void checked(const Digest& key, Answer answer);

 private:
  struct Entry {
    Answer answer = Answer::Checking;
    std::vector<ConnectionId> waiting;
  };
  void make_room();

  static constexpr std::size_t kMaxChecks = 8;
  static constexpr std::size_t kMaxKept = 1024;
  StartCheck start_check_;
  Resume resume_;
  std::unordered_map<Digest, Entry, DigestHash> entries_;
  std::size_t checks_ = 0;
};

}  // namespace sitepod::serve
