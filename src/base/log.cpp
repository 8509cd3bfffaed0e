#include "base/log.hpp"

#include <memory>

#include <fmt/core.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/time.hpp"

namespace sitepod::log {
namespace {

Format g_format = Format::Text;

spdlog::logger& logger() {
  static const std::shared_ptr<spdlog::logger> instance = [] {
    auto made = std::make_shared<spdlog::logger>("sitepod", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    return made;
  }();
  return *instance;
}

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::Debug:
      return spdlog::level::debug;
    case Level::Info:
      return spdlog::level::info;
    case Level::Warn:
      return spdlog::level::warn;
    case Level::Error:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string_view name_of(Level level) {
  constexpr std::string_view kNames[] = {"debug", "info", "warn", "error"};
  return kNames[static_cast<int>(level)];
}

// Quoted with JSON's escapes, so that no value can forge a line or a field.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

std::string render(Level level, std::string_view sentence, std::initializer_list<Field> fields) {
  std::string line;
  bool json = g_format == Format::Json;
  if (json) {
    line = "{\"time\":\"" + to_rfc3339(now()) + "\",\"level\":\"" + std::string(name_of(level)) + "\",\"message\":";
    append_quoted(line, sentence);
  } else {
    line = to_rfc3339(now()) + " " + std::string(name_of(level)) + " " + std::string(sentence);
  }
  for (const Field& field : fields) {
    line += json ? ",\"" : " ";
    line += field.name;
    line += json ? "\":" : "=";
    if (field.is_number)
      line += field.value;
    else
      append_quoted(line, field.value);
  }
  if (json) line += '}';
  return line;
}

}  // namespace

void configure(Level level, Format format) {
  g_format = format;
  logger().set_level(to_spdlog(level));
  logger().flush_on(spdlog::level::debug);
}

void write(Level level, std::string_view sentence, std::initializer_list<Field> fields) {
  auto spdlog_level = to_spdlog(level);
  if (!logger().should_log(spdlog_level)) return;
  logger().log(spdlog_level, render(level, sentence, fields));
}

}  // namespace sitepod::log
