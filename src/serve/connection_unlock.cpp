// The part of a connection that lets a visitor open a locked page.
#include "serve/connection.hpp"
#include "serve/unlock.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

Connection::Step Connection::start_unlock(const http::RequestHead& head, std::size_t head_bytes, const Route& route,
                                          const AnswerBody& form) {
  // Somebody reads the body after all.
  lingers_ = false;
  const Step step = start_api_call(
      head, head_bytes,
      [what = begin_unlocking(head, *route.site, form, client_transport(head)),
       &openings = bench_.openings](http::ApiRequest& request) { return unlock(what, request, openings); });
  const SiteView& site = *route.site;
  api_->visited = std::make_unique<Visited>(Visited{&bench_.meters.at(site.meter), site.project, site.image_id});
  return step;
}

}  // namespace sitepod::serve
