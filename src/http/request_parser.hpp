// Strict incremental HTTP/1.x request-head parser (RFC 9112, with every leniency of it refused that has ever let two
// servers disagree): bare LF or CR, obs-fold, white space around the field name, duplicate Host, Content-Length with
// Transfer-Encoding, odd lengths, HTTP/0.9. A head is refused at its first wrong byte, without waiting for its end.
// Owned by one connection; worker thread only; allocates nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "http/field_names.hpp"
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
  // with the same bytes. Complete: head() is filled with views into this `input` (an absolute-form target without a
  // path has the path "/" from elsewhere), consumed() bytes belong to it. Work already done on a prefix is not done
  // again, so bytes that arrive one at a time cost linear time. Refused stays refused; after Complete, reset() comes
  // first.
  Outcome parse(std::string_view input);

  const RequestHead& head() const { return head_; }
  std::size_t consumed() const { return consumed_; }
  HeadError error() const { return error_; }
  // Ready for the next message.
  void reset();

 private:
  enum class Stage : std::uint8_t { Start, Method, Target, Version, FieldName, FieldValue, Complete, Refused };
  enum class Progress : std::uint8_t { StageDone, NeedMore, Refused };

  Progress advance(std::string_view window);
  Progress read_start(std::string_view input);
  Progress read_method(std::string_view window);
  Progress read_target(std::string_view window);
  Progress read_version(std::string_view window);
  Progress read_field_name(std::string_view window);
  Progress read_field_value(std::string_view window);
  Progress read_blank_line(std::string_view window);

  // Whether a field of this name may still come; says at the colon what its value could not make good.
  bool may_follow(FieldId id) const;
  Progress store_field(std::string_view name, std::string_view value);
  Progress obey_host(std::string_view value);
  Progress obey_content_length(std::string_view value);
  Progress obey_transfer_encoding(std::string_view value);
  Progress obey_expect(std::string_view value);
  void obey_connection(std::string_view value);
  bool split_target();
  Progress finish();

  Progress begin(Stage next, std::size_t at);
  Progress refuse(HeadError error);
  void rebase(const char* data);

  RequestHead head_;
  const char* base_ = nullptr;  // the input that the views in head_ point into
  std::size_t head_start_ = 0;  // behind a leading CRLF
  std::size_t part_start_ = 0;  // of the method, target, version, field name or value being read
  std::size_t scanned_ = 0;     // everything before it was looked at
  std::size_t name_start_ = 0;  // of the field whose value is being read
  std::size_t consumed_ = 0;
  std::uint16_t name_size_ = 0;
  FieldId field_ = FieldId::Unknown;
  Stage stage_ = Stage::Start;
  HeadError error_ = HeadError::BadRequest;
  bool host_seen_ = false;
  bool close_seen_ = false;
  bool keep_alive_seen_ = false;
  bool expect_seen_ = false;
};

}  // namespace sitepod::http
