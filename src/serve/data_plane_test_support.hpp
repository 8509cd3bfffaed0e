// A whole data plane on a free port with blobs in memory files, and a client that sees every byte. Tests only.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/digest.hpp"
#include "base/file.hpp"
#include "base/time.hpp"
#include "http/syntax.hpp"
#include "serve/data_plane.hpp"
#include "serve/site_index.hpp"
#include "serve/snapshot.hpp"

namespace sitepod::serve {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What open_blob opens. Any thread.
class MemoryBlobs {
 public:
  Digest put(std::string bytes) {
    const Digest digest = sha256(bytes);
    put_under(digest, std::move(bytes));
    return digest;
  }
  void put_under(const Digest& digest, std::string bytes) {
    std::lock_guard lock(mutex_);
    blobs_[digest] = std::move(bytes);
  }
  Result<UniqueFd> open(const Digest& digest) {
    ++opened;
    std::lock_guard lock(mutex_);
    const auto place = blobs_.find(digest);
    if (place == blobs_.end()) return internal("no such blob");
    UniqueFd fd(::memfd_create("blob", MFD_CLOEXEC));
    SITEPOD_TRY(write_all(fd.get(), place->second));
    if (::lseek(fd.get(), 0, SEEK_SET) != 0) return from_errno(errno, "lseek");
    return fd;
  }
  bool has(const Digest& digest) {
    std::lock_guard lock(mutex_);
    return blobs_.contains(digest);
  }
  // What was there is known by its name only.
  std::string take(const Digest& digest) {
    std::lock_guard lock(mutex_);
    return blobs_.extract(digest).mapped();
  }
  std::atomic<int> opened{0};

 private:
  std::mutex mutex_;
  std::map<Digest, std::string> blobs_;
};

struct Response {
  int status = 0;
  std::string head;
  std::string body;

  // First field of that name, or empty.
  std::string field(std::string_view name) const {
    std::size_t at = head.find("\r\n");
    while (at != std::string::npos && at + 2 < head.size()) {
      const std::size_t end = head.find("\r\n", at + 2);
      const std::string_view line(head.data() + at + 2, end - at - 2);
      const std::size_t colon = line.find(':');
      if (colon != std::string_view::npos && http::equal_ignoring_case(line.substr(0, colon), name)) {
        return std::string(http::trim_whitespace(line.substr(colon + 1)));
      }
      at = end;
    }
    return {};
  }
};

// A blocking client; every wait ends after ten seconds.
class Client {
 public:
  explicit Client(std::uint16_t port, int receive_buffer = 0) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval patience{10, 0};
    const int on = 1;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (receive_buffer > 0) ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }

  bool connected() const { return connected_; }
  int fd() const { return fd_.get(); }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  void end_sending() { ::shutdown(fd_.get(), SHUT_WR); }
  // Closes with a reset instead of an orderly end.
  void reset() {
    const linger hard{1, 0};
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    fd_.reset();
  }
  // Gives back what the client itself holds beyond its socket.
  void release_memory() { std::string().swap(input_); }

  // The next answer; status 0 when the connection ends or stalls first. `is_head`: no body follows.
  Response receive(bool is_head = false) {
    Response response;
    std::size_t end;
    while ((end = input_.find("\r\n\r\n")) == std::string::npos) {
      if (!fill()) return {};
    }
    response.head = input_.substr(0, end + 4);
    input_.erase(0, end + 4);
    response.status = std::atoi(response.head.c_str() + 9);
    if (is_head || response.status == 304 || response.status == 204 || response.status < 200) return response;
    if (response.field("Transfer-Encoding") == "chunked") {
      if (!receive_chunks(response.body)) response.status = 0;
      return response;
    }
    const std::string length = response.field("Content-Length");
    if (length.empty()) {
      response.body = receive_to_end();
      return response;
    }
    const auto size = static_cast<std::size_t>(std::stoull(length));
    while (input_.size() < size) {
      if (!fill()) return {};
    }
    response.body = input_.substr(0, size);
    input_.erase(0, size);
    return response;
  }
  Response exchange(std::string_view request, bool is_head = false) {
    return send(request) ? receive(is_head) : Response();
  }

  std::string receive_to_end() {
    while (fill()) {
    }
    return std::exchange(input_, {});
  }
  // Whether the server has closed (orderly or by reset) within the time and sent nothing more.
  bool is_closed_within(milliseconds time) {
    pollfd poll_fd{fd_.get(), POLLIN, 0};
    if (!input_.empty() || ::poll(&poll_fd, 1, static_cast<int>(time.count())) != 1) return false;
    char byte;
    return ::recv(fd_.get(), &byte, 1, 0) <= 0;
  }

 private:
  bool fill() {
    char buffer[65536];
    const ssize_t count = ::recv(fd_.get(), buffer, sizeof buffer, 0);
    if (count <= 0) return false;
    input_.append(buffer, static_cast<std::size_t>(count));
    return true;
  }
  bool receive_chunks(std::string& body) {
    for (;;) {
      std::size_t end;
      while ((end = input_.find("\r\n")) == std::string::npos) {
        if (!fill()) return false;
      }
      const auto size = static_cast<std::size_t>(std::stoull(input_.substr(0, end), nullptr, 16));
      while (input_.size() < end + 2 + size + 2) {
        if (!fill()) return false;
      }
      body.append(input_, end + 2, size);
      input_.erase(0, end + 2 + size + 2);
      if (size == 0) return true;
    }
  }

  UniqueFd fd_;
  bool connected_ = false;
  std::string input_;
};

using Files = std::map<std::string, std::string>;

// Hosts with their files behind a running data plane.
class TestServer {
 public:
  using Fetch = std::function<void(const Digest&, std::function<void(Result<void>)>)>;
  // With `fetch` only blobs that it has put into `blobs` are at hand.
  explicit TestServer(DataPlaneOptions options = {}, http::ApiHandler api = nullptr, Fetch fetch = nullptr)
      : blob_pool_("blobs", 1, 2), api_pool_("api", 1, 8) {
    options.listen_port = 0;
    if (!api) {
      api = [](http::ApiRequest&) {
        return http::ApiResponse{.status = 404, .headers = {}, .body = "no api", .stream = nullptr};
      };
    }
    Openings openings{[this](const Digest& digest) { return blobs.open(digest); },
                      [this](const Digest& digest) {
                        std::lock_guard lock(mutex_);
                        corrupt_.insert(digest);
                      },
                      std::move(api),
                      [this](const std::string& hash, const std::string& password) -> Result<bool> {
                        ++password_checks;
                        return hash == "hash of " + password;
                      },
                      [this](const PageGuess& guess) -> Result<bool> { return check_page_password(guess); }};
    if (fetch) {
      openings.open_near_blob = [this](const Digest& digest) -> Result<UniqueFd> {
        if (blobs.has(digest)) return blobs.open(digest);
        return not_found("not_found", "The file is not in the store.");
      };
      openings.fetch_blob = std::move(fetch);
    }
    plane = std::make_unique<DataPlane>(options, std::move(openings), blob_pool_, api_pool_);
    snapshot_.base_domain = "sites.test";
    plane->start(std::make_shared<Snapshot>(snapshot_)).value();
  }

  // Releases these files on the host; what was there before is gone when it returns.
  void release(const std::string& host, const Files& files, std::string_view rules = {}) {
    std::vector<IndexInput> inputs;
    std::deque<std::string> hidden;
    for (const auto& [path, bytes] : files) {
      IndexInput input;
      input.path = path.starts_with(model::kReservedFolder) ? hidden.emplace_back(hidden_path(path)) : path;
      input.media_type = "text/plain; charset=utf-8";
      input.blob = blobs.put(bytes);
      input.size = bytes.size();
      inputs.push_back(input);
    }
    release_index(host, inputs, rules);
  }
  void release_index(const std::string& host, const std::vector<IndexInput>& inputs, std::string_view rules = {}) {
    auto view = std::make_shared<SiteView>();
    view->project = host;
    view->environment = "prod";
    view->image_id = "img_" + std::to_string(snapshot_.generation);
    view->index =
        SiteIndex::from_bytes(build_site_index(inputs, Instant{1'700'000'000'000}, rules, sha256(host))).value();
    ++snapshot_.generation;
    snapshot_.hosts = snapshot_.hosts.with({{host, HostEntry{HostEntry::Kind::Site, view}}});
    plane->publish(std::make_shared<Snapshot>(snapshot_));
  }

  // The files of `source`, which was released before, as a preview on its own host and by path.
  void preview(const std::string& source, const std::string& host, const std::string& slug, Instant expires_at,
               const std::string& lock = "") {
    HostEntry entry = *snapshot_.hosts.find(source);
    auto view = std::make_shared<SiteView>(*entry.site);
    view->environment.clear();
    view->is_preview = true;
    view->expires_at = expires_at;
    view->lock = lock;
    auto views = std::make_shared<ProjectViews>();
    if (entry.views) *views = *entry.views;
    views->previews[slug] = {view, expires_at};
    entry.views = views;
    ++snapshot_.generation;
    snapshot_.hosts = snapshot_.hosts.with({{host, HostEntry{HostEntry::Kind::Site, view}}, {source, entry}});
    plane->publish(std::make_shared<Snapshot>(snapshot_));
  }

  Client connect() const { return Client(plane->port()); }
  bool is_reported_corrupt(const Digest& digest) {
    std::lock_guard lock(mutex_);
    return corrupt_.contains(digest);
  }
  std::uint64_t connections() const {
    std::uint64_t sum = 0;
    for (const auto& worker : plane->status()) sum += worker.connections;
    return sum;
  }
  std::uint64_t generation() const { return snapshot_.generation; }

  MemoryBlobs blobs;
  std::atomic<int> password_checks{0};
  // Verifiers are "$argon2id$" and the password.
  std::function<Result<bool>(const PageGuess&)> check_page_password = [](const PageGuess& guess) -> Result<bool> {
    return guess.verifier == "$argon2id$" + guess.password;
  };

 private:
  ThreadPool blob_pool_;
  ThreadPool api_pool_;
  Snapshot snapshot_;
  std::mutex mutex_;  // guards corrupt_
  std::set<Digest> corrupt_;

 public:
  std::unique_ptr<DataPlane> plane;  // ends first
};

inline std::string get(std::string_view path, std::string_view host = "a.sites.test", std::string_view fields = "") {
  return std::string("GET ")
      .append(path)
      .append(" HTTP/1.1\r\nHost: ")
      .append(host)
      .append("\r\n")
      .append(fields)
      .append("\r\n");
}

// Bytes without a pattern, the same for the same seed.
inline std::string noise(std::size_t size, std::uint32_t seed) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    seed = seed * 1664525u + 1013904223u;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

// Waits for what another thread is about to make true; gives up after ten seconds.
template <typename Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

}  // namespace sitepod::serve
