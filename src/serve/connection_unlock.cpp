// The part of a connection that lets a visitor open a locked page.
#include "serve/connection.hpp"
#include "serve/unlock.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

Connection::Step Connection::start_unlock(const http::RequestHead& head, std::size_t head_bytes, const Route& route,
                                          const AnswerBody& form) {
  // Somebody reads the body after all.
  lingers_ = false;
  return start_api_call(
      head, head_bytes,
      [what = begin_unlocking(head, *route.site, form, client_transport(head)),
       &openings = bench_.openings](http::ApiRequest& request) { return unlock(what, request, openings); });
}

}  // namespace sitepod::serve
