// traffic: what visitors got this month, and the cap on it.
#include <charconv>

#include "api/json_writer.hpp"
#include "cli/command.hpp"
#include "cli/exit_code.hpp"

namespace sitepod::cli {
namespace {

constexpr std::int64_t kMostBytes = std::int64_t{1} << 60;

// "5000", "750MB", "2TB"; units are powers of 1000, as traffic is sold.
std::optional<std::int64_t> parse_bytes(std::string_view text) {
  std::int64_t number = 0;
  const auto [stop, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || number < 0) return std::nullopt;
  std::int64_t unit = 1;
  const std::string_view name = text.substr(static_cast<std::size_t>(stop - text.data()));
  for (const std::string_view known : {"", "KB", "MB", "GB", "TB"}) {
    if (name == known) return number <= kMostBytes / unit ? std::optional(number * unit) : std::nullopt;
    unit *= 1000;
  }
  return std::nullopt;
}

}  // namespace

Result<void> traffic(Context& context, const TrafficOptions& options) {
  std::optional<std::int64_t> cap;
  if (options.cap) {
    cap = *options.cap == "none" ? std::optional<std::int64_t>(0) : parse_bytes(*options.cap);
    if (!cap) return usage("--cap must be bytes such as 5000, 750MB, 100GB or 2TB, or none.");
  }
  const std::string project = SITEPOD_TRY(project_here(context, options.project));
  auto client = SITEPOD_TRY(make_logged_in_client(context));
  const api::TrafficAnswer answer =
      cap ? SITEPOD_TRY(client->set_traffic_cap(project, *cap, options.action)) : SITEPOD_TRY(client->traffic(project));
  Console& console = context.console;
  if (console.json()) {
    std::string out;
    api::JsonWriter(out)
        .begin_object()
        .member("project", project)
        .member("month", answer.month)
        .member("bytes", answer.bytes)
        .member("cap_bytes", answer.cap_bytes)
        .member("action", answer.action)
        .member("state", answer.state)
        .member("resets_at", answer.resets_at)
        .end_object();
    console.print(out);
    return {};
  }
  if (cap) console.done(*cap > 0 ? "Cap set" : "Cap lifted");
  console.field("month", answer.month);
  if (answer.cap_bytes > 0) console.field("cap", std::to_string(answer.cap_bytes) + " bytes, then " + answer.action);
  console.field("state", answer.state);
  console.print(std::to_string(answer.bytes));
  return {};
}

}  // namespace sitepod::cli
