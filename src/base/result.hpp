// A value or the reason why there is none. std::expected of g++ 12 lacks the monadic members and clang 14 cannot
// compile it. A value; any thread. Nothing here throws: asking for the value of a failure ends the process (our own
// mistake).
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "base/check.hpp"
#include "base/error.hpp"

namespace sitepod {

template <typename T = void>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    SITEPOD_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    SITEPOD_CHECK(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    SITEPOD_CHECK(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  Error& error() & {
    SITEPOD_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  const Error& error() const& {
    SITEPOD_CHECK(!ok());
    return *std::get_if<1>(&state_);
  }
  Error&& error() && {
    SITEPOD_CHECK(!ok());
    return std::move(*std::get_if<1>(&state_));
  }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit on purpose

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  void value() const { SITEPOD_CHECK(ok()); }

  Error& error() & {
    SITEPOD_CHECK(!ok());
    return *error_;
  }
  const Error& error() const& {
    SITEPOD_CHECK(!ok());
    return *error_;
  }
  Error&& error() && {
    SITEPOD_CHECK(!ok());
    return std::move(*error_);
  }

 private:
  std::optional<Error> error_;
};

}  // namespace sitepod

// auto image = SITEPOD_TRY(load_image(id));   returns the error from the enclosing function, else yields the value.
#define SITEPOD_TRY(expression)                                                 \
  ({                                                                            \
    auto sitepod_try_result = (expression);                                     \
    if (!sitepod_try_result.ok()) return std::move(sitepod_try_result).error(); \
    std::move(sitepod_try_result).value();                                      \
  })

// The same, adding what was being done to the context of the error.
#define SITEPOD_TRY_WITH(expression, what)                                                 \
  ({                                                                                       \
    auto sitepod_try_result = (expression);                                                \
    if (!sitepod_try_result.ok()) return std::move(sitepod_try_result).error().with(what); \
    std::move(sitepod_try_result).value();                                                 \
  })
