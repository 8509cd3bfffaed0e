// How a row of `images` becomes an Image, for the files that select whole images. Private to the room.
#pragma once

#include "meta/records.hpp"

// The columns that read_image expects, of the table called `i`.
#define SITEPOD_IMAGE_COLUMNS                                                                               \
  "i.id, i.seq, i.version, i.project_id, i.manifest, i.file_count, i.total_size, i.message, i.git_commit, " \
  "i.git_branch,"                                                                                           \
  " i.git_message, i.plan_id, i.created_at, i.encoding_state, i.source"

namespace sitepod::meta {

inline Image read_image(const Row& row) {
  return {row.string(0),  row.integer(1),  row.integer(2),
          row.string(3),  row.digest(4),   row.size(5),
          row.size(6),    row.string(7),   {row.string(8), row.string(9), row.string(10)},
          row.string(11), row.instant(12), row.string(13),
          row.string(14)};
}

}  // namespace sitepod::meta
