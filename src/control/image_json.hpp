// What commit and the one-shot deploy say of a new image. Pure.
#pragma once

#include "api/json_writer.hpp"
#include "deploy/deployer.hpp"

namespace sitepod::control {

// The members, into an object that the caller has begun.
void write_image(api::JsonWriter& json, const deploy::Committed& committed);

}  // namespace sitepod::control
