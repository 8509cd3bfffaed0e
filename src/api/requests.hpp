// The small requests of the deploy API, decoded from JSON body and query into values whose fields have passed their
// rules (deploy API §3, §5, §6, §8). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/fields.hpp"
#include "base/result.hpp"

namespace sitepod::api {

struct LoginRequest {
  std::string email;
  std::string password;
  enum class Action : std::uint8_t { LoginOrRegister, Login, Register } action = Action::LoginOrRegister;
  std::string invite;
  std::string setup_token;
};
Result<LoginRequest> decode_login(const Fields& fields);

struct CommitRequest {
  std::string plan_id;
  std::string message;
};
Result<CommitRequest> decode_commit(const Fields& fields);

// A project by "project" (name) or "project_id"; exactly one is filled, the id wins.
struct ProjectFields {
  std::string name;
  std::string id;
};
Result<ProjectFields> decode_project(const Fields& fields);
// "environment" or "env", parsed; nothing when absent. Empty is an error.
Result<std::optional<std::string>> find_environment(const Fields& fields);
// The same; "prod" when absent.
Result<std::string> decode_environment(const Fields& fields);

// Both /release and /rollback.
struct ReleaseFields {
  ProjectFields project;
  std::string environment;
  std::string image_id;
  std::optional<std::string> expected_image_id;
  bool expects_any_image = false;  // If-Match: *
  std::optional<std::int64_t> source_seq;
};
// `if_match`: the header's value; the image id as a strong entity tag, or bare.
Result<ReleaseFields> decode_release(const Fields& fields, std::string_view if_match);

struct PageFields {
  std::int64_t limit = 0;
  std::int64_t offset = 0;
};
// "limit" and "offset", or "page" counted from 1.
Result<PageFields> decode_page(const Fields& fields, std::int64_t default_limit, std::int64_t max_limit);

}  // namespace sitepod::api
