#include "cli/builds.hpp"

#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "cli/exit_code.hpp"
#include "cli/site.hpp"

namespace sitepod::cli {
namespace {

using std::chrono::milliseconds;

// The server takes 120 requests in a minute.
constexpr milliseconds kFirstPause{50};
constexpr milliseconds kLongestPause{1'000};

}  // namespace

Result<api::BuildAnswer> wait_for_build(Context& context, api::ContentClient& content) {
  context.console.step("Waiting for the build");
  for (milliseconds pause = kFirstPause;; pause = std::min(pause * 3 / 2, kLongestPause)) {
    api::BuildAnswer build = SITEPOD_TRY(content.latest_build());
    if (build.is_over()) return build;
    for (milliseconds left = pause; left > milliseconds(0); left -= kFirstPause) {
      if (interruption()) return interrupted();
      std::this_thread::sleep_for(std::min(left, kFirstPause));
    }
  }
}

Result<void> tell_build(Context& context, const api::BuildAnswer& build) {
  if (build.status == "failed")
    return invalid("build_failed", "The build failed and the site stays as it was: " + build.error)
        .detail("build", build.id);
  for (const api::BuildAnswer::Link& link : build.broken_links)
    context.console.warn(fmt::format("{}:{}: the link {} leads nowhere", link.page, link.line, link.target));
  context.console.done(fmt::format("Built in {:.2f} s", static_cast<double>(build.duration_ms) / 1000));
  return {};
}

void write_build(api::JsonWriter& json, const api::BuildAnswer& build) {
  json.member("id", build.id).member("status", build.status).member("triggered_by", build.triggered_by);
  json.member("duration_ms", build.duration_ms);
  if (!build.error.empty()) json.member("error", build.error);
  if (!build.image_id.empty()) json.member("image_id", build.image_id);
  json.key("broken_links").begin_array();
  for (const api::BuildAnswer::Link& link : build.broken_links)
    json.begin_object().member("page", link.page).member("line", link.line).member("target", link.target).end_object();
  json.end_array();
}

Result<void> build(Context& context, const BuildOptions& options) {
  Site site = SITEPOD_TRY(open_site_content(context, options.project));
  context.console.step("Asking for a build");
  const std::string url = SITEPOD_TRY(site.content->start_build());
  std::optional<api::BuildAnswer> ended;
  if (options.wait) {
    ended = SITEPOD_TRY(wait_for_build(context, *site.content));
    SITEPOD_TRY(tell_build(context, *ended));
  } else {
    context.console.done("The build is queued");
  }
  if (!context.console.json()) {
    context.console.print(url);
    return {};
  }
  std::string out;
  api::JsonWriter json(out);
  json.begin_object().member("url", url).key("build").begin_object();
  if (ended)
    write_build(json, *ended);
  else
    json.member("status", "queued");
  json.end_object().end_object();
  context.console.print(out);
  return {};
}

}  // namespace sitepod::cli
