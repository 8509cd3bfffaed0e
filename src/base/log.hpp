// Structured log: a constant sentence and fields. Any thread; writes to standard error.
//   log::info("release activated", {{"project", name}, {"image", id}});
// Secrets, tokens, page bodies and full visitor addresses do not enter logs.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace sitepod::log {

enum class Level : std::uint8_t { Debug, Info, Warn, Error };
enum class Format : std::uint8_t { Text, Json };

struct Field {
  std::string_view name;
  std::string value;
  bool is_number = false;

  Field(std::string_view field_name, std::string_view text) : name(field_name), value(text) {}
  Field(std::string_view field_name, const std::string& text) : name(field_name), value(text) {}
  Field(std::string_view field_name, const char* text) : name(field_name), value(text) {}
  template <typename Number>
  requires std::is_arithmetic_v<Number> Field(std::string_view field_name, Number number)
      : name(field_name), value(std::to_string(number)), is_number(true) {}
};

// Called once at start, before other threads exist.
void configure(Level level, Format format);

void write(Level level, std::string_view sentence, std::initializer_list<Field> fields);
inline void debug(std::string_view sentence, std::initializer_list<Field> fields = {}) {
  write(Level::Debug, sentence, fields);
}
inline void info(std::string_view sentence, std::initializer_list<Field> fields = {}) {
  write(Level::Info, sentence, fields);
}
inline void warn(std::string_view sentence, std::initializer_list<Field> fields = {}) {
  write(Level::Warn, sentence, fields);
}
inline void error(std::string_view sentence, std::initializer_list<Field> fields = {}) {
  write(Level::Error, sentence, fields);
}

}  // namespace sitepod::log
