// The answer to a visitor who sends the password of a locked page: a pass and the way back to the page, or the form
// once more. Pool threads; blocks. It changes nothing but what this visitor's browser may read, so that a form on
// another site that posts here gains nothing.
#pragma once

#include <cstdint>
#include <string>

#include "http/api_exchange.hpp"
#include "http/request_head.hpp"
#include "serve/answer.hpp"
#include "serve/data_plane.hpp"
#include "serve/page_pass.hpp"
#include "serve/visit.hpp"

namespace sitepod::serve {

// Copied while the snapshot was at hand.
struct Unlocking {
  PageLock lock;
  std::string page;  // of which site
  Digest form;       // the blob that asks for the password
  std::uint64_t form_bytes = 0;
  std::string path;   // of the page, as it stands in a URL
  std::string query;  // as sent, with its question mark; or empty
  Transport transport = Transport::Plain;
};

// Requires: `form` is an answer to this request of kind Unlock.
Unlocking begin_unlocking(const http::RequestHead& request, const SiteView& site, const AnswerBody& form,
                          Transport transport);
http::ApiResponse unlock(const Unlocking& what, http::ApiRequest& request, const Openings& openings);

}  // namespace sitepod::serve
