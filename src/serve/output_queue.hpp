// What is still to be sent on a connection, in order: heads and small bodies as text, cached bodies by reference,
// ranges of files. One queue is shared by all connections of a worker and is empty between them; what the kernel does
// not take at once moves to a queue of the connection's own. Worker thread only. Allocates nothing once it has grown to
// what a turn needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/stream.hpp"
#include "serve/blob_cache.hpp"
#include "serve/site_meters.hpp"

namespace sitepod::serve {

class OutputQueue {
 public:
  enum class Progress : std::uint8_t {
    Done,
    Blocked,     // the kernel takes no more now; an edge will tell
    Yielded,     // the turn's share is used up, the kernel would take more
    Paced,       // a throttled site has used its share of the line until paced_until()
    Broken,      // the connection is lost
    FileFailed,  // the answer cannot be completed: cut the connection
  };

  // Text to append to, behind everything queued so far.
  std::string& text() { return text_; }
  // The same for a small body. Not inline: where g++ sees a bound on the length it copies with `rep movsq`, which costs
  // four times what the C library's copy does.
  void copy(std::string_view bytes);
  // A range of a blob's bytes or file. `meter` counts what of it has left, and outlives the queue; null: nobody's.
  void add(BlobRef blob, std::uint64_t offset, std::uint64_t length, SiteMeter* meter = nullptr);

  bool empty() const { return text_.empty() && segments_.empty(); }
  std::uint64_t queued_bytes() const { return text_.size() + blob_bytes_; }
  void clear();

  // Sends as much as the kernel takes, of files no more than one turn's share, or than a throttled site's.
  Progress send(net::Stream& stream, const Line& line);
  // Requires: send() has said Paced.
  net::Monotonic paced_until() const { return segments_[first_].meter->free_at; }
  // The blob at which send() stopped. Requires: it has said FileFailed.
  const Digest& front_blob() const { return segments_[first_].blob->digest; }
  // Moves what send() left into a queue of its own and leaves this one empty.
  std::unique_ptr<OutputQueue> take_rest();

 private:
  struct Segment {
    BlobRef blob;  // none: a range of text_
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    SiteMeter* meter = nullptr;
  };

  Progress send_text_only(net::Stream& stream, const Line& line);
  Progress send_memory(net::Stream& stream, const Line& line);
  Progress send_file(net::Stream& stream, const Line& line, std::uint64_t& share);
  void close_text();
  void advance(std::uint64_t count, const Line& line);
  const char* address_of(const Segment& segment) const;

  std::string text_;
  std::size_t text_in_segments_ = 0;  // the text behind it belongs to no segment yet
  std::vector<Segment> segments_;
  std::size_t first_ = 0;  // segments before it are sent
  std::uint64_t blob_bytes_ = 0;
};

}  // namespace sitepod::serve
