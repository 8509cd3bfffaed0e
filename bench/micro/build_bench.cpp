// What building a site of 5,000 pages costs: everything anew, nothing changed, one text changed.
#include <benchmark/benchmark.h>

#include <string>

#include "builder/site.hpp"

namespace {

using namespace sitepod;

constexpr std::size_t kPages = 5000;

std::string text_of(std::size_t number) {
  std::string text;
  for (int part = 0; part < 6; ++part) {
    text += "## Part " + std::to_string(part) + "\n\n";
    for (int line = 0; line < 12; ++line)
      text += "The *quick* brown fox number " + std::to_string(number * 7 + static_cast<std::size_t>(line)) +
              " jumps over the `lazy` dog, and [so on](/docs/section-1/page-1). ";
    text += "\n\n```sh\nmake build && make test\n```\n\n- one\n- two\n- three\n\n";
  }
  return text;
}

builder::Site large_site() {
  builder::Site site;
  site.base_url = "https://large.example";
  site.settings.title = "Large";
  for (std::size_t i = 0; i < kPages; ++i) {
    const std::string number = std::to_string(i);
    const auto added = std::make_shared<model::Page>();
    model::Page& page = *added;
    site.pages.push_back(added);
    page.id = page.slug = "page-" + number;
    page.title = "Page number " + number;
    page.content = text_of(i);
    page.content_type = i % 5 == 0 ? model::ContentType::kBlog : model::ContentType::kDocs;
    if (i % 5 != 0) page.section = "section-" + std::to_string(i % 40);
    page.tags = {"tag " + std::to_string(i % 50), "all"};
    page.published_at = page.created_at = page.updated_at = model::Timestamp(std::chrono::minutes(i));
  }
  return site;
}

void build_or_skip(const builder::Site& site, builder::BuildCache& cache, benchmark::State& state) {
  auto built = builder::build_site(site, cache);
  if (!built) state.SkipWithError(built.error().message.c_str());
  benchmark::DoNotOptimize(built);
}

void BM_Cold(benchmark::State& state) {
  const builder::Site site = large_site();
  for (auto _ : state) {
    builder::BuildCache cache;
    build_or_skip(site, cache, state);
  }
}
BENCHMARK(BM_Cold)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(2);

void BM_OneTextChanged(benchmark::State& state) {
  builder::Site site = large_site();
  builder::BuildCache cache;
  build_or_skip(site, cache, state);
  for (auto _ : state) {
    auto changed = std::make_shared<model::Page>(*site.pages[kPages / 2]);
    changed->content += "More.\n";
    site.pages[kPages / 2] = changed;
    build_or_skip(site, cache, state);
  }
}
BENCHMARK(BM_OneTextChanged)->Unit(benchmark::kMillisecond)->UseRealTime()->Iterations(10);

}  // namespace
