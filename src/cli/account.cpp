// login, logout, whoami.
#include "api/json_writer.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"

namespace sitepod::cli {
namespace {

struct Credentials {
  std::string email, password;
};

Result<Credentials> credentials_for(Context& context, const std::string& endpoint) {
  auto email = context.environment("SITEPOD_EMAIL"), password = context.environment("SITEPOD_PASSWORD");
  if (email && password) return Credentials{*email, *password};
  if (!context.console.may_ask())
    return Error{
        ErrorKind::Unauthenticated,
        "missing_token",
        "There is no terminal to ask on. Set SITEPOD_EMAIL and SITEPOD_PASSWORD, or give a token in SITEPOD_TOKEN.",
        {},
        {}};
  context.console.info("Logging in to " + endpoint + "; an unknown address makes a new account.");
  Credentials given;
  given.email = SITEPOD_TRY(context.console.ask("E-mail", email.value_or("")));
  given.password = password ? *password : SITEPOD_TRY(context.console.ask_secret("Password"));
  return given;
}

}  // namespace

Error not_logged_in() {
  return {
      ErrorKind::Unauthenticated, "missing_token", "Not logged in. Run 'sitepod login', or set SITEPOD_TOKEN.", {}, {}};
}

std::unique_ptr<api::Client> make_client(Context& context, const ServerSettings& server, Interruptible interruptible) {
  api::ClientSettings settings;
  settings.endpoint = server.endpoint;
  settings.token = server.token;
  if (interruptible == Interruptible::Yes) settings.cancelled = &interruption();
  settings.on_wait = [&console = context.console](std::string_view why) { console.warn(why); };
  return std::make_unique<api::Client>(std::move(settings));
}

Result<std::unique_ptr<api::Client>> make_logged_in_client(Context& context) {
  ServerSettings server = SITEPOD_TRY(context.server());
  if (server.token.empty()) return not_logged_in();
  context.console.detail("server " + server.endpoint + ", token from " + server.token_origin);
  return make_client(context, server);
}

Result<void> login(Context& context) {
  ServerSettings server = SITEPOD_TRY(context.server());
  server.token.clear();
  Credentials given = SITEPOD_TRY(credentials_for(context, server.endpoint));
  api::LoginAnswer answer = SITEPOD_TRY(make_client(context, server)->login(given.email, given.password));
  SITEPOD_TRY(save_login(context.paths(), server.endpoint, answer.token, answer.email));
  context.console.done(answer.created ? "Account created" : "Logged in");
  context.console.field("email", answer.email);
  context.console.field("server", server.endpoint);
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out)
        .begin_object()
        .member("email", answer.email)
        .member("user_id", answer.user_id)
        .member("created", answer.created)
        .member("endpoint", server.endpoint)
        .end_object();
    context.console.print(out);
  }
  return {};
}

Result<void> logout(Context& context) {
  ServerSettings server = SITEPOD_TRY(context.server());
  if (server.token.empty()) return not_logged_in();
  auto revoked = make_client(context, server)->logout();
  // A token that the server does not know any more is as good as revoked; one that it could not be told about is not.
  bool gone =
      revoked.ok() || revoked.error().kind == ErrorKind::Unauthenticated || revoked.error().kind == ErrorKind::NotFound;
  SITEPOD_TRY(forget_login(context.paths(), server.endpoint));
  if (!gone) return std::move(revoked).error();
  context.console.done("Logged out");
  context.console.field("server", server.endpoint);
  if (server.token_origin == "--token" || server.token_origin == "SITEPOD_TOKEN")
    context.console.warn("The revoked token still stands in " + server.token_origin + ".");
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out).begin_object().member("logged_out", true).member("endpoint", server.endpoint).end_object();
    context.console.print(out);
  }
  return {};
}

Result<void> whoami(Context& context) {
  ServerSettings server = SITEPOD_TRY(context.server());
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  api::AccountAnswer account = SITEPOD_TRY(client->account());
  context.console.field("server", server.endpoint);
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out)
        .begin_object()
        .member("id", account.id)
        .member("email", account.email)
        .member("is_admin", account.is_admin)
        .member("endpoint", server.endpoint)
        .end_object();
    context.console.print(out);
  } else {
    context.console.print(account.email);
  }
  return {};
}

}  // namespace sitepod::cli
