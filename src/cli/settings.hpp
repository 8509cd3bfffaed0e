// Where settings come from: flag > environment > project file > user file > default (docs/cli.md). Values; one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace sitepod::cli {

inline constexpr std::string_view kDefaultEndpoint = "https://app.sitepod.dev";

// Reads one variable of the environment; unset and empty are the same.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment process_environment();

// The files of the user.
struct UserPaths {
  std::string config;       // SITEPOD_CONFIG, else $XDG_CONFIG_HOME/sitepod/config.toml
  std::string credentials;  // beside it, mode 0600, keyed by endpoint
  std::string legacy;       // ~/.sitepod/config.toml of SitePod 0.2: read, never written
  std::string hash_cache;   // $XDG_CACHE_HOME/sitepod/hashes
};
UserPaths user_paths(const Environment& environment);

// sitepod.toml of a project. Sections that the server or later versions read are passed over; a wrong type is an error.
struct ProjectFile {
  std::string path;    // empty: there is none
  std::string folder;  // that holds it
  std::string name;
  std::string subdomain;  // that the project gets at its first deploy; empty: made from its name
  std::string directory;
  std::string routing_domain, routing_slug;  // of routing_mode "path"; empty: subdomain
  std::optional<std::vector<std::string>> ignore;
  std::optional<std::int64_t> concurrent;
};
// Absent is fine: an empty ProjectFile.
Result<ProjectFile> load_project_file(const std::string& folder);
// The text of a sitepod.toml with its name, subdomain, directory and routing.
std::string render_project_file(const ProjectFile& file);

struct ServerFlags {
  std::string endpoint;  // empty: not given
  std::string token;
};

struct ServerSettings {
  std::string endpoint;      // without a slash at its end
  std::string token;         // empty: not logged in
  std::string token_origin;  // for people: "--token", "SITEPOD_TOKEN" or a file
};
// A token in a file belongs to the endpoint that it was given for and is sent nowhere else.
Result<ServerSettings> resolve_server(const ServerFlags& flags, const Environment& environment, const UserPaths& paths);

// http or https, a host, no credentials, query or fragment; yields it without slashes at its end.
Result<std::string> parse_endpoint(std::string_view endpoint);

// Both create the folder with mode 0700. save_login also makes the endpoint the user's default.
Result<void> save_login(const UserPaths& paths, std::string_view endpoint, std::string_view token,
                        std::string_view email);
// Takes the token out of every file; forget_server the endpoint too. Files that are empty then are removed.
Result<void> forget_login(const UserPaths& paths, std::string_view endpoint);
Result<void> forget_server(const UserPaths& paths, std::string_view endpoint);

// The name of a project: flag > SITEPOD_SITE > sitepod.toml > the folder's name (the parent's for dist, build, out, …).
struct ProjectName {
  std::string name;
  bool guessed = false;  // from a folder
};
ProjectName resolve_project(std::string_view flag, const Environment& environment, const ProjectFile& file,
                            const std::string& directory);

// The folder to deploy: the argument, else [build] directory, else the first of dist, build, out, public, .next,
// .output that is there, else ".".
std::string resolve_directory(std::string_view argument, const ProjectFile& file);

}  // namespace sitepod::cli
