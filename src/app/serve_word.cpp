#include "app/serve_word.hpp"

#include <systemd/sd-daemon.h>

#include <chrono>
#include <cstdio>

#include <fmt/format.h>

#include "app/config.hpp"
#include "app/environment.hpp"
#include "app/process.hpp"
#include "app/serve_arguments.hpp"
#include "app/server.hpp"
#include "base/file.hpp"
#include "base/log.hpp"

namespace sitepod::app {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kDrainPatience = 30s;
constexpr std::chrono::milliseconds kDatabaseRetry = 5s;
constexpr std::uint64_t kMaxConfigFileBytes = 1u << 20;
constexpr int kFailure = 1;
constexpr int kUsageError = 2;

int complain(const std::string& sentence, int exit_status) {
  std::fprintf(stderr, "sitepod serve: %s\n", sentence.c_str());
  return exit_status;
}

std::string describe(const Error& error) {
  return error.context.empty() || error.kind == ErrorKind::Conflict ? error.message : error.context;
}

Result<ConfigSources> collect_sources(const ServeArguments& arguments) {
  ConfigSources sources;
  sources.flags = arguments.flags;
  sources.environment = SITEPOD_TRY(read_environment());
  auto file = arguments.config_file ? arguments.config_file : environment_variable("SITEPOD_CONFIG_FILE");
  if (file && !file->empty()) sources.file = {*file, SITEPOD_TRY(read_file(*file, kMaxConfigFileBytes))};
  return sources;
}

std::string format_url(std::string_view scheme, std::string host, std::uint16_t port) {
  if (host == "0.0.0.0") host = "127.0.0.1";
  if (host == "::") host = "::1";
  return host.find(':') == std::string::npos ? fmt::format("{}://{}:{}", scheme, host, port)
                                             : fmt::format("{}://[{}]:{}", scheme, host, port);
}

// "http://127.0.0.1:8080 and https://127.0.0.1:8443"
std::string format_urls(const Server& server, const ServerConfig& config) {
  std::string urls = format_url("http", config.listen_host, server.port());
  if (config.speaks_https()) urls += " and " + format_url("https", config.https_host, server.https_port());
  return urls;
}

void announce_ready(const Server& server, const ServerConfig& config) {
  std::string url = format_urls(server, config);
  fmt::print("sitepod ready at {} (domain {})\n", url, server.domain());
  std::fflush(stdout);
  log::info("server ready", {{"version", SITEPOD_VERSION},
                             {"url", url},
                             {"domain", server.domain()},
                             {"data", config.data_dir},
                             {"database", "sqlite"},
                             {"storage", config.storage_type}});
  if (!config.admin_host.empty())
    log::info("admin address", {{"url", format_url("http", config.admin_host, server.admin_port())}});
  ::sd_notifyf(0, "READY=1\nSTATUS=ready at %s", url.c_str());
}

// How long the main thread may sleep between two signs of life for systemd.
std::chrono::milliseconds watchdog_interval() {
  std::uint64_t microseconds = 0;
  if (::sd_watchdog_enabled(0, &microseconds) <= 0) return 1h;
  return std::chrono::milliseconds(std::max<std::uint64_t>(microseconds / 2000, 100));
}

void announce_sites_only(const Server& server, const ServerConfig& config, const std::string& reason) {
  fmt::print("sitepod serves the last snapshot only at {} (domain {}): {}\n", format_urls(server, config),
             server.domain(), reason);
  std::fflush(stdout);
  log::error("the database does not open; sites are served as they were last, the API answers unavailable",
             {{"reason", reason}});
}

// Tries the database until it opens; false: a signal asked to end first.
bool open_database_eventually(Server& server, const ServerConfig& config) {
  std::string last_reason;
  for (;;) {
    auto opened = server.open_control();
    if (opened.ok()) {
      announce_ready(server, config);
      return true;
    }
    std::string reason = describe(opened.error());
    if (reason != last_reason) announce_sites_only(server, config, reason);
    last_reason = std::move(reason);
    ::sd_notify(0, "READY=1\nWATCHDOG=1\nSTATUS=serving the last snapshot; the database does not open");
    for (int signal = next_signal(kDatabaseRetry); signal != 0; signal = next_signal(kDatabaseRetry))
      if (signal == SIGHUP)
        server.look_around();
      else
        return false;
  }
}

void wait_for_the_end(Server& server) {
  std::chrono::milliseconds interval = watchdog_interval();
  for (;;) {
    int signal = next_signal(interval);
    if (signal == SIGTERM || signal == SIGINT) return;
    if (signal == SIGHUP) server.look_around();
    ::sd_notify(0, "WATCHDOG=1");
  }
}

int serve(const LoadedConfig& loaded) {
  Server server(loaded);
  if (auto started = server.start_sites(); !started.ok()) {
    server.stop(0ms);
    return complain(describe(started.error()), kFailure);
  }
  bool must_have_database = !server.has_sites();
  if (must_have_database) {
    if (auto opened = server.open_control(); !opened.ok()) {
      server.stop(0ms);
      return complain(describe(opened.error()), kFailure);
    }
    announce_ready(server, loaded.config);
    wait_for_the_end(server);
  } else if (open_database_eventually(server, loaded.config)) {
    wait_for_the_end(server);
  }
  ::sd_notify(0, "STOPPING=1");
  log::info("server stops; requests in flight finish first", {});
  server.stop(kDrainPatience);
  return 0;
}

}  // namespace

int run_serve(int argc, char** argv) {
  int exit_status = 0;
  auto arguments = parse_serve_arguments(argc, argv, exit_status);
  if (!arguments) return exit_status;
  auto sources = collect_sources(*arguments);
  if (!sources.ok()) return complain(describe(sources.error()), kUsageError);
  LoadedConfig loaded = load_config(*sources);
  for (const std::string& problem : loaded.problems) complain(problem, kUsageError);
  if (!loaded.problems.empty()) return kUsageError;
  if (arguments->print_config) {
    fmt::print("{}", print_config(loaded));
    return 0;
  }
  log::configure(loaded.config.log_level, loaded.config.log_format);
  prepare_process();
  return serve(loaded);
}

}  // namespace sitepod::app
