// A page of the server as the fields of its file: only what its place in the folder and the defaults do not say. Pure.
#pragma once

#include <string_view>

#include "api/content_client.hpp"

namespace sitepod::cli {

// `path`: where the file will be in its folder; empty: nowhere yet, so that every field counts.
model::PageChange exported_fields(const api::RemotePage& page, std::string_view path);

}  // namespace sitepod::cli
