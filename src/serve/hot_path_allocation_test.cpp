// A warm worker serves without allocating: every operator new of this program is counted.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>
#include <new>

#include "serve/data_plane_test_support.hpp"

namespace {
std::atomic<std::uint64_t> allocations{0};
}

// Where GCC puts only one of the two in line, it takes them for strangers.
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"
void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace sitepod::serve {
namespace {

// Sends and receives without allocating itself; the answers' bytes are not looked at, only counted.
std::uint64_t count_allocations(const Client& client, std::string_view request, std::size_t answer_bytes, int rounds) {
  static char buffer[1 << 20];
  const std::uint64_t before = allocations;
  for (int i = 0; i < rounds; ++i) {
    EXPECT_EQ(::send(client.fd(), request.data(), request.size(), MSG_NOSIGNAL), static_cast<ssize_t>(request.size()));
    for (std::size_t received = 0; received < answer_bytes;) {
      const ssize_t count = ::recv(client.fd(), buffer, sizeof buffer, 0);
      if (count <= 0) return ~std::uint64_t{0};
      received += static_cast<std::size_t>(count);
    }
  }
  return allocations - before;
}

TEST(HotPath, AWarmWorkerAllocatesNothing) {
  DataPlaneOptions options;
  options.workers = 1;
  TestServer server(options);
  server.release("a.sites.test",
                 {{"small", noise(1000, 1)}, {"middle", noise(30'000, 1)}, {"large", noise(200'000, 1)}});
  server.release("b.sites.test", {{"small", noise(1000, 1)}});
  server.preview("b.sites.test", "b--p.sites.test", "p", Instant{INT64_MAX});  // so that cookies could choose
  Client client = server.connect();
  const std::string etag = client.exchange(get("/small")).field("ETag");
  const std::string requests[] = {get("/small"),
                                  get("/middle"),
                                  get("/large"),
                                  get("/none"),
                                  get("/small", "b.sites.test"),
                                  get("/none", "b.sites.test"),
                                  get("/small", "a.sites.test", "If-None-Match: " + etag + "\r\n"),
                                  get("/small", "a.sites.test", "Range: bytes=10-20\r\n"),
                                  get("/", "stranger.test")};
  for (const std::string& request : requests) {
    const Response response = client.exchange(request);
    const std::size_t bytes = response.head.size() + response.body.size();
    EXPECT_EQ(count_allocations(client, request, bytes, 100), 0u) << request;
    std::string pipeline;
    for (int i = 0; i < 4; ++i) pipeline += request;
    ASSERT_LT(count_allocations(client, pipeline, bytes * 4, 2), 1000u);
    if (bytes < 20'000) {
      EXPECT_EQ(count_allocations(client, pipeline, bytes * 4, 100), 0u) << request;
    }
  }
  // The count counts.
  const std::uint64_t before = allocations;
  static_cast<void>(client.exchange(get("/small")));
  EXPECT_GT(allocations, before);
}

TEST(HotPath, AnIdleConnectionOwnsNoBuffer) {
  DataPlaneOptions options;
  options.workers = 1;
  TestServer server(options);
  server.release("a.sites.test", {{"small", noise(1000, 1)}, {"large", noise(3 << 20, 1)}});
  static_cast<void>(server.connect().exchange(get("/large")));
  std::vector<Client> clients;
  clients.reserve(500);
  const std::string request = get("/small");
  const std::size_t before = ::mallinfo2().uordblks;
  for (int i = 0; i < 500; ++i) {
    clients.push_back(server.connect());
    ASSERT_TRUE(clients.back().send(request.substr(0, 20)));  // its head waits in memory of its own
    ASSERT_TRUE(eventually([&] { return server.connections() >= clients.size(); }));
    ASSERT_EQ(clients.back().exchange(request.substr(20)).status, 200);
    ASSERT_TRUE(clients.back().exchange(get("/large")).body.size() == 3 << 20);  // its answer waits, too
    clients.back().release_memory();
  }
  EXPECT_LT((::mallinfo2().uordblks - before) / clients.size(), 1024u);
}

}  // namespace
}  // namespace sitepod::serve
