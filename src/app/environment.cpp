#include "app/environment.hpp"

#include <cstdlib>
#include <map>

#include "app/settings.hpp"
#include "base/file.hpp"

namespace sitepod::app {
namespace {

constexpr std::uint64_t kMaxSecretBytes = 64u << 10;

using Secrets = std::map<std::string, std::string, std::less<>>;

Result<void> read_secret(const std::string& name, Secrets& secrets) {
  const auto file = environment_variable(name + "_FILE");
  if (name.empty() || !file || file->empty()) return {};
  if (const auto value = environment_variable(name); value && !value->empty())
    return invalid_request(name + " and " + name + "_FILE are both set; set one of them");
  std::string text = SITEPOD_TRY(read_file(*file, kMaxSecretBytes));
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  if (text.empty()) return invalid_request(name + "_FILE: the file " + *file + " is empty");
  secrets.emplace(name, std::move(text));
  return {};
}

}  // namespace

std::optional<std::string> environment_variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value ? std::optional<std::string>(value) : std::nullopt;
}

Result<Environment> read_environment() {
  Secrets secrets;
  for (const Setting& setting : all_settings()) {
    if (!setting.is_secret) continue;
    SITEPOD_TRY(read_secret(std::string(setting.environment), secrets));
    SITEPOD_TRY(read_secret(std::string(setting.other_environment), secrets));
  }
  return Environment([secrets = std::move(secrets)](std::string_view name) {
    const auto secret = secrets.find(name);
    return secret == secrets.end() ? environment_variable(name) : std::optional(secret->second);
  });
}

}  // namespace sitepod::app
