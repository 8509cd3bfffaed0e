// From a parsed request and the site that its host names to the answer's head and a description of its body: deploy API
// §11. A pure function of its arguments: no system call, and no allocation once `head` has room (a redirect makes one
// for its Location). Worker threads call it for every request. Steps: docs/life-of-a-request.md.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/digest.hpp"
#include "http/request_head.hpp"
#include "http/status_lines.hpp"
#include "serve/snapshot.hpp"

namespace sitepod::serve {

struct PageLock;
struct Visit;

// What follows the head. A HEAD request's answer has Kind::None with the head of the GET.
struct AnswerBody {
  enum class Kind : std::uint8_t {
    None,
    Text,
    Blob,
    Unlock,  // no head was written: somebody sends a password for `lock`, and a pool thread answers
  };
  Kind kind = Kind::None;
  std::string_view text;        // Kind::Text: static or in the snapshot
  Digest blob;                  // Kind::Blob: the representation's bytes
  std::uint64_t blob_size = 0;  // the whole file's size
  std::uint64_t offset = 0;     // what to send of it
  std::uint64_t length = 0;
  const PageLock* lock = nullptr;  // Kind::Unlock, and the form that asks for it as blob and blob_size
};

enum class AfterAnswer : std::uint8_t { KeepAlive, Close };
struct AnswerFrame;  // what an exchange gives every answer; serve/answer_head.hpp

// Appends the complete head (status line to blank line) to `head`. `after` says whether the session will close, so that
// the head can say so. `mount` is the part of request.path, as sent, in front of the site's root:
// "/__preview__/{slug}" or a slug, else empty. With `visit` the answer varies by cookies; when they have decided, it is
// for this visitor's own cache only. Requires: request passed the parser; request.path begins with mount; view.index is
// set or view.image_id is empty.
AnswerBody answer(const http::RequestHead& request, const SiteView& view, const http::StatusLines& status_lines,
                  AfterAnswer after, std::string& head, std::string_view mount = {}, const Visit* visit = nullptr);

// A preview that shows nothing to this visitor: 401 (asks for its password), 410 (expired), 404 (no such preview), 429
// (too many of those), 503.
AnswerBody refuse_preview(int status, const http::RequestHead& request, const http::StatusLines& status_lines,
                          AfterAnswer after, std::string& head);

// A short text answer outside any site: unknown host (404), parser refusals (400, 414, 431, 501, 505), 500, 503.
AnswerBody answer_plainly(int status, const AnswerFrame& frame, std::string& head);

}  // namespace sitepod::serve
