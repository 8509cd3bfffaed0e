// Builds from the caller's side: waiting for one, and telling how it ended. One thread.
#pragma once

#include "api/content_client.hpp"
#include "api/json_writer.hpp"
#include "cli/command.hpp"

namespace sitepod::cli {

// Returns when the newest build is over. Requires: one was accepted. Errors: "interrupted"; those of the server.
Result<api::BuildAnswer> wait_for_build(Context& context, api::ContentClient& content);
// Broken links as warnings. Errors: Invalid "build_failed".
Result<void> tell_build(Context& context, const api::BuildAnswer& build);
// The members of an open object.
void write_build(api::JsonWriter& json, const api::BuildAnswer& build);

}  // namespace sitepod::cli
