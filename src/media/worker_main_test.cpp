// The test program is also the worker that it starts, as `sitepod` is.
#include <gtest/gtest.h>

#include <string_view>

#include "media/media.hpp"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "media-worker") sitepod::media::run_media_worker(argc - 1, argv + 1);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
