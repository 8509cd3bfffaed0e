#include "serve/output_queue.hpp"

#include <algorithm>
#include <array>

#include "http/limits.hpp"

namespace sitepod::serve {

namespace {
constexpr std::size_t kPiecesPerCall = 64;
// Of a large body that a throttled site sends without waiting: more than its share in a slot of the timer wheel.
constexpr std::uint64_t kPacedBytes = 128 * 1024;
// A queue that once grew beyond this gives its memory back.
constexpr std::size_t kKeptText = 2 * http::kMaxQueuedOutputBytes;
}  // namespace

void OutputQueue::copy(std::string_view bytes) { text_.append(bytes); }

void OutputQueue::add(BlobRef blob, std::uint64_t offset, std::uint64_t length, SiteMeter* meter) {
  if (length == 0) return;
  close_text();
  blob_bytes_ += length;
  segments_.push_back({std::move(blob), offset, length, meter});
}

void OutputQueue::close_text() {
  if (text_in_segments_ == text_.size()) return;
  segments_.push_back({BlobRef(), text_in_segments_, text_.size() - text_in_segments_, nullptr});
  text_in_segments_ = text_.size();
}

void OutputQueue::clear() {
  text_.clear();
  if (text_.capacity() > kKeptText) text_.shrink_to_fit();
  text_in_segments_ = 0;
  segments_.clear();
  first_ = 0;
  blob_bytes_ = 0;
}

// Hot path 8/8: send. All answers of the turn leave in one call.
OutputQueue::Progress OutputQueue::send(net::Stream& stream, const Line& line) {
  if (segments_.empty()) return send_text_only(stream, line);
  close_text();
  std::uint64_t share = http::kSendfileTurnBytes;
  while (first_ < segments_.size()) {
    const Segment& next = segments_[first_];
    const bool is_file = next.blob && next.blob->is_file();
    const Progress progress = is_file ? send_file(stream, line, share) : send_memory(stream, line);
    if (progress != Progress::Done) return progress;
  }
  clear();
  return Progress::Done;
}

OutputQueue::Progress OutputQueue::send_text_only(net::Stream& stream, const Line& line) {
  if (text_.empty()) return Progress::Done;
  const net::IoResult result = stream.send(std::span<const char>(text_), net::More::No);
  if (result.state == net::IoState::Broken) return Progress::Broken;
  if (result.count == text_.size()) {
    text_.clear();
    return Progress::Done;
  }
  close_text();
  if (result.count > 0) advance(result.count, line);
  return Progress::Blocked;
}

// Sends the memory segments up to the next file, or as many as fit into one call.
OutputQueue::Progress OutputQueue::send_memory(net::Stream& stream, const Line& line) {
  std::array<iovec, kPiecesPerCall> pieces;
  std::size_t count = 0;
  std::uint64_t total = 0;
  std::size_t at = first_;
  for (; at < segments_.size() && count < pieces.size(); ++at) {
    const Segment& segment = segments_[at];
    if (segment.blob && segment.blob->is_file()) break;
    pieces[count++] = {const_cast<char*>(address_of(segment)), static_cast<std::size_t>(segment.length)};
    total += segment.length;
  }
  const auto more = at < segments_.size() ? net::More::Follows : net::More::No;
  const net::IoResult result = stream.send(std::span<const iovec>(pieces.data(), count), more);
  if (result.state == net::IoState::Broken) return Progress::Broken;
  if (result.count > 0) advance(result.count, line);
  return result.count == total ? Progress::Done : Progress::Blocked;
}

OutputQueue::Progress OutputQueue::send_file(net::Stream& stream, const Line& line, std::uint64_t& share) {
  const Segment& segment = segments_[first_];
  if (share == 0) return Progress::Yielded;
  if (segment.meter != nullptr && segment.meter->is_throttled) [[unlikely]] {
    if (segment.meter->free_at > line.now) return Progress::Paced;
    share = std::min(share, kPacedBytes);
  }
  const auto length = static_cast<std::size_t>(std::min(segment.length, share));
  const net::IoResult result = stream.send_file(segment.blob->file.get(), segment.offset, length);
  switch (result.state) {
    case net::IoState::Moved:
      break;
    case net::IoState::WouldBlock:
      return Progress::Blocked;
    case net::IoState::Broken:
      return Progress::Broken;
    case net::IoState::Ended:
    case net::IoState::FileFailed:
      return Progress::FileFailed;
  }
  share -= result.count;
  advance(result.count, line);
  return Progress::Done;
}

void OutputQueue::advance(std::uint64_t count, const Line& line) {
  while (count > 0) {
    Segment& segment = segments_[first_];
    const std::uint64_t step = std::min(count, segment.length);
    segment.offset += step;
    segment.length -= step;
    count -= step;
    if (segment.blob) {
      blob_bytes_ -= step;
      if (segment.meter != nullptr) segment.meter->count(step, line);
    }
    if (segment.length > 0) return;
    segment.blob = BlobRef();
    ++first_;
  }
}

const char* OutputQueue::address_of(const Segment& segment) const {
  return (segment.blob ? segment.blob->bytes.data() : text_.data()) + segment.offset;
}

std::unique_ptr<OutputQueue> OutputQueue::take_rest() {
  auto rest = std::make_unique<OutputQueue>();
  for (; first_ < segments_.size(); ++first_) {
    Segment& segment = segments_[first_];
    if (segment.blob) {
      rest->add(std::move(segment.blob), segment.offset, segment.length, segment.meter);
    } else {
      rest->text_.append(text_, segment.offset, segment.length);
    }
  }
  rest->close_text();
  clear();
  return rest;
}

}  // namespace sitepod::serve
