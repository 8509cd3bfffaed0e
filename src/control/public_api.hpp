// What the endpoints below /api/v1/public share: who may come in, which site is meant, and answers in that API's form
// (content API §1): every error is {"error": text, "code": word}, whatever happened. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/json_writer.hpp"
#include "content/content.hpp"
#include "control/rooms.hpp"

namespace sitepod::control {

bool is_public_path(std::string_view path);

// The site of a path "/sites/{site}/…", as a later generation of this API writes it: an id, or "default".
Result<meta::Project> site_of_path(Call& call);

// The token has the scope and its account may use the content API. Errors: Forbidden.
Result<void> check_may_use_content(content::Content& content, const identity::Caller& caller);

http::ApiResponse public_problem(const Error& error);
http::ApiResponse public_not_found();
http::ApiResponse public_method_not_allowed(const std::vector<std::string_view>& allowed);
// The "error" text, and what more there is to say, of an error.
std::string public_error_text(const Error& error);

// After media were saved: has them shown, and begins what happens to them later. What is not shown yet is told in the
// answer, which is none of failure: the media are saved.
Result<void> show_media(Call& call, const meta::Project& project);
void write_not_shown(api::JsonWriter& json, const content::PreparedMedia& media, const Error& error);

// RFC 3339 to the second.
std::string whole_seconds(Instant instant);

}  // namespace sitepod::control
