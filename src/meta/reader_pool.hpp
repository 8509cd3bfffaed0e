// Read connections, handed out one per running read. Any thread. Private to the room.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "meta/sqlite_connection.hpp"

namespace sitepod::meta {

class ReaderPool {
 public:
  explicit ReaderPool(std::string path) : path_(std::move(path)) {}
  // Runs `work` in one read transaction. A connection whose transaction could not be ended is closed, not handed out
  // again.
  Result<void> read(const std::function<void(Session&)>& work);

 private:
  Result<std::unique_ptr<SqliteConnection>> take();
  void give_back(std::unique_ptr<SqliteConnection> connection);

  const std::string path_;
  std::mutex mutex_;  // guards idle_
  std::vector<std::unique_ptr<SqliteConnection>> idle_;
};

}  // namespace sitepod::meta
