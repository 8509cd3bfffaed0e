#include "serve/access_log.hpp"

#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "base/file.hpp"
#include "base/log.hpp"
#include "base/thread_pool.hpp"

namespace sitepod::serve {
namespace {

// How late a line may be in the file; the writer asks no more often.
constexpr std::chrono::milliseconds kInterval{100};
constexpr std::size_t kMaxFieldBytes = 1024;
constexpr unsigned kFileMode = 0640;

// ASCII only: what is above stands for a byte that need not be UTF-8, and terminals act on some of it.
void append_text(std::string_view name, std::string_view text, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out.append(",\"").append(name).append("\":\"");
  for (const char c : text.substr(0, kMaxFieldBytes)) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7f) {
      out.append("\\u00");
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string_view without_query(std::string_view address) { return address.substr(0, address.find_first_of("?#")); }

// 203.0.113.7 → 203.0.113.0; 2001:db8:1:2::7 → 2001:db8:1::
std::string network_of(std::string_view peer) {
  if (peer.starts_with("::ffff:")) peer.remove_prefix(7);
  if (peer.find(':') == std::string_view::npos) {
    const std::size_t dot = peer.rfind('.');
    return dot == std::string_view::npos ? std::string() : std::string(peer.substr(0, dot)) + ".0";
  }
  std::size_t end = 0;
  for (int groups = 0; groups < 3; ++groups) {
    const std::size_t colon = peer.find(':', end);
    // A gap before the third group: what is in front of it is the network.
    if (colon == std::string_view::npos || colon + 1 >= peer.size() || peer[colon + 1] == ':')
      return std::string(peer.substr(0, std::min(colon, peer.size()))) + "::";
    end = colon + 1;
  }
  return std::string(peer.substr(0, end)) + ":";
}

}  // namespace

void append_access_line(const AccessRecord& record, std::string& out) {
  out.append("{\"time\":\"").append(to_rfc3339(record.time)).append("\"");
  append_text("peer", network_of(record.peer), out);
  append_text("method", record.method, out);
  append_text("host", record.host, out);
  append_text("path", without_query(record.path), out);
  out.append(",\"status\":").append(std::to_string(record.status));
  out.append(",\"bytes\":").append(std::to_string(record.bytes));
  append_text("project", record.project, out);
  append_text("image", record.image, out);
  append_text("user_agent", record.user_agent, out);
  append_text("referer", without_query(record.referer), out);
  out.append("}\n");
}

void LineRing::push(std::string_view line) {
  const std::uint64_t written = written_.load(std::memory_order_relaxed);
  const std::uint64_t free = kBytes - (written - taken_.load(std::memory_order_acquire));
  if (line.size() > free) {
    dropped_.store(dropped_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    return;
  }
  const std::size_t at = written % kBytes;
  const std::size_t first = std::min(line.size(), kBytes - at);
  std::memcpy(bytes_.get() + at, line.data(), first);
  std::memcpy(bytes_.get(), line.data() + first, line.size() - first);
  written_.store(written + line.size(), std::memory_order_release);
}

void LineRing::take(std::string& out) {
  const std::uint64_t taken = taken_.load(std::memory_order_relaxed);
  const std::uint64_t written = written_.load(std::memory_order_acquire);
  const std::size_t count = written - taken;
  const std::size_t at = taken % kBytes;
  const std::size_t first = std::min(count, kBytes - at);
  out.append(bytes_.get() + at, first).append(bytes_.get(), count - first);
  taken_.store(written, std::memory_order_release);
}

Result<std::unique_ptr<AccessLog>> AccessLog::open(const std::string& path) {
  UniqueFd file = SITEPOD_TRY_WITH(open_file(path, O_WRONLY | O_CREAT | O_APPEND, kFileMode), "opening the access log");
  return std::unique_ptr<AccessLog>(new AccessLog(path, std::move(file)));
}

AccessLog::AccessLog(std::string path, UniqueFd file)
    : path_(std::move(path)), file_(std::move(file)), thread_([this] { run(); }) {}

AccessLog::~AccessLog() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

LineRing& AccessLog::add_ring() {
  const std::lock_guard lock(mutex_);
  return *rings_.emplace_back(std::make_unique<LineRing>());
}

void AccessLog::reopen() {
  {
    const std::lock_guard lock(mutex_);
    reopen_ = true;
  }
  wake_.notify_all();
}

std::uint64_t AccessLog::dropped() const {
  const std::lock_guard lock(mutex_);
  std::uint64_t sum = unwritten_.load(std::memory_order_relaxed);
  for (const auto& ring : rings_) sum += ring->dropped();
  return sum;
}

void AccessLog::run() {
  name_this_thread("access-log");
  std::string lines;
  std::unique_lock lock(mutex_);
  for (bool is_last = false; !is_last;) {
    wake_.wait_for(lock, kInterval, [this] { return stopping_ || reopen_; });
    is_last = stopping_;
    const bool must_reopen = std::exchange(reopen_, false);
    for (const auto& ring : rings_) ring->take(lines);
    lock.unlock();
    // What was answered before the signal still belongs into the old file.
    write(lines);
    lines.clear();
    if (must_reopen) open_again();
    lock.lock();
  }
}

void AccessLog::open_again() {
  auto opened = open_file(path_, O_WRONLY | O_CREAT | O_APPEND, kFileMode);
  if (opened.ok())
    file_ = std::move(opened).value();
  else
    log::error("could not reopen the access log; it goes on in the old file", {{"reason", opened.error().context}});
}

void AccessLog::write(const std::string& lines) {
  if (lines.empty()) return;
  const auto written = write_all(file_.get(), lines);
  if (written.ok()) {
    has_failed_ = false;
    return;
  }
  unwritten_.fetch_add(static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n')),
                       std::memory_order_relaxed);
  if (!std::exchange(has_failed_, true))
    log::error("could not write the access log; its lines are lost until it can",
               {{"reason", written.error().context}});
}

}  // namespace sitepod::serve
