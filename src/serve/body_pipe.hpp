// The two bounded pipes of an API exchange: the request's body from a worker to the handler's thread, and a streamed
// answer back. The worker's side never waits; the handler's side blocks. A full pipe stops the worker from reading the
// socket.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "http/api_exchange.hpp"

namespace sitepod::serve {

class BodyPipe final : public http::BodyReader {
 public:
  // `moved` is called on the handler's thread when a pipe that was found full has room again, and when the handler
  // first waits for bytes.
  explicit BodyPipe(std::function<void()> moved);

  // Worker.
  void push(std::string_view piece);
  // Beyond this the worker reads no more; one read's worth may lie above it.
  bool is_full();
  // The handler has read everything and waits for more, or did once.
  bool is_awaited();
  void finish();
  // The body will never be complete: what was read counts for nothing.
  void fail();

  // Handler.
  Result<std::size_t> read(std::span<std::byte> out) override;

 private:
  enum class End : std::uint8_t { Open, Complete, Broken };

  const std::function<void()> moved_;
  std::string draining_;  // handler only: taken from incoming_ as a whole, so that copying happens outside the lock
  std::size_t drained_to_ = 0;

  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::string incoming_;
  End end_ = End::Open;
  bool was_full_ = false;
  bool is_awaited_ = false;
};

class AnswerPipe final : public http::BodyWriter {
 public:
  // `filled` is called on the handler's thread when an empty pipe has got something to take.
  explicit AnswerPipe(std::function<void()> filled);

  // Handler.
  Result<void> write(std::string_view piece) override;
  void finish(bool complete);

  // Worker. Takes all that is there; Complete and Broken are said once everything before them was taken. The memory of
  // an empty `out` is what the handler writes into next.
  enum class End : std::uint8_t { Open, Complete, Broken };
  End take(std::string& out);
  // The client is gone: write() fails from now on.
  void break_off();

 private:
  const std::function<void()> filled_;
  std::mutex mutex_;  // guards everything below
  std::condition_variable changed_;
  std::string outgoing_;
  End end_ = End::Open;
  bool client_gone_ = false;
};

}  // namespace sitepod::serve
