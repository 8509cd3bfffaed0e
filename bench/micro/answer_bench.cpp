// What one answer costs the worker between the parsed request and the bytes to send. Goal: below 150 ns.
#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "http/request_parser.hpp"
#include "serve/answer.hpp"

namespace sitepod::serve {
namespace {

// A site of a thousand pages of 1 KiB with their styles, as image_1 would be.
SiteView make_view() {
  std::vector<std::string> paths{"index.html", "style.css"};
  for (int i = 0; i < 1000; ++i) paths.push_back("articles/" + std::to_string(i) + "/index.html");
  std::vector<IndexInput> files;
  for (const std::string& path : paths) {
    IndexInput file{path,
                    path.ends_with(".css") ? "text/css; charset=utf-8" : "text/html; charset=utf-8",
                    sha256(path),
                    1024,
                    false,
                    true,
                    {}};
    for (std::size_t i = 1; i < kEncodingCount; ++i) file.variants[i] = {sha256(path + std::to_string(i)), 400, true};
    files.push_back(file);
  }
  auto index = SiteIndex::from_bytes(build_site_index(files, Instant{1'700'000'000'000}));
  SITEPOD_CHECK(index.ok());
  SiteView view;
  view.image_id = "img_1";
  view.index = *index;
  return view;
}

const SiteView& site() {
  static const SiteView view = make_view();
  return view;
}

std::string request_text(std::string_view target, std::string_view fields) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: blog.example.com\r\n" + std::string(fields) + "\r\n";
}

void answer_to(benchmark::State& state, const std::string& text) {
  http::RequestParser parser;
  SITEPOD_CHECK(parser.parse(text) == http::RequestParser::Outcome::Complete);
  const http::StatusLines status_lines(1'700'100'000);
  std::string head;
  head.reserve(64 * 1024);
  for (auto _ : state) {
    head.clear();
    benchmark::DoNotOptimize(answer(parser.head(), site(), status_lines, AfterAnswer::KeepAlive, head));
    benchmark::ClobberMemory();
  }
  state.counters["head_bytes"] = static_cast<double>(head.size());
}

std::string etag() { return "\"" + sha256(std::string_view("index.html")).hex() + "\""; }

void BM_WholeFile(benchmark::State& state) { answer_to(state, request_text("/style.css", "")); }
void BM_FrontPage(benchmark::State& state) { answer_to(state, request_text("/", "Accept: text/html,*/*;q=0.8\r\n")); }
void BM_NestedPage(benchmark::State& state) { answer_to(state, request_text("/articles/512/", "")); }
void BM_NegotiatedPage(benchmark::State& state) {
  answer_to(state, request_text("/", "Accept-Encoding: gzip, deflate, br, zstd\r\n"));
}
void BM_EncodedPath(benchmark::State& state) { answer_to(state, request_text("/articles%2F512/", "")); }
void BM_NotModified(benchmark::State& state) {
  answer_to(state, request_text("/", "If-None-Match: " + etag() + "\r\n"));
}
void BM_NotModifiedSince(benchmark::State& state) {
  answer_to(state, request_text("/", "If-Modified-Since: Thu, 16 Nov 2023 02:00:00 GMT\r\n"));
}
void BM_Part(benchmark::State& state) { answer_to(state, request_text("/", "Range: bytes=0-99\r\n")); }
void BM_Missing(benchmark::State& state) { answer_to(state, request_text("/assets/gone.js", "")); }
BENCHMARK(BM_WholeFile);
BENCHMARK(BM_FrontPage);
BENCHMARK(BM_NestedPage);
BENCHMARK(BM_NegotiatedPage);
BENCHMARK(BM_EncodedPath);
BENCHMARK(BM_NotModified);
BENCHMARK(BM_NotModifiedSince);
BENCHMARK(BM_Part);
BENCHMARK(BM_Missing);

void BM_IndexFind(benchmark::State& state) {
  std::vector<std::string> paths;
  for (int i = 0; i < 1000; ++i) paths.push_back("articles/" + std::to_string(i * 7 % 1000) + "/index.html");
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(site().index->find(paths[i]));
    i = i + 1 == paths.size() ? 0 : i + 1;
  }
}
BENCHMARK(BM_IndexFind);

void BM_HostFind(benchmark::State& state) {
  std::vector<HostTable::Change> changes;
  for (int i = 0; i < 10'000; ++i) changes.push_back({"site-" + std::to_string(i) + ".example.com", HostEntry{}});
  const HostTable table = HostTable().with(changes);
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(table.find(changes[i].host));
    i = state.range(0) == 0 || i + 1 == changes.size() ? 0 : i + 1;
  }
}
BENCHMARK(BM_HostFind)->ArgName("over_all_hosts")->Arg(0)->Arg(1);

void BM_PublishOneHostOfTenThousand(benchmark::State& state) {
  std::vector<HostTable::Change> changes;
  for (int i = 0; i < 10'000; ++i) changes.push_back({"site-" + std::to_string(i) + ".example.com", HostEntry{}});
  const HostTable table = HostTable().with(changes);
  for (auto _ : state) benchmark::DoNotOptimize(table.with({{"site-77.example.com", HostEntry{}}}));
}
BENCHMARK(BM_PublishOneHostOfTenThousand);

// What opening costs, which is checking: a start with ten thousand sites does it ten thousand times.
void BM_OpenIndex(benchmark::State& state) {
  std::vector<std::string> paths;
  for (std::int64_t i = 0; i < state.range(0); ++i) paths.push_back("articles/" + std::to_string(i) + "/index.html");
  std::vector<IndexInput> files;
  for (const std::string& path : paths)
    files.push_back({path, "text/html; charset=utf-8", sha256(path), 1024, false, true, {}});
  const std::string bytes = build_site_index(files, Instant{1'700'000'000'000});
  for (auto _ : state) benchmark::DoNotOptimize(SiteIndex::from_bytes(bytes));
  state.counters["bytes_per_file"] = static_cast<double>(bytes.size()) / static_cast<double>(state.range(0));
}
BENCHMARK(BM_OpenIndex)->Arg(100)->Arg(100'000);

void BM_BuildIndex(benchmark::State& state) {
  std::vector<std::string> paths;
  for (std::int64_t i = 0; i < state.range(0); ++i) paths.push_back("articles/" + std::to_string(i) + "/index.html");
  std::vector<IndexInput> files;
  for (const std::string& path : paths)
    files.push_back({path, "text/html; charset=utf-8", sha256(path), 1024, false, true, {}});
  for (auto _ : state) benchmark::DoNotOptimize(build_site_index(files, Instant{1'700'000'000'000}));
}
BENCHMARK(BM_BuildIndex)->Arg(100)->Arg(100'000);

}  // namespace
}  // namespace sitepod::serve
