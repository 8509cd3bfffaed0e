// usage: build_folder [--no-search] FOLDER OUTPUT [times]
// Reads the markdown files of FOLDER and writes the site below OUTPUT as it is built; prints the milliseconds of each
// step. With `times` it then changes one page's body and builds again, so many times. Without a search index: what is
// left is what other builders make too.
#include <fcntl.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <span>
#include <string_view>

#include "base/file.hpp"
#include "builder/parallel.hpp"
#include "builder/site.hpp"
#include "manuscript/page_file.hpp"

namespace {

namespace fs = std::filesystem;
using namespace sitepod;

[[noreturn]] void fail(const std::string& why) {
  std::fprintf(stderr, "build_folder: %s\n", why.c_str());
  std::exit(1);
}

double milliseconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

model::Page page_of(const std::string& path, const std::string& text, std::size_t number) {
  manuscript::PageFile file = manuscript::read_page_file(path, text);
  if (!file.errors.empty()) fail(path + ": " + file.errors.front().message);
  model::Page page;
  page.id = std::to_string(number);
  page.slug = *file.page.slug;
  page.title = *file.page.title;
  page.section = *file.page.section;
  page.content_type = model::parse_content_type(*file.page.content_type).value();
  page.content = *std::move(file.page.content);
  page.published_at = page.created_at = page.updated_at = model::Timestamp(std::chrono::minutes(number));
  return page;
}

builder::Site read_site(const fs::path& folder) {
  std::vector<std::string> paths;
  for (const auto& each : fs::recursive_directory_iterator(folder))
    if (each.path().extension() == ".md") paths.push_back(each.path().lexically_relative(folder).string());
  std::sort(paths.begin(), paths.end());
  builder::Site site;
  site.base_url = "https://bench.example";
  site.settings.title = "Bench";
  site.pages.resize(paths.size());
  builder::for_each_number(paths.size(), std::thread::hardware_concurrency(), [&](std::size_t i) {
    auto text = read_file((folder / paths[i]).string());
    if (!text.ok()) fail(paths[i] + " cannot be read");
    site.pages[i] = std::make_shared<const model::Page>(page_of(paths[i], *text, i));
  });
  return site;
}

Result<void> write(const std::string& path, std::string_view bytes) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
  auto file = open_file(path, kFlags);
  if (!file.ok()) {
    SITEPOD_TRY(make_directories(path.substr(0, path.rfind('/'))));
    file = open_file(path, kFlags);
  }
  if (!file.ok()) return std::move(file).error();
  return write_all(file->get(), std::as_bytes(std::span(bytes)));
}

builder::BuiltSite build(const builder::Site& site, builder::BuildCache& cache, const std::string& output) {
  auto built = builder::build_site(site, cache, 0, std::chrono::steady_clock::time_point::max(),
                                   [&](const std::string& path, const std::string& bytes, const Digest&) {
                                     return write(output + "/" + path, bytes);
                                   });
  if (!built.ok()) fail(built.error().message);
  return *std::move(built);
}

}  // namespace

int main(int argc, char** argv) {
  const bool has_search = argc < 2 || std::string_view(argv[1]) != "--no-search";
  if (!has_search) --argc, ++argv;
  if (argc < 3) fail("usage: build_folder [--no-search] FOLDER OUTPUT [times]");
  auto start = std::chrono::steady_clock::now();
  builder::Site site = read_site(argv[1]);
  site.search_index = has_search;
  std::printf("read %.0f", milliseconds_since(start));
  builder::BuildCache cache;
  start = std::chrono::steady_clock::now();
  const std::size_t files = build(site, cache, argv[2]).files.size();
  std::printf(" build and write %.0f files %zu", milliseconds_since(start), files);
  for (int i = 0; i < (argc > 3 ? std::atoi(argv[3]) : 0); ++i) {
    builder::SharedPage& page = site.pages[site.pages.size() / 2];
    auto changed = std::make_shared<model::Page>(*page);
    changed->content += "\n\nMore.\n";
    page = changed;
    start = std::chrono::steady_clock::now();
    build(site, cache, argv[2]);
    std::printf(" again %.0f", milliseconds_since(start));
  }
  std::printf("\n");
  std::fflush(stdout);
  std::_Exit(0);  // a program that builds once leaves its memory to the kernel, as hugo does
}
