// What a visitor of a production host chooses to see of its project: another environment by the cookie `sitepod_env`, a
// preview by `sitepod_preview`, each set by a query parameter (deploy API §9). Pure functions; worker threads. Called
// only for requests that have a query or cookies; ordinary ones cost nothing here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "http/request_head.hpp"
#include "http/status_lines.hpp"
#include "serve/answer.hpp"
#include "serve/project_views.hpp"

namespace sitepod::serve {

enum class Transport : bool { Plain, Tls };

// Where the choice is made, and how far its cookies reach.
struct ChoicePlace {
  const ProjectViews* views = nullptr;
  std::string_view cookie_path = "/";
  // Other projects live below this path: the browser sends them this place's cookies too, so that the value must say
  // whose it is.
  bool covers_others = false;
};

// "?env=NAME" or "?preview=SLUG": sends the visitor to the same address without it, with a cookie. "?env=prod" and
// "?preview=" take the cookie back. Nothing when the query has neither, or what it names does not exist: such a
// parameter is the site's own.
struct ChoiceRedirect {
  std::string location;
  std::string set_cookie;
};
std::optional<ChoiceRedirect> find_choice(const http::RequestHead& request, const ChoicePlace& place,
                                          Transport transport, Instant now);
AnswerBody answer_choice(const ChoiceRedirect& redirect, const http::RequestHead& request,
                         const http::StatusLines& status_lines, AfterAnswer after, std::string& head);

// What the cookies choose. Nothing without cookies that count here. A cookie that names nothing (any more)
// is taken back and otherwise ignored.
struct Visit {
  const SiteView* site = nullptr;  // instead of production; null: production
  std::string lines;               // of the answer's head: the cookies taken back
  bool decides = true;             // false: a cookie could have chosen, and none has
};
// Of a request without such a cookie where one could choose: everybody gets this answer, but a cache must not give it
// to somebody who has chosen (RFC 9110 §12.5.5).
extern const Visit kUndecidedVisit;
std::optional<Visit> read_choice(const http::RequestHead& request, const ChoicePlace& place, Transport transport,
                                 Instant now);

}  // namespace sitepod::serve
