#include "api/problem.hpp"

#include "api/json_writer.hpp"

namespace sitepod::api {
namespace {

void write_members(JsonWriter& json, const Error& error) {
  json.member("error", error.code.empty() ? std::string_view("internal") : error.code.view());
  json.member("message",
              error.message.empty() ? std::string_view("The request failed.") : std::string_view(error.message));
  for (const auto& [name, value] : error.details) json.member(name, value);
}

}  // namespace

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Invalid:
      return 400;
    case ErrorKind::Unauthenticated:
      return 401;
    case ErrorKind::Forbidden:
      return 403;
    case ErrorKind::NotFound:
      return 404;
    case ErrorKind::Conflict:
      return 409;
    case ErrorKind::Gone:
      return 410;
    case ErrorKind::TooLarge:
      return 413;
    case ErrorKind::Unsupported:
      return 415;
    case ErrorKind::RateLimited:
      return 429;
    case ErrorKind::Unavailable:
      return 503;
    case ErrorKind::StorageFull:
      return 507;
    case ErrorKind::Internal:
      return 500;
  }
  return 500;
}

std::string encode_problem(const Error& error) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_members(json, error);
  json.end_object();
  return body;
}

std::string encode_problem(const Error& error, std::span<const std::string> missing) {
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  write_members(json, error);
  json.key("missing").begin_array();
  for (const std::string& name : missing) json.value(name);
  json.end_array().end_object();
  return body;
}

}  // namespace sitepod::api
