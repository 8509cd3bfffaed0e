// Which stored representation of a file a request gets: negotiated, or identity with a part of it.
// Pure; worker threads; allocates nothing.
#pragma once

#include "http/range.hpp"
#include "http/request_head.hpp"
#include "serve/site_index.hpp"

namespace sitepod::serve {

// The stored encoding that the client wants most. Identity when it accepts none of them, even when it refuses identity
// too: an answer that most clients can read is better than a 406 (RFC 9110 §12.5.3 leaves the choice).
Encoding choose_encoding(const IndexEntry& entry, const http::RequestHead& request);

// What Range asks of the identity bytes. Whole when the method is not GET, there is no usable Range, or If-Range says
// that the client's part is of other bytes (RFC 9110 §13.1.5, §14.2). `now_date` is the answer's Date.
http::RangeChoice choose_part(const IndexEntry& entry, const http::RequestHead& request, Instant last_modified,
                              std::string_view now_date);

}  // namespace sitepod::serve
