// For tests of the room: a real S3 server (tests/support/radosgw.sh), started once for the whole process, or by ctest
// for all of them; and what a test needs of its own in it.
#pragma once

#include <string>

#include "blob/bucket_settings.hpp"

namespace sitepod::blob {

// A new, empty bucket of the server, for this test alone.
BucketSettings make_test_bucket();

}  // namespace sitepod::blob
