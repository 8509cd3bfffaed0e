#include "api/requests.hpp"

#include "model/names.hpp"

namespace sitepod::api {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;
constexpr std::size_t kMaxMessageBytes = 64 * 1024;

// The entity tag of an environment is the id of its image. "*" is another question.
Result<std::optional<std::string>> parse_if_match(std::string_view value) {
  if (value.empty() || value == "*") return std::optional<std::string>();
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  if (quoted) value = value.substr(1, value.size() - 2);
  if (value.find_first_of("\", ") != std::string_view::npos)
    return invalid_request("If-Match must be one image id as a strong entity tag.");
  return std::optional(std::string(value));
}

}  // namespace

Result<LoginRequest> decode_login(const Fields& fields) {
  LoginRequest request;
  request.email = SITEPOD_TRY(fields.required_text("email"));
  request.password = SITEPOD_TRY(fields.required_text("password"));
  if (request.password.size() > kMaxPasswordBytes)
    return invalid_request("The field \"password\" must be at most 1024 bytes.");
  request.invite = SITEPOD_TRY(fields.text("invite")).value_or("");
  request.setup_token = SITEPOD_TRY(fields.text("setup_token")).value_or("");
  const std::optional<std::string> action = SITEPOD_TRY(fields.text("action"));
  if (!action) return request;
  if (*action == "login")
    request.action = LoginRequest::Action::Login;
  else if (*action == "register")
    request.action = LoginRequest::Action::Register;
  else
    return invalid_request("The field \"action\" must be \"login\" or \"register\".");
  return request;
}

Result<CommitRequest> decode_commit(const Fields& fields) {
  CommitRequest request;
  request.plan_id = SITEPOD_TRY(fields.required_text("plan_id"));
  request.message = SITEPOD_TRY(fields.text("message")).value_or("");
  if (request.message.size() > kMaxMessageBytes)
    return invalid_request("The field \"message\" must be at most 64 KiB.");
  return request;
}

Result<ProjectFields> decode_project(const Fields& fields) {
  ProjectFields project;
  project.id = SITEPOD_TRY(fields.text("project_id")).value_or("");
  project.name = SITEPOD_TRY(fields.text("project")).value_or("");
  if (project.id.empty() && project.name.empty()) return invalid_request("The field \"project\" is required.");
  return project;
}

Result<std::optional<std::string>> find_environment(const Fields& fields) {
  // A script whose variable is not set must not reach production by that.
  for (const std::string_view name : {"environment", "env"})
    if (fields.is_left_empty(name))
      return invalid_request("The field \"" + std::string(name) + "\" must not be empty; leave it out instead.");
  std::optional<std::string> name = SITEPOD_TRY(fields.text_of_either("environment", "env"));
  if (name) name = SITEPOD_TRY(model::parse_environment_name(*name));
  return name;
}

Result<std::string> decode_environment(const Fields& fields) {
  return SITEPOD_TRY(find_environment(fields)).value_or(std::string(model::kProduction));
}

Result<ReleaseFields> decode_release(const Fields& fields, std::string_view if_match) {
  ReleaseFields request;
  request.project = SITEPOD_TRY(decode_project(fields));
  request.environment = SITEPOD_TRY(decode_environment(fields));
  request.image_id = SITEPOD_TRY(fields.text("image_id")).value_or("");
  request.expected_image_id = SITEPOD_TRY(fields.text("expected_image_id"));
  const std::optional<std::string> tag = SITEPOD_TRY(parse_if_match(if_match));
  if (tag && request.expected_image_id && *tag != *request.expected_image_id)
    return invalid_request("If-Match and the field \"expected_image_id\" mean the same and must not differ.");
  if (tag) request.expected_image_id = tag;
  request.expects_any_image = if_match == "*";
  request.source_seq = SITEPOD_TRY(fields.integer("source_seq", 1, INT64_MAX));
  return request;
}

Result<PageFields> decode_page(const Fields& fields, std::int64_t default_limit, std::int64_t max_limit) {
  PageFields page;
  // A larger limit than the greatest one is a wish, not a mistake.
  const std::int64_t wished = SITEPOD_TRY(fields.integer("limit", 1, INT64_MAX)).value_or(default_limit);
  page.limit = std::min(wished, max_limit);
  page.offset = SITEPOD_TRY(fields.integer("offset", 0, INT64_MAX)).value_or(0);
  constexpr std::int64_t kMaxPage = INT64_MAX / 1'000'000;
  const std::optional<std::int64_t> number = SITEPOD_TRY(fields.integer("page", 1, kMaxPage));
  if (number) page.offset = (*number - 1) * page.limit;
  return page;
}

}  // namespace sitepod::api
