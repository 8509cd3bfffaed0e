// For tests of the room: stands between a client and an S3 server and does what networks and servers do on bad days.
// One request a connection. A resource of the test's thread; its threads end with it.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace sitepod::blob {

enum class Fault {
  None,
  SlowDown,      // 503 with the words of S3
  Reset,         // cut in the middle of the answer
  Silence,       // takes the request and never answers
  WrongByte,     // the last byte of the answer is another
  LostAnswer,    // the server does it, and nobody hears of it
  WrongRequest,  // the last byte of the request's body is another
};

class FaultProxy {
 public:
  // `target`: "http://127.0.0.1:1234".
  explicit FaultProxy(const std::string& target);
  ~FaultProxy();
  std::string url() const;
  // What happens to each request from now on.
  void choose(std::function<Fault(std::string_view method, std::string_view path)> fault_of);
  // To every one.
  void always(Fault fault) {
    choose([fault](std::string_view, std::string_view) { return fault; });
  }
  // To the first `count`, and nothing after them.
  void first(int count, Fault fault);
  int requests() const { return requests_; }

 private:
  void accept_all();
  void serve(int client);
  void relay(int client, const std::string& request, Fault fault);
  int connect_to_target() const;
  void note_open(int fd);
  void note_closed(int fd);

  std::uint16_t target_port_ = 0;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  std::atomic<int> requests_ = 0;
  std::mutex mutex_;  // guards what follows
  std::function<Fault(std::string_view, std::string_view)> fault_of_;
  std::set<int> open_;
  bool is_ending_ = false;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace sitepod::blob
