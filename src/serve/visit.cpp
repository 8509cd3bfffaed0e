#include "serve/visit.hpp"

#include <algorithm>
#include <array>

#include "http/cookie.hpp"
#include "http/target.hpp"
#include "model/names.hpp"
#include "serve/answer_head.hpp"
#include "serve/request_fields.hpp"
#include "serve/snapshot.hpp"

namespace sitepod::serve {
namespace {

// The two things that can be chosen. A preview is the narrower wish and counts more.
struct Wish {
  std::string_view parameter;
  std::string_view cookie;
  std::string_view max_age;
  bool is_preview;
};
constexpr Wish kEnvironmentWish{"env", "sitepod_env", "3600", false};
constexpr Wish kPreviewWish{"preview", "sitepod_preview", "86400", true};

const SiteView* find_view(const Wish& wish, const ProjectViews& views, std::string_view name, Instant now) {
  return wish.is_preview ? views.find_preview(name, now) : views.find_environment(name);
}

// `value` empty: takes the cookie back.
std::string cookie_line(const Wish& wish, std::string_view value, const ChoicePlace& place, Transport transport) {
  std::string line = "Set-Cookie: ";
  line.append(wish.cookie).append("=").append(value);
  if (!value.empty() && place.covers_others) line.append("@").append(place.cookie_path);
  line.append("; Path=").append(place.cookie_path);
  line.append("; Max-Age=").append(value.empty() ? "0" : wish.max_age).append("; HttpOnly; SameSite=Lax");
  if (transport == Transport::Tls) line.append("; Secure");
  return line.append("\r\n");
}

// Calls `visit` for each parameter of the query, as sent.
template <typename Visitor>
void each_parameter(std::string_view query, Visitor visit) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    visit(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
}

bool is_named(std::string_view parameter, std::string_view name) {
  return parameter.starts_with(name) && (parameter.size() == name.size() || parameter[name.size()] == '=');
}

std::string without_parameter(std::string_view query, std::string_view name) {
  std::string rest;
  each_parameter(query, [&](std::string_view parameter) {
    if (is_named(parameter, name)) return;
    if (!rest.empty()) rest += '&';
    rest += parameter;
  });
  return rest;
}

// The parameter's value as sent; the first counts. Names of environments and previews need no encoding.
std::optional<std::string_view> parameter_of(std::string_view query, std::string_view name) {
  std::optional<std::string_view> value;
  each_parameter(query, [&](std::string_view parameter) {
    if (!value && is_named(parameter, name)) value = parameter.substr(std::min(name.size() + 1, parameter.size()));
  });
  return value;
}

// The same path, in the one spelling that no browser takes for another host's address. Nothing: the path is no text.
std::optional<std::string> same_path(std::string_view path) {
  std::string buffer(path.size(), '\0');
  const auto decoded = http::decode_path(path, buffer);
  if (!decoded) return std::nullopt;
  return http::encode_path(*decoded);
}

// A cookie's value, when the cookie was set for this place: "beta", or "beta@/docs" where sites lie inside each other.
std::optional<std::string_view> value_for(std::string_view value, const ChoicePlace& place) {
  const std::size_t at = value.find('@');
  if (at == std::string_view::npos) return value;
  if (value.substr(at + 1) != place.cookie_path) return std::nullopt;
  return value.substr(0, at);
}

// Browsers send the cookie of the longest path first (RFC 6265 §5.4).
std::optional<std::string_view> find_cookie(const http::RequestHead& request, const Wish& wish,
                                            const ChoicePlace& place) {
  std::optional<std::string_view> found;
  any_line(request, http::Known::Cookie, "Cookie", [&](std::string_view field) {
    for (http::CookieReader cookies(field); !found && cookies.next();)
      if (cookies.name() == wish.cookie) found = value_for(cookies.value(), place);
    return found.has_value();
  });
  return found;
}

// Follows one cookie: the view it names, or its end.
void follow(const Wish& wish, const http::RequestHead& request, const ChoicePlace& place, Transport transport,
            Instant now, std::optional<Visit>& visit) {
  const auto name = find_cookie(request, wish, place);
  if (!name || (!wish.is_preview && *name == model::kProduction)) return;
  if (!visit) visit.emplace();
  const SiteView* view = find_view(wish, *place.views, *name, now);
  if (!view) visit->lines += cookie_line(wish, {}, place, transport);
  if (!visit->site) visit->site = view;
}

}  // namespace

const Visit kUndecidedVisit{nullptr, {}, false};

std::optional<ChoiceRedirect> find_choice(const http::RequestHead& request, const ChoicePlace& place,
                                          Transport transport, Instant now) {
  for (const Wish& wish : {kEnvironmentWish, kPreviewWish}) {
    const auto name = parameter_of(request.query, wish.parameter);
    if (!name) continue;
    const bool takes_back = name->empty() || (!wish.is_preview && *name == model::kProduction);
    if (!takes_back && !find_view(wish, *place.views, *name, now)) continue;
    auto location = same_path(request.path);
    if (!location) return std::nullopt;
    if (const std::string rest = without_parameter(request.query, wish.parameter); !rest.empty())
      location->append("?").append(rest);
    return ChoiceRedirect{*std::move(location), cookie_line(wish, takes_back ? "" : *name, place, transport)};
  }
  return std::nullopt;
}

AnswerBody answer_choice(const ChoiceRedirect& redirect, const http::RequestHead& request,
                         const http::StatusLines& status_lines, AfterAnswer after, std::string& head) {
  AnswerHead(frame_for(request, status_lines, after), 302, head)
      .line("Location: ", redirect.location)
      .lines(redirect.set_cookie)
      .lines("Cache-Control: private, no-store\r\n")
      .content_length(0)
      .finish();
  return {};
}

std::optional<Visit> read_choice(const http::RequestHead& request, const ChoicePlace& place, Transport transport,
                                 Instant now) {
  std::optional<Visit> visit;
  follow(kPreviewWish, request, place, transport, now, visit);
  follow(kEnvironmentWish, request, place, transport, now, visit);
  return visit;
}

}  // namespace sitepod::serve
