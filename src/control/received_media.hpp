// A multipart request of the content API on its way: its texts, and its files in a folder that goes with it.
#pragma once

#include <optional>

#include "control/large_bodies.hpp"
#include "control/rooms.hpp"
#include "media/intake.hpp"
#include "media/temporary_folder.hpp"

namespace sitepod::control {

struct ReceivedMedia {
  media::TemporaryFolder folder;
  std::optional<LargeBodies::Place> place;  // while large texts are in memory
  media::ReceivedForm form;
};

// The request's body is a form (its Content-Type says so).
bool is_form(const http::ApiRequest& request);

// `text_bytes`: of all text parts together. `json_part`: as in media::IntakeLimits. Errors: invalid_request (no form,
// incomplete, too many files), TooLarge, "storage_quota_exceeded", Unavailable (too many large texts at once).
Result<ReceivedMedia> receive_media(Call& call, std::uint64_t text_bytes, std::string_view json_part = {});

}  // namespace sitepod::control
