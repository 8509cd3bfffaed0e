// The page behind the link that an admin gives to who has forgotten a password, and the same for programs. The page has
// no script and nothing from elsewhere, so that nobody but this server sees its address.
#include <array>

#include "control/rooms.hpp"
#include "http/target.hpp"

namespace sitepod::control {
namespace {

Result<http::ApiResponse> show_form(Call& call);
Result<http::ApiResponse> take_form(Call& call);
Result<http::ApiResponse> reset_password(Call& call);

}  // namespace

void add_password_reset_routes(std::vector<Route>& routes) {
  routes.push_back({http::Method::Get, "/reset-password/{code}", Access::everyone(), show_form});
  routes.push_back({http::Method::Post, "/reset-password/{code}", Access::everyone(), take_form});
  routes.push_back({http::Method::Post, "/api/v1/auth/reset-password", Access::everyone(), reset_password});
}

namespace {

constexpr std::size_t kMaxFormBytes = 8 * 1024;

constexpr std::string_view kPageHead = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>New password</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:24rem;margin:4rem auto;padding:0 1rem}input,button{font:inherit;display:block;width:100%;box-sizing:border-box;padding:.5em;margin:.25em 0 1em}</style>
</head>
<body>
<h1>New password</h1>
)";
constexpr std::string_view kForm = R"(<form method="post">
<label for="password">New password, at least 8 characters</label>
<input id="password" name="password" type="password" minlength="8" maxlength="1024" autocomplete="new-password" required autofocus>
<button>Set the password</button>
</form>
)";
constexpr std::string_view kPageEnd = "</body>\n</html>\n";

// `sentence` is ours: it repeats nothing of the request.
http::ApiResponse page(int status, std::string_view sentence, std::string_view rest) {
  http::ApiResponse response{status, {}, std::string(kPageHead), {}, false};
  if (!sentence.empty()) response.body.append("<p>").append(sentence).append("</p>\n");
  response.body.append(rest).append(kPageEnd);
  response.headers = {{"Content-Type", "text/html; charset=utf-8"},
                      {"Cache-Control", "no-store"},
                      {"Referrer-Policy", "no-referrer"},
                      {"X-Robots-Tag", "noindex"},
                      {"Content-Security-Policy",
                       "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"}};
  return response;
}

// Says nothing about the code: asking costs no look into the database.
Result<http::ApiResponse> show_form(Call&) { return page(200, "", kForm); }

Result<std::string> read_form(http::ApiRequest& request) {
  std::string text;
  std::array<char, 4096> piece;
  while (const std::size_t count = SITEPOD_TRY(request.body->read(std::as_writable_bytes(std::span(piece))))) {
    text.append(piece.data(), count);
    if (text.size() > kMaxFormBytes) return payload_too_large(kMaxFormBytes);
  }
  return text;
}

Result<http::ApiResponse> take_form(Call& call) {
  const std::string form = SITEPOD_TRY(read_form(call.request));
  const std::string password = http::query_parameter(form, "password").value_or("");
  const auto done =
      call.rooms.identity.reset_password(call.parameters[0], password, call.request.peer_address, call.now);
  if (done.ok()) return page(200, "Your password is set. Log in with it; every earlier login has ended.", "");
  switch (done.error().kind) {
    case ErrorKind::Invalid:
      return page(400, done.error().message, kForm);
    case ErrorKind::RateLimited:
      return page(429, done.error().message, kForm);
    default:
      return done.error();
  }
}

Result<http::ApiResponse> reset_password(Call& call) {
  const Body body = SITEPOD_TRY(Body::read(call.request));
  const api::Fields fields = body.fields_of_body();
  const std::string code = SITEPOD_TRY(fields.required_text("code"));
  const std::string password = SITEPOD_TRY(fields.required_text("password"));
  SITEPOD_TRY(call.rooms.identity.reset_password(code, password, call.request.peer_address, call.now));
  return json_response(200, R"({"message":"The password is set; every login has ended."})");
}

}  // namespace
}  // namespace sitepod::control
