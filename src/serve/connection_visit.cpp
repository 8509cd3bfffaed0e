// The part of a connection that lets a visitor see another environment or a preview in place of production.
#include "base/time.hpp"
#include "serve/connection.hpp"
#include "serve/visit.hpp"
#include "serve/workbench.hpp"

namespace sitepod::serve {

Connection::Step Connection::answer_visit(const http::RequestHead& head, std::size_t head_bytes, const Route& route,
                                          AfterAnswer after) {
  const Transport transport = client_transport(head);
  const Instant time = now();
  const bool is_read = head.method == http::Method::Get || head.method == http::Method::Head;
  if (is_read && head.has_query) {
    if (const auto redirect = find_choice(head, route.choice, transport, time)) {
      std::string& text = bench_.output.text();
      const std::size_t text_before = text.size();
      answer_choice(*redirect, head, bench_.status_lines, after, text);
      note_answer(&head, route.site, text_before, 0);
      bench_.input.consume(head_bytes);
      if (after == AfterAnswer::Close) closes_ = true;
      return Step::Continue;
    }
  }
  const std::optional<Visit> visit = read_choice(head, route.choice, transport, time);
  Route chosen = route;
  if (visit) chosen.visit = &*visit;
  if (visit && visit->site) chosen.site = visit->site;
  return answer_view(head, head_bytes, chosen, after);
}

}  // namespace sitepod::serve
