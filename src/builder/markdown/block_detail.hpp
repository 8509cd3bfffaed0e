// What md4c tells of a block or a span beside its type. Valid during the call that brings it.
#pragma once

namespace sitepod::builder::markdown {

template <typename Detail>
const Detail& detail_as(void* detail) {
  return *static_cast<const Detail*>(detail);
}

}  // namespace sitepod::builder::markdown
