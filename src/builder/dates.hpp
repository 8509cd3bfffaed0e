// Instants as people and feeds read them, in UTC and English, independent of locale and time zone. Pure; any thread.
#pragma once

#include <string>

#include "model/page.hpp"

namespace sitepod::builder {

std::string iso_date(model::Timestamp time);     // 2024-01-15T10:30:00Z
std::string long_date(model::Timestamp time);    // 15 January 2024
std::string rfc822_date(model::Timestamp time);  // Mon, 15 Jan 2024 10:30:00 +0000

}  // namespace sitepod::builder
