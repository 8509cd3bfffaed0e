// A multipart request of the content API on its way: its texts, and its files in a folder that goes with it.
#pragma once

#include "control/rooms.hpp"
#include "media/intake.hpp"
#include "media/temporary_folder.hpp"

namespace sitepod::control {

struct ReceivedMedia {
  media::TemporaryFolder folder;
  media::ReceivedForm form;
};

// The request's body is a form (its Content-Type says so).
bool is_form(const http::ApiRequest& request);

// Errors: invalid_request (no form, incomplete, too many files), TooLarge, "storage_quota_exceeded".
Result<ReceivedMedia> receive_media(Call& call);

}  // namespace sitepod::control
