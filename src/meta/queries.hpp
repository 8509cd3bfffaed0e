// The three shapes that almost every query has: one row or none, all rows, one number. Private to the room.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "meta/session.hpp"

namespace sitepod::meta {

template <typename T>
Result<std::optional<T>> find_one(Session& session, T (*read)(const Row&), std::string_view sql,
                                  std::initializer_list<Parameter> parameters) {
  std::optional<T> found;
  SITEPOD_TRY(session.query(sql, parameters, [&](const Row& row) {
    found.emplace(read(row));
    return false;
  }));
  return found;
}

template <typename T>
Result<std::vector<T>> find_all(Session& session, T (*read)(const Row&), std::string_view sql,
                                std::initializer_list<Parameter> parameters) {
  std::vector<T> found;
  SITEPOD_TRY(session.query(sql, parameters, [&](const Row& row) {
    found.push_back(read(row));
    return true;
  }));
  return found;
}

// The first column of the first row; 0 when there is none.
inline Result<std::int64_t> find_number(Session& session, std::string_view sql,
                                        std::initializer_list<Parameter> parameters = {}) {
  std::int64_t number = 0;
  SITEPOD_TRY(session.query(sql, parameters, [&](const Row& row) {
    number = row.integer(0);
    return false;
  }));
  return number;
}

// For statements whose count of changed rows does not matter.
inline Result<void> run(Session& session, std::string_view sql, std::initializer_list<Parameter> parameters) {
  SITEPOD_TRY(session.execute(sql, parameters));
  return {};
}

}  // namespace sitepod::meta
