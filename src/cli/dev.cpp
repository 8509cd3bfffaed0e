// dev: a folder of markdown as the site that publish would make of it, on this machine.
#include "api/json_writer.hpp"
#include "base/random.hpp"
#include "cli/dev_server.hpp"
#include "cli/exit_code.hpp"
#include "cli/folder_watch.hpp"
#include "cli/publish.hpp"

namespace sitepod::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{1'000};

Result<ServerSettings> make_account(Context& context, const std::string& endpoint) {
  ServerSettings server{endpoint, {}, "the local server"};
  server.token = SITEPOD_TRY(make_client(context, server)->login("site@localhost.test", random_uuid())).token;
  return server;
}

void tell_address(Context& context, const std::string& url, const DevOptions& options) {
  context.console.field("site", url);
  context.console.info("Watching " + options.directory + "; Ctrl-C ends.");
  if (context.console.json()) {
    std::string out;
    api::JsonWriter(out).begin_object().member("url", url).end_object();
    context.console.print(out);
  } else {
    context.console.print(url);
  }
  if (options.open) open_browser(context, url);
}

// The folder's mistakes are told and waited for: the site stays as it was.
std::string show(Context& context, api::ContentClient& content, const DevOptions& options) {
  PublishOptions publishing;
  publishing.prune = true;
  publishing.wait = true;
  publishing.prints_result = false;
  auto folder = load_page_folder(context, options.directory);
  auto shown = folder.ok() ? publish_folder(context, *std::move(folder), content, publishing)
                           : Result<Published>(std::move(folder).error());
  if (shown.ok()) return shown->url;
  if (!interruption()) context.console.fail(shown.error().message);
  return {};
}

}  // namespace

Result<void> dev(Context& context, const DevOptions& options) {
  FolderWatch watch = SITEPOD_TRY(FolderWatch::open(options.directory));
  SITEPOD_TRY(watch.look_around());
  context.console.step("Starting a local server");
  const auto server = SITEPOD_TRY(DevServer::start(options.port));
  const ServerSettings settings = SITEPOD_TRY(make_account(context, server->endpoint()));
  auto client = make_client(context, settings);
  api::ContentClient content(*client, "");
  std::string url;
  for (bool has_changed = true; !interruption(); has_changed = watch.wait(kPatience)) {
    if (server->is_gone())
      return Error{ErrorKind::Internal, "unavailable", "The local server has ended. Start sitepod dev again.", {}, {}};
    if (!has_changed) continue;
    SITEPOD_TRY(watch.look_around());
    const std::string shown = show(context, content, options);
    if (url.empty() && !shown.empty()) tell_address(context, url = shown, options);
  }
  context.console.done("Ended");
  return {};
}

}  // namespace sitepod::cli
