// Strict incremental HTTP/1.x request-head parser (RFC 9112, with every leniency of it refused that has ever let two
// servers disagree): bare LF or CR, obs-fold, white space around the field name, duplicate Host, Content-Length with
// Transfer-Encoding, odd lengths, HTTP/0.9. A head is refused at its first wrong byte, without waiting for its end.
// Owned by one connection; worker thread only; allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/request_head.hpp"

namespace sitepod::http {

// Why a head is refused; to_status says with what. The connection answers once and closes.
enum class HeadError : std::uint8_t {
  BadRequest,             // 400
  TargetTooLong,          // 414
  ExpectationFailed,      // 417
  HeadTooLarge,           // 431
  UnknownTransferCoding,  // 501
  VersionNotSupported,    // 505
};
int to_status(HeadError error);

class RequestParser {
 public:
  enum class Outcome : std::uint8_t { NeedMore, Complete, Refused };

  // `input` is everything received since the end of the previous message; it may move between calls, but always begins
  // with the same bytes. Complete: head() is filled with views into this `input`, consumed() bytes belong to it. Work
  // already done on a prefix is not done again, so bytes that arrive one at a time cost linear time.
  Outcome parse(std::string_view input);

  const RequestHead& head() const { return head_; }
  std::size_t consumed() const { return consumed_; }
  HeadError error() const { return error_; }
  // Ready for the next message.
  void reset();

 private:
  // Filled in by the implementation: where scanning stopped, which line it was in.
  RequestHead head_;
  std::size_t consumed_ = 0;
  std::size_t line_start_ = 0;
  std::size_t scanned_ = 0;
  HeadError error_ = HeadError::BadRequest;
};

}  // namespace sitepod::http
