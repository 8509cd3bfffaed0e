// Requests that must not be done twice: a POST that carries an Idempotency-Key and succeeded is answered from memory of
// it for 24 hours; the same key with another request is refused. Answers are kept per account, sealed with the token
// that asked. Any thread; blocks.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <string>

#include "base/result.hpp"
#include "control/routes.hpp"
#include "meta/meta_store.hpp"

namespace sitepod::control {

class Idempotency {
 public:
  explicit Idempotency(meta::MetaStore& meta) : meta_(meta) {}

  // Whether the request asks for it on a route where it counts.
  static bool concerns(const Route& route, const Call& call);
  // Answers from memory, or by `handle`; a twin of a request that still runs waits for its answer. Errors: "conflict"
  // (another request, or the same runs for long), "invalid_request" (the key's form).
  Result<http::ApiResponse> answer(Call& call, const std::function<http::ApiResponse()>& handle);

 private:
  Result<http::ApiResponse> do_and_keep(Call& call, const Digest& key,
                                        const std::function<http::ApiResponse()>& handle);

  meta::MetaStore& meta_;
  // Holds `place` from when it returns true.
  bool enter(const std::string& place);
  void leave(const std::string& place);

  std::mutex mutex_;  // guards running_ and waiting_
  std::condition_variable left_;
  std::set<std::string> running_;
  std::size_t waiting_ = 0;
};

}  // namespace sitepod::control
