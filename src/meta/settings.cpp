#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {

Result<std::optional<std::string>> find_setting(Session& session, std::string_view key) {
  auto read_value = [](const Row& row) { return row.string(0); };
  return find_one<std::string>(session, read_value, "SELECT value FROM settings WHERE key = :key", {{"key", key}});
}

Result<void> put_setting(Session& session, std::string_view key, std::string_view value) {
  return run(
      session,
      "INSERT INTO settings (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      {{"key", key}, {"value", value}});
}

}  // namespace sitepod::meta
