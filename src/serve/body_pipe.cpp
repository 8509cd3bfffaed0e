#include "serve/body_pipe.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "http/limits.hpp"

namespace sitepod::serve {

namespace {
// The other half is what the handler has taken and not yet read.
constexpr std::size_t kIncomingBytes = http::kBodyPipeBytes / 2;
static_assert(kIncomingBytes >= http::kDispatchAfterBodyBytes);
constexpr std::size_t kOutgoingBytes = http::kMaxQueuedOutputBytes;
}  // namespace

BodyPipe::BodyPipe(std::function<void()> moved) : moved_(std::move(moved)) {}

void BodyPipe::push(std::string_view piece) {
  std::lock_guard lock(mutex_);
  incoming_.append(piece);
  changed_.notify_one();
}

bool BodyPipe::is_full() {
  std::lock_guard lock(mutex_);
  was_full_ = incoming_.size() >= kIncomingBytes;
  return was_full_;
}

bool BodyPipe::is_awaited() {
  std::lock_guard lock(mutex_);
  return is_awaited_;
}

void BodyPipe::finish() {
  std::lock_guard lock(mutex_);
  if (end_ == End::Open) end_ = End::Complete;
  changed_.notify_one();
}

void BodyPipe::fail() {
  std::lock_guard lock(mutex_);
  end_ = End::Broken;
  changed_.notify_one();
}

Result<std::size_t> BodyPipe::read(std::span<std::byte> out) {
  if (drained_to_ == draining_.size()) {
    draining_.clear();
    drained_to_ = 0;
    std::unique_lock lock(mutex_);
    if (!is_awaited_ && incoming_.empty() && end_ == End::Open) {
      is_awaited_ = true;
      lock.unlock();
      moved_();
      lock.lock();
    }
    changed_.wait(lock, [this] { return !incoming_.empty() || end_ != End::Open; });
    if (end_ == End::Broken) return invalid_request("The request's body ended early or is malformed.");
    draining_.swap(incoming_);
    const bool had_been_full = std::exchange(was_full_, false);
    lock.unlock();
    if (had_been_full) moved_();
  }
  const std::size_t count = std::min(out.size(), draining_.size() - drained_to_);
  std::memcpy(out.data(), draining_.data() + drained_to_, count);
  drained_to_ += count;
  return count;
}

AnswerPipe::AnswerPipe(std::function<void()> filled) : filled_(std::move(filled)) {}

Result<void> AnswerPipe::write(std::string_view piece) {
  if (piece.empty()) return {};
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return outgoing_.size() < kOutgoingBytes || client_gone_; });
  if (client_gone_) return unavailable("The client is gone.");
  const bool was_empty = outgoing_.empty();
  outgoing_.append(piece);
  lock.unlock();
  if (was_empty) filled_();
  return {};
}

void AnswerPipe::finish(bool complete) {
  {
    std::lock_guard lock(mutex_);
    end_ = complete ? End::Complete : End::Broken;
  }
  filled_();
}

AnswerPipe::End AnswerPipe::take(std::string& out) {
  std::lock_guard lock(mutex_);
  if (out.empty()) {
    out.swap(outgoing_);
  } else {
    out.append(outgoing_);
    outgoing_.clear();
  }
  changed_.notify_one();
  return end_;
}

void AnswerPipe::break_off() {
  std::lock_guard lock(mutex_);
  client_gone_ = true;
  changed_.notify_one();
}

}  // namespace sitepod::serve
