// One SQL session: statements with bound values on one connection, inside one transaction.
// The seam between engines (SQLite now, PostgreSQL later): SQL is plain text that both understand, values are always
// bound by name (":project"), times are milliseconds, digests are 32-byte blobs. One thread at a time. Engine types
// stay in the .cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace sitepod::meta {

struct Null {};
// A borrowed value to bind; it must outlive the call it is passed to.
class Value {
 public:
  Value(Null) : value_(Null{}) {}
  Value(std::int64_t number) : value_(number) {}
  Value(int number) : value_(std::int64_t{number}) {}
  Value(std::uint64_t number) : value_(static_cast<std::int64_t>(number)) {}
  Value(bool flag) : value_(std::int64_t{flag}) {}
  Value(std::string_view text) : value_(text) {}
  Value(const std::string& text) : value_(std::string_view(text)) {}
  Value(const char* text) : value_(std::string_view(text)) {}
  Value(const Digest& digest)
      : value_(Bytes{std::string_view(reinterpret_cast<const char*>(digest.bytes.data()), 32)}) {}
  Value(Instant instant) : value_(instant.unix_ms) {}
  template <typename T>
  Value(const std::optional<T>& optional) : value_(optional ? Value(*optional).value_ : Variant(Null{})) {}
  static Value bytes(std::string_view data) {
    Value v{Null{}};
    v.value_ = Bytes{data};
    return v;
  }

  struct Bytes {
    std::string_view data;
  };
  using Variant = std::variant<Null, std::int64_t, std::string_view, Bytes>;
  const Variant& get() const { return value_; }

 private:
  Variant value_;
};

struct Parameter {
  std::string_view name;  // without the colon
  Value value;
};

// The current row of a query; views are valid until the row function returns.
class Row {
 public:
  virtual ~Row() = default;
  virtual bool is_null(int column) const = 0;
  virtual std::int64_t integer(int column) const = 0;
  virtual std::string_view text(int column) const = 0;  // also bytes
  std::string string(int column) const { return std::string(text(column)); }
  std::uint64_t size(int column) const { return static_cast<std::uint64_t>(integer(column)); }
  bool flag(int column) const { return integer(column) != 0; }
  Instant instant(int column) const { return {integer(column)}; }
  std::optional<Instant> optional_instant(int column) const {
    return is_null(column) ? std::nullopt : std::optional(instant(column));
  }
  Digest digest(int column) const;  // Requires: a 32-byte blob
};

class Session {
 public:
  virtual ~Session() = default;
  // Runs a statement; yields the number of rows changed. A broken unique or primary key is kind Conflict, code
  // "conflict".
  virtual Result<std::int64_t> execute(std::string_view sql, std::initializer_list<Parameter> parameters = {}) = 0;
  // Calls `each` per row; it returns false to stop early.
  virtual Result<void> query(std::string_view sql, std::initializer_list<Parameter> parameters,
                             const std::function<bool(const Row&)>& each) = 0;
};

}  // namespace sitepod::meta
