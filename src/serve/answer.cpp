#include "serve/answer.hpp"

#include "http/accept.hpp"
#include "http/target.hpp"
#include "serve/answer_head.hpp"
#include "serve/conditional.hpp"
#include "serve/lookup.hpp"
#include "serve/request_fields.hpp"
#include "serve/variant_choice.hpp"
#include "serve/visit.hpp"

namespace sitepod::serve {
namespace {

using http::Known;
using http::Method;

constexpr std::string_view kNothingReleased =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Nothing here yet</title>\n"
    "<h1>Nothing is released here</h1>\n<p>This address belongs to a project that has not released anything here "
    "yet.</p>\n</html>\n";

constexpr std::string_view kSuspended =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Not available</title>\n"
    "<h1>This site is not available</h1>\n<p>The operator of this server has taken it off.</p>\n</html>\n";

constexpr std::string_view kPaused =
    "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>Paused</title>\n"
    "<h1>This site is paused</h1>\n<p>It has used up the traffic of this month.</p>\n</html>\n";
// Robots and monitors ask again in an hour; nobody knows when the owner raises the cap.
constexpr std::string_view kPausedLines = "Retry-After: 3600\r\n";

AnswerBody answer_without_index(const AnswerFrame& frame, Restriction restriction, std::string& head) {
  switch (restriction) {
    case Restriction::Suspended:
      return answer_with_text(frame, 451, kSuspended, kHtmlType, {}, head);
    case Restriction::Paused:
      return answer_with_text(frame, 503, kPaused, kHtmlType, kPausedLines, head);
    case Restriction::None:
    case Restriction::Throttled:
      break;
  }
  return answer_with_text(frame, 404, kNothingReleased, kHtmlType, {}, head);
}

// A browser that says "this is a script" or a client that does not take HTML gets a 404 where a person gets the shell.
IsNavigation is_navigation(const http::RequestHead& request) {
  if (request.has(Known::SecFetchMode) && request[Known::SecFetchMode] != "navigate") return IsNavigation::No;
  if (!request.has(Known::Accept)) return IsNavigation::Yes;
  return IsNavigation{any_line(request, Known::Accept, "Accept", http::accepts_html)};
}

AnswerBody blob_body(const AnswerFrame& frame, const StoredVariant& variant, std::uint64_t offset,
                     std::uint64_t length) {
  AnswerBody body;
  if (frame.is_head || length == 0) return body;
  body.kind = AnswerBody::Kind::Blob;
  body.blob = variant.blob;
  body.blob_size = variant.size;
  body.offset = offset;
  body.length = length;
  return body;
}

// The Location is a path of this host and can be nothing else: encode_path never begins with "//" and encodes
// backslashes.
AnswerBody redirect_to(const AnswerFrame& frame, const http::RequestHead& request, std::string_view mount,
                       const std::string& path, std::string& out) {
  AnswerHead head(frame, 308, out);
  out.append("Location: ").append(mount).append(http::encode_path(path));
  if (request.has_query) out.append("?").append(request.query);
  head.lines("\r\n").lines(kNosniffLine).caching(kRevalidateLine).content_length(0).finish();
  return {};
}

// A page that asks for a password: its form, or its text for a visitor who has a pass. Neither is ever kept by a cache,
// so there is nothing to revalidate, and no part to ask for.
AnswerBody answer_locked(const AnswerFrame& frame, const http::RequestHead& request, const Found& found,
                         const PageLock& lock, std::string& out) {
  IndexEntry entry = *found.entry;
  if (has_pass(lock, request, frame.status_lines.second()))
    if (const auto text = found.index->find(lock.text)) entry = *text;
  if (entry.gone()) return answer_with_text(frame, 410, plain_text(410), kPlainTextType, {}, out);
  const StoredVariant page = entry.variant(choose_encoding(entry, request));
  AnswerHead(frame, 200, out)
      .lines(page.type_lines())
      .lines(page.vary_line())
      .lines(kPrivateLine)
      .lines(frame.is_preview ? std::string_view() : kNoindexLine)
      .lines(page.content_length_line())
      .finish();
  return blob_body(frame, page, 0, page.size);
}

// Only a locked page takes anything but questions.
AnswerBody answer_other_method(const AnswerFrame& frame, const http::RequestHead& request, const SiteView& view,
                               std::string_view mount, std::string& out) {
  const SiteRules* rules = view.index ? view.index->rules() : nullptr;
  LookupPath path;
  if (request.method == Method::Post && rules && request.path.size() > mount.size() &&
      path.decode(request.path.substr(mount.size()))) {
    const Found found = find_page(view, path);
    if (found.kind == Found::Kind::File && !found.entry->gone())
      if (const PageLock* lock = rules->find_lock(found.entry->path())) {
        const StoredVariant form = found.entry->variant(Encoding::Identity);
        AnswerBody body;
        body.kind = AnswerBody::Kind::Unlock;
        body.blob = form.blob;
        body.blob_size = form.size;
        body.lock = lock;
        return body;
      }
  }
  return answer_with_text(frame, 405, plain_text(405), kPlainTextType, "Allow: GET, HEAD\r\n", out);
}

// An address of before. The rule's target is a path of this host; encode_path keeps it one.
AnswerBody answer_moved(const AnswerFrame& frame, const http::RequestHead& request, std::string_view mount,
                        std::string_view to, std::string& out) {
  AnswerHead head(frame, 301, out);
  out.append("Location: ").append(mount).append(http::encode_path(to));
  if (request.has_query) out.append("?").append(request.query);
  head.lines("\r\n").lines(kNosniffLine).caching(kRevalidateLine).content_length(0).finish();
  return {};
}

// No validators and no ranges: a 404 is not the file that it shows.
AnswerBody answer_missing(const AnswerFrame& frame, const http::RequestHead& request, const Found& found,
                          std::string& out) {
  if (!found.entry || found.entry->gone())
    return answer_with_text(frame, 404, plain_text(404), kPlainTextType, {}, out);
  const StoredVariant page = found.entry->variant(choose_encoding(*found.entry, request));
  AnswerHead(frame, 404, out)
      .lines(page.type_lines())
      .lines(page.vary_line())
      .caching(kNoCacheLine)
      .lines(page.content_length_line())
      .finish();
  return blob_body(frame, page, 0, page.size);
}

AnswerBody answer_not_modified(const AnswerFrame& frame, const StoredVariant& variant, std::string_view cache_line,
                               std::string& out) {
  AnswerHead(frame, 304, out).lines(variant.etag_line()).lines(variant.vary_line()).caching(cache_line).finish();
  return {};
}

AnswerBody answer_unsatisfiable(const AnswerFrame& frame, std::uint64_t size, std::string& out) {
  char line[64];
  int length =
      std::snprintf(line, sizeof line, "Content-Range: bytes */%llu\r\n", static_cast<unsigned long long>(size));
  return answer_with_text(frame, 416, plain_text(416), kPlainTextType, {line, static_cast<std::size_t>(length)}, out);
}

AnswerBody answer_part(const AnswerFrame& frame, const StoredVariant& variant, const http::RangeChoice& part,
                       std::string_view cache_line, std::string& out) {
  AnswerHead(frame, 206, out)
      .lines(variant.uncached_lines())
      .lines(variant.validator_lines())
      .content_range(part.first, part.length, variant.size)
      .content_length(part.length)
      .caching(cache_line)
      .finish();
  return blob_body(frame, variant, part.first, part.length);
}

AnswerBody answer_whole(const AnswerFrame& frame, const StoredVariant& variant, std::string_view cache_line,
                        std::string& out) {
  AnswerHead(frame, 200, out).lines(variant.uncached_lines()).lines(variant.own_block).caching(cache_line).finish();
  return blob_body(frame, variant, 0, variant.size);
}

AnswerBody answer_file(const AnswerFrame& frame, const http::RequestHead& request, const Found& found,
                       std::string& out) {
  const Instant last_modified = found.index->last_modified();
  const std::string_view date = frame.status_lines.date();

  // Hot path 5/8: a part is always one of the identity bytes; a whole file comes as the client likes it best.
  const http::RangeChoice part = choose_part(*found.entry, request, last_modified, date);
  const bool is_whole = part.kind == http::RangeChoice::Kind::Whole;
  const StoredVariant variant =
      found.entry->variant(is_whole ? choose_encoding(*found.entry, request) : Encoding::Identity);
  const std::string_view cache_line = found.kind == Found::Kind::Fallback ? kNoCacheLine : variant.cache_line();

  // Hot path 6/8: preconditions come before the range (RFC 9110 §13.2.2); If-Range has had its say in the choice above.
  switch (evaluate_preconditions(request, variant.etag(), last_modified, date)) {
    case Precondition::Failed:
      return answer_with_text(frame, 412, plain_text(412), kPlainTextType, {}, out);
    case Precondition::NotModified:
      return answer_not_modified(frame, variant, cache_line, out);
    case Precondition::Proceed:
      break;
  }

  // Hot path 7/8: the head, copied from prepared pieces.
  switch (part.kind) {
    case http::RangeChoice::Kind::Unsatisfiable:
      return answer_unsatisfiable(frame, variant.size, out);
    case http::RangeChoice::Kind::Part:
      return answer_part(frame, variant, part, cache_line, out);
    case http::RangeChoice::Kind::Whole:
      break;
  }
  return answer_whole(frame, variant, cache_line, out);
}

}  // namespace

AnswerBody answer(const http::RequestHead& request, const SiteView& view, const http::StatusLines& status_lines,
                  AfterAnswer after, std::string& head, std::string_view mount, const Visit* visit) {
  AnswerFrame frame = frame_for(request, status_lines, after);
  frame.is_preview = view.is_preview;
  if (view.is_preview) frame.cache_line = view.lock.empty() ? kNoCacheLine : kPrivateLine;
  frame.visit = visit;
  if (visit && visit->decides && view.lock.empty()) frame.cache_line = kPrivateNoCacheLine;
  if (request.method != Method::Get && request.method != Method::Head)
    return answer_other_method(frame, request, view, mount, head);
  if (!view.index) [[unlikely]]
    return answer_without_index(frame, view.restriction, head);

  // Hot path 4/8: the path, decoded once, and what the site has there.
  const std::string_view encoded = request.path.substr(mount.size());
  if (encoded.empty()) return redirect_to(frame, request, mount, "/", head);
  LookupPath path;
  if (!path.decode(encoded)) return answer_with_text(frame, 400, plain_text(400), kPlainTextType, {}, head);
  Found found = find_page(view, path);
  if (found.kind == Found::Kind::Nothing) {
    if (const SiteRules* rules = view.index->rules())
      if (const std::string_view to = rules->find_redirect(path.view()); !to.empty())
        return answer_moved(frame, request, mount, to, head);
    found = find_substitute(view, path, is_navigation(request));
  }
  switch (found.kind) {
    case Found::Kind::Redirect:
      return redirect_to(frame, request, mount, "/" + std::string(path.view()) + "/", head);
    case Found::Kind::ToPage:
      return redirect_to(frame, request, mount, "/" + std::string(path.view().substr(0, path.view().size() - 1)), head);
    case Found::Kind::ErrorPage:
    case Found::Kind::Nothing:
      return answer_missing(frame, request, found, head);
    case Found::Kind::File:
    case Found::Kind::Fallback:
      break;
  }
  if (found.entry->gone()) return answer_with_text(frame, 410, plain_text(410), kPlainTextType, {}, head);
  if (const SiteRules* rules = found.index->rules()) [[unlikely]]
    if (const PageLock* lock = rules->find_lock(found.entry->path()))
      return answer_locked(frame, request, found, *lock, head);
  return answer_file(frame, request, found, head);
}

AnswerBody refuse_preview(int status, const http::RequestHead& request, const http::StatusLines& status_lines,
                          AfterAnswer after, std::string& head) {
  AnswerFrame frame = frame_for(request, status_lines, after);
  frame.is_preview = true;
  frame.cache_line = kPrivateLine;
  const std::string_view challenge =
      status == 401 ? "WWW-Authenticate: Basic realm=\"preview\", charset=\"UTF-8\"\r\n" : "";
  return answer_with_text(frame, status, plain_text(status), kPlainTextType,
                          status == 503   ? "Retry-After: 1\r\n"
                          : status == 429 ? "Retry-After: 60\r\n"
                                          : challenge,
                          head);
}

AnswerBody answer_plainly(int status, const AnswerFrame& frame, std::string& head) {
  return answer_with_text(frame, status, plain_text(status), kPlainTextType, status == 503 ? "Retry-After: 1\r\n" : "",
                          head);
}

}  // namespace sitepod::serve
