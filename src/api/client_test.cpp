#include "api/client.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <thread>

#include "api/client_answers.hpp"
#include "api/json_value.hpp"
#include "base/blake3.hpp"
#include "base/fd.hpp"

namespace sitepod::api {
namespace {

std::string digits(char c) { return std::string(64, c); }

Result<ListingAnswer> parse_in_pieces(std::string_view text, std::size_t piece) {
  ListingParser parser;
  for (std::size_t at = 0; at < text.size(); at += piece) SITEPOD_TRY(parser.feed(text.substr(at, piece)));
  return parser.finish();
}

TEST(ListingParser, ReadsBothFormsOfMissingHoweverTheAnswerIsCut) {
  std::string map = R"({"plan_id":"plan_1","missing":[")" + digits('a') + R"(",")" + digits('b') +
                    R"("],"reusable":3,"upload_urls":{")" + digits('a') + R"(":"/x"},"content_hash":"c"})";
  std::string array = R"({"missing":[{"path":"a","hash":")" + digits('a') + R"(","size":1,"upload_url":""},{"hash":")" +
                      digits('b') + R"(","nested":{"hash":"no"}}],"plan_id":"plan_1","reusable":3,"content_hash":"c"})";
  for (const std::string& text : {map, array}) {
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
      auto answer = parse_in_pieces(text, piece);
      ASSERT_TRUE(answer.ok()) << piece;
      EXPECT_EQ(answer->text("plan_id"), "plan_1");
      EXPECT_EQ(answer->text("content_hash"), "c");
      EXPECT_EQ(answer->number("reusable"), 3);
      ASSERT_EQ(answer->missing.size(), 2u);
      EXPECT_EQ(answer->missing[1].hex(), digits('b'));
    }
  }
}

TEST(ListingParser, KeepsAddressesOfAnotherServerBesideTheirFiles) {
  const std::string text = R"({"missing":[{"upload_url":"https://b/1","hash":")" + digits('a') + R"("},{"hash":")" +
                           digits('b') + R"(","upload_url":"/api/v1/upload/p/b"},{"hash":")" + digits('c') +
                           R"(","upload_url":"http://b/3"}],"upload_mode":"presigned"})";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const auto answer = parse_in_pieces(text, piece);
    ASSERT_TRUE(answer.ok()) << piece;
    EXPECT_EQ(answer->missing.size(), 3u);
    EXPECT_EQ(answer->upload_urls, (std::vector<std::string>{"https://b/1", "", "http://b/3"}));
  }
}

TEST(ListingParser, RefusesWhatIsNoAnswer) {
  for (std::string_view text : {R"({"missing":["zz"]})", R"({"a":1)", "<html>", R"({"a":1} x)"})
    EXPECT_EQ(parse_in_pieces(text, 3).error().code, "invalid_answer") << text;
}

PlanQuestion question_of(std::size_t count, std::uint64_t limit) {
  PlanQuestion question;
  question.project = "my \"site\"";
  question.git_commit = "abc";
  question.file_count = count;
  question.file = [](std::size_t index) {
    static thread_local std::string path;
    path = "dir/ü " + std::to_string(index) + ".html";
    return ClientFile{path, blake3("x"), sha256("x"), index, "text/html"};
  };
  question.max_body_bytes = limit;
  return question;
}

std::string read_all(PlanWriter& writer, std::size_t piece) {
  std::string out, buffer(piece, '\0');
  while (std::size_t count = writer.read(std::as_writable_bytes(std::span(buffer)))) out.append(buffer, 0, count);
  return out;
}

TEST(PlanWriter, WritesExactlyWhatItMeasuredInEveryForm) {
  using Form = PlanWriter::Form;
  for (auto [limit, form] : {std::pair{1'000'000u, Form::Full}, {170'000u, Form::Lean}, {1u, Form::Map}}) {
    PlanQuestion question = question_of(1000, limit);
    PlanWriter writer(question);
    EXPECT_EQ(writer.form(), form);
    std::string text = read_all(writer, 777);
    EXPECT_EQ(text.size(), writer.size());
    auto value = parse_json(text);
    ASSERT_TRUE(value.ok()) << value.error().message;
    const JsonValue* files = value->find("files");
    EXPECT_EQ(value->find("project")->text, "my \"site\"");
    EXPECT_FALSE(value->find("upload_urls")->boolean);
    if (form == Form::Map) {
      EXPECT_EQ(files->find("dir/ü 999.html")->text, blake3("x").hex());
    } else {
      EXPECT_EQ(files->items[999].find("path")->text, "dir/ü 999.html");
      EXPECT_EQ(files->items[999].find("size")->integer, 999);
      EXPECT_EQ(files->items[999].find("sha256") != nullptr, form == Form::Full);
    }
    writer.rewind();
    EXPECT_EQ(read_all(writer, 100'000), text);
  }
}

// Gives one prepared answer per connection, in order, and keeps the requests. An empty answer closes the connection.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener_.get(), 16), 0);
    socklen_t length = sizeof address;
    EXPECT_EQ(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
    endpoint_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedServer() { stop(); }
  const std::string& endpoint() const { return endpoint_; }
  // Ends the server; what it received is complete then.
  const std::vector<std::string>& stop() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    return requests_;
  }

 private:
  void serve() {
    for (const std::string& answer : answers_) {
      UniqueFd peer(::accept(listener_.get(), nullptr, nullptr));
      if (!peer) return;
      requests_.push_back(read_request(peer.get()));
      ::send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }
  static std::string read_request(int fd) {
    std::string request;
    char buffer[4096];
    for (std::size_t wanted = 0; wanted == 0 || request.size() < wanted;) {
      ssize_t count = ::recv(fd, buffer, sizeof buffer, 0);
      if (count <= 0) break;
      request.append(buffer, static_cast<std::size_t>(count));
      std::size_t head = request.find("\r\n\r\n");
      if (head == std::string::npos) continue;
      std::size_t length = request.find("Content-Length: ");
      wanted = head + 4 + (length < head ? std::stoul(request.substr(length + 16)) : 0);
    }
    return request;
  }

  std::vector<std::string> answers_, requests_;
  std::string endpoint_;
  UniqueFd listener_;
  std::thread thread_;
};

std::string answer(std::string_view status, std::string_view body, std::string_view fields = "") {
  return "HTTP/1.1 " + std::string(status) + "\r\nConnection: close\r\n" + std::string(fields) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}
std::string released() { return answer("200 OK", R"({"url":"http://x","image_id":"img_1","environment":"prod"})"); }

Client client_of(const ScriptedServer& server) {
  ClientSettings settings;
  settings.endpoint = server.endpoint() + "/";
  settings.token = "sitepod_t";
  settings.first_pause = std::chrono::milliseconds(1);
  return Client(std::move(settings));
}

TEST(ApiClient, KeepsTheServersCodeMessageStatusAndDetails) {
  ScriptedServer server(
      {answer("409 Conflict", R"({"error":"conflict","message":"img_2 is live.","current_image_id":"img_2"})")});
  auto done = client_of(server).release({"p", "prod", "img_1", "img_0", {}});
  ASSERT_FALSE(done.ok());
  EXPECT_EQ(done.error().kind, ErrorKind::Conflict);
  EXPECT_EQ(done.error().code, "conflict");
  EXPECT_EQ(done.error().message, "img_2 is live.");
  using Details = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(done.error().details, (Details{{"status", "409"}, {"current_image_id", "img_2"}}));
  const std::string& request = server.stop().at(0);
  EXPECT_TRUE(request.starts_with("POST /api/v1/release HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("Authorization: Bearer sitepod_t\r\n"), std::string::npos);
  EXPECT_NE(request.find(R"("expected_image_id":"img_0")"), std::string::npos);
}

TEST(ApiClient, AnswersThatAreNoJsonStillSayTheirStatus) {
  ScriptedServer server({answer("502 Bad Gateway", "<html>"), answer("500 Oops", "")});
  ClientSettings settings;
  settings.endpoint = server.endpoint();
  settings.max_tries = 1;
  Client client(settings);
  auto gateway = client.account();
  EXPECT_EQ(gateway.error().kind, ErrorKind::Unavailable);
  EXPECT_NE(gateway.error().message.find("502"), std::string::npos);
  EXPECT_EQ(client.account().error().kind, ErrorKind::Internal);
}

TEST(ApiClient, HarmlessCallsAreRepeatedAfterRefusalsAndBrokenConnections) {
  ScriptedServer server({answer("429 Slow", "{}", "Retry-After: 0\r\n"), "", answer("503 Later", "{}"),
                         answer("200 OK", R"({"id":"u","email":"a@b.c","is_admin":false})")});
  auto account = client_of(server).account();
  ASSERT_TRUE(account.ok()) << account.error().message;
  EXPECT_EQ(account->email, "a@b.c");
  EXPECT_EQ(server.stop().size(), 4u);
}

TEST(ApiClient, TriesEnd) {
  ScriptedServer server(
      std::vector<std::string>(9, answer("503 Later", R"({"error":"unavailable","message":"Later."})")));
  auto account = client_of(server).account();
  EXPECT_EQ(account.error().message, "Later.");
  EXPECT_EQ(server.stop().size(), 5u);
}

TEST(ApiClient, ALongRetryAfterIsAnErrorAtOnce) {
  ScriptedServer server({answer("429 Slow", "{}", "Retry-After: 3600\r\n")});
  EXPECT_EQ(client_of(server).account().error().kind, ErrorKind::RateLimited);
}

TEST(ApiClient, ACallWithEffectsIsRepeatedOnlyWhenItWasTurnedAway) {
  ScriptedServer broken({"", released()});
  EXPECT_EQ(client_of(broken).rollback({"p", "prod", {}, {}, {}}).error().code, "network");
  EXPECT_EQ(broken.stop().size(), 1u);
  ScriptedServer busy({answer("429 Slow", "{}", "Retry-After: 0\r\n"), released()});
  EXPECT_TRUE(client_of(busy).rollback({"p", "prod", {}, {}, {}}).ok());
  ScriptedServer named({"", released()});
  EXPECT_TRUE(client_of(named).release({"p", "prod", "img_1", {}, {}}).ok());
}

TEST(ApiClient, PlansAreSentAndReadAsAStreamAndSentAgainWhole) {
  std::string body = R"({"plan_id":"plan_1","missing":[{"path":"a","hash":")" + digits('a') +
                     R"(","size":1,"upload_url":""}],"reusable":1})";
  ScriptedServer server({answer("503 Later", "{}", "Retry-After: 0\r\n"), answer("200 OK", body)});
  PlanQuestion question = question_of(100, 1'000'000);
  auto plan = client_of(server).plan(question);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan->plan_id, "plan_1");
  EXPECT_EQ(plan->missing.size(), 1u);
  const auto& requests = server.stop();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(requests[0].substr(requests[0].find("\r\n\r\n")), requests[1].substr(requests[1].find("\r\n\r\n")));
  EXPECT_TRUE(parse_json(requests[1].substr(requests[1].find("\r\n\r\n") + 4)).ok());
}

TEST(ApiClient, RedirectsAreErrorsThatNameTheNewAddress) {
  ScriptedServer server({answer("308 Moved", "", "Location: https://new.example/\r\n")});
  EXPECT_NE(client_of(server).account().error().message.find("https://new.example/"), std::string::npos);
}

TEST(ApiClient, InterruptionEndsAPause) {
  std::atomic<bool> cancelled = false;
  ScriptedServer server({answer("429 Slow", "{}", "Retry-After: 100\r\n")});
  ClientSettings settings;
  settings.endpoint = server.endpoint();
  settings.cancelled = &cancelled;
  settings.on_wait = [&](std::string_view) { cancelled = true; };
  EXPECT_EQ(Client(settings).account().error().code, "interrupted");
}

}  // namespace
}  // namespace sitepod::api
