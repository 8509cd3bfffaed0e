// Where the sections of one index file are, once its bytes have been checked. Used by the reader only; see SiteIndex.
// A value that points into the file's bytes; immutable after check_index.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/time.hpp"
#include "http/date.hpp"
#include "serve/site_index.hpp"

namespace sitepod::serve {

struct IndexLayout {
  const std::byte* base = nullptr;
  std::size_t length = 0;

  std::uint32_t entries = 0;
  std::uint32_t slot_count = 0;
  std::uint32_t common_count = 0;
  std::uint32_t longest_error_page = 0;
  std::uint64_t seed = 0;
  Instant last_modified;
  http::HttpDate last_modified_text;
  std::uint64_t common_text_bytes = 0;
  std::uint64_t records_bytes = 0;
  std::uint64_t rules_bytes = 0;  // 0: the image has no rules
  const std::byte* positions = nullptr;
  const std::byte* slots = nullptr;
  const std::byte* common = nullptr;
  const std::byte* common_text = nullptr;
  const std::byte* records = nullptr;
  const std::byte* rules = nullptr;

  const std::byte* record_at(std::size_t position) const;
  // The record of that path, or null. Requires: a slot is empty, every other one points at a record.
  const std::byte* find(std::string_view path) const;
};

// Of a record that has been checked.
std::string_view path_of(const std::byte* record);
std::size_t length_of(const std::byte* record);  // with what fills it up
const std::byte* variant_row(const std::byte* record, unsigned encoding);
// Of a row of the table of common blocks.
std::string_view media_type_of(const std::byte* common_text, const std::byte* row);

// Checks every byte that a lookup relies on and fills in the layout; of what was just written, that these are the
// bytes. What is wrong, or null. `done` is told of long pieces that have been looked at, some of them again later, so
// that they need not stay in memory.
const char* check_index(const std::byte* base, std::size_t length, SiteIndex::Origin origin, IndexLayout& layout,
                        const std::function<void(const std::byte* begin, const std::byte* end)>& done);

}  // namespace sitepod::serve
