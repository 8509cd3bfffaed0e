// What one request head costs: parsing alone, with the buffer in cache.
#include <benchmark/benchmark.h>

#include <memory>
#include <string_view>

#include "http/accept_encoding.hpp"
#include "http/request_parser.hpp"

namespace {

using namespace sitepod::http;

constexpr std::string_view kThreeFields =
    "GET /assets/app.3f2a.js HTTP/1.1\r\n"
    "Host: blog.example.com:8080\r\n"
    "User-Agent: wrk/4.1.0\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n\r\n";

constexpr std::string_view kBrowser =
    "GET /posts/2024/hello-world/ HTTP/1.1\r\n"
    "Host: blog.example.com\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Google Chrome\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: none\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n\r\n";

void parse_head(benchmark::State& state, std::string_view input) {
  const auto parser = std::make_unique<RequestParser>();
  for (auto _ : state) {
    parser->reset();
    benchmark::DoNotOptimize(parser->parse(input));
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * input.size()));
}
BENCHMARK_CAPTURE(parse_head, three_fields, kThreeFields);
BENCHMARK_CAPTURE(parse_head, browser, kBrowser);

void parse_accept_encoding(benchmark::State& state) {
  constexpr CodingSet kStored = coding_bit(Coding::Brotli) | coding_bit(Coding::Gzip) | coding_bit(Coding::Identity);
  std::string_view field = "gzip, deflate, br, zstd";
  for (auto _ : state) {
    benchmark::DoNotOptimize(field);
    benchmark::DoNotOptimize(AcceptEncoding(field).best_of(kStored));
  }
}
BENCHMARK(parse_accept_encoding);

}  // namespace
