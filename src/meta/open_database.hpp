// Opening the database file: created when missing, refused when it is damaged, foreign or of a newer sitepod, brought
// to the newest schema otherwise. Called once, before other threads use the file. Private to the room.
#pragma once

#include <memory>
#include <string>

#include "base/result.hpp"
#include "meta/sqlite_connection.hpp"

namespace sitepod::meta {

// Yields the writing connection.
Result<std::unique_ptr<SqliteConnection>> open_database(const std::string& path);
// PRAGMA integrity_check and foreign_key_check: reads everything.
Result<void> check_whole_database(Session& session);

}  // namespace sitepod::meta
