// Writes the sample site of the builder's tests into a folder, for the golden test and for looking at it in a browser.
// usage: write_sample_site FOLDER
#include <cstdio>
#include <filesystem>

#include "base/file.hpp"
#include "builder/site.hpp"
#include "builder/site_fixture.hpp"

int main(int argc, char** argv) {
  using namespace sitepod;
  if (argc != 2) {
    std::fputs("usage: write_sample_site FOLDER\n", stderr);
    return 2;
  }
  builder::BuildCache cache;
  builder::Site site = builder::sample_site();
  site.social_images = true;
  const auto built = builder::build_site(site, cache);
  if (!built) {
    std::fprintf(stderr, "%s\n", built.error().message.c_str());
    return 1;
  }
  for (const builder::BuiltFile& file : built->files) {
    const std::filesystem::path path = std::filesystem::path(argv[1]) / file.path;
    if (!make_directories(path.parent_path().string()) || !replace_file(path.string(), *file.bytes)) {
      std::fprintf(stderr, "cannot write %s\n", path.c_str());
      return 1;
    }
  }
  return 0;
}
