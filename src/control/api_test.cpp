#include "control/api.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <set>

#include "api/json_value.hpp"
#include "base/blake3.hpp"
#include "base/random.hpp"
#include "control/rate_limiter.hpp"
#include "control/routes.hpp"

namespace sitepod::control {
namespace {

class TextBody final : public http::BodyReader {
 public:
  explicit TextBody(std::string text) : rest_(std::move(text)) {}
  Result<std::size_t> read(std::span<std::byte> out) override {
    const std::size_t count = std::min(out.size(), rest_.size());
    if (count != 0) std::memcpy(out.data(), rest_.data(), count);
    rest_.erase(0, count);
    return count;
  }

 private:
  std::string rest_;
};

class TextWriter final : public http::BodyWriter {
 public:
  Result<void> write(std::string_view piece) override {
    text += piece;
    largest = std::max(largest, piece.size());
    return {};
  }
  std::string text;
  std::size_t largest = 0;
};

struct Answer {
  int status = 0;
  std::vector<http::Header> headers;
  std::string text;
  api::JsonValue json;

  std::string header(std::string_view name) const {
    for (const http::Header& header : headers)
      if (header.name == name) return header.value;
    return "";
  }
  std::string operator[](std::string_view name) const {
    const api::JsonValue* value = json.find(name);
    return value && value->kind == api::JsonValue::Kind::Text ? value->text : "";
  }
  std::string code() const { return std::to_string(status) + " " + (*this)["error"]; }
};

http::Method method_of(std::string_view text) {
  for (const http::Method method : {http::Method::Get, http::Method::Head, http::Method::Post, http::Method::Put,
                                    http::Method::Patch, http::Method::Delete})
    if (text_of(method) == text) return method;
  return http::Method::Other;
}

class Apis : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("control_test_" + random_base36(12));
    std::filesystem::create_directories(folder_);
    meta_ = meta::MetaStore::open_sqlite((folder_ / "meta.db").string()).value();
    blobs_ = blob::BlobStore::open_on_disk((folder_ / "data").string()).value();
    encoder_ = std::make_unique<deploy::Encoder>(*meta_, *blobs_);
    deploy::DeploySettings settings;
    settings.run_id = "run_1";
    deployer_ = std::make_unique<deploy::Deployer>(*meta_, *blobs_, *encoder_, settings);
    identity_ = std::make_unique<identity::Identity>(*meta_, identity::IdentitySettings{});
    domains_ = std::make_unique<domains::Domains>(*meta_, domains::DomainSettings{"localhost", {}});
    open({});
  }
  void TearDown() override {
    api_.reset();
    content_.reset();
    domains_.reset();
    identity_.reset();
    deployer_.reset();
    encoder_.reset();
    blobs_.reset();
    meta_.reset();
    std::filesystem::remove_all(folder_);
  }
  void open(ApiSettings settings) {
    Publication publication;
    publication.compile_image = [this](std::string_view) -> Result<void> {
      ++compiled_;
      return {};
    };
    publication.publish_project = [this](std::string_view) -> Result<void> {
      ++published_;
      if (publish_fails_) return internal("the publisher's secret");
      return {};
    };
    publication.shows_host = [](const std::string&) { return false; };
    content::ContentHooks hooks;
    hooks.compile_image = publication.compile_image;
    hooks.forget_image = [](std::string_view) {};
    hooks.open_blob = [this](const Digest& blob) { return blobs_->open_blob(blob); };
    hooks.publish_project = publication.publish_project;
    hooks.hash_password = [this](std::string_view password) { return identity_->hash_password(password); };
    content_ = std::make_unique<content::Content>(*meta_, *deployer_, std::move(hooks), content::ContentSettings());
    api_ = std::make_unique<Api>(*meta_, *identity_, *deployer_, *domains_, *content_, publication, settings);
  }

  Answer call(std::string_view method, std::string path, std::string body = "", std::string token = "",
              std::vector<http::Header> headers = {}) {
    TextBody reader(body);
    http::ApiRequest request;
    request.method = method_of(method);
    request.method_text = std::string(method);
    request.host = "localhost";
    const std::size_t mark = path.find('?');
    if (mark != std::string::npos) request.query = path.substr(mark + 1);
    request.path = path.substr(0, mark);
    request.headers = std::move(headers);
    if (!token.empty()) request.headers.push_back({"authorization", "Bearer " + token});
    request.peer_address = "127.0.0.1";
    request.content_length = body.size();
    request.body = &reader;
    http::ApiResponse response = api_->handle(request);
    if (response.stream) {
      TextWriter writer;
      EXPECT_TRUE(response.stream(writer).ok());
      response.body = writer.text;
      largest_piece_ = writer.largest;
    }
    Answer answer{response.status, response.headers, response.body, {}};
    Result<api::JsonValue> json = api::parse_json(response.body);
    if (json.ok()) answer.json = *std::move(json);
    if (response.status >= 400) {
      EXPECT_FALSE(answer["error"].empty()) << path << " " << response.body;
      // The content API's errors are one string (content API §1.3).
      EXPECT_EQ(answer["message"].empty(), path.starts_with("/api/v1/public/")) << path;
      EXPECT_EQ(answer.header("Content-Type"), "application/json");
    }
    EXPECT_FALSE(answer.header("X-Request-Id").empty());
    return answer;
  }
  std::string login(const std::string& name) {
    return call("POST", "/api/v1/auth/login",
                R"({"email":")" + name + R"(@example.com","password":"password1"})")["token"];
  }
  static std::string map_plan(const std::string& path, const std::string& content) {
    return R"({"project":"site","files":{")" + path + R"(":")" + sha256(content).hex() + R"("}})";
  }

  std::filesystem::path folder_;
  std::unique_ptr<meta::MetaStore> meta_;
  std::unique_ptr<blob::BlobStore> blobs_;
  std::unique_ptr<deploy::Encoder> encoder_;
  std::unique_ptr<deploy::Deployer> deployer_;
  std::unique_ptr<identity::Identity> identity_;
  std::unique_ptr<domains::Domains> domains_;
  std::unique_ptr<content::Content> content_;
  std::unique_ptr<Api> api_;
  int compiled_ = 0;
  int published_ = 0;
  bool publish_fails_ = false;
  std::size_t largest_piece_ = 0;
};

TEST_F(Apis, TheWholeWayOfADeployInTheMapForm) {
  const std::string token = login("a");
  const std::string hash = sha256("hello").hex();
  const Answer plan = call("POST", "/api/v1/plan", map_plan("/index.html", "hello"), token);
  ASSERT_EQ(plan.status, 200) << plan.text;
  EXPECT_EQ(plan.json.find("missing")->items.at(0).text, hash);
  EXPECT_EQ(plan["upload_mode"], "direct");
  EXPECT_EQ(plan.json.find("reusable")->integer, 0);
  const std::string url = plan.json.find("upload_urls")->find(hash)->text;
  EXPECT_EQ(url, "/api/v1/upload/" + plan["plan_id"] + "/" + hash);

  const std::string body = R"({"plan_id":")" + plan["plan_id"] + R"(","message":"m"})";
  const Answer early = call("POST", "/api/v1/commit", body, token);
  EXPECT_EQ(early.code(), "400 missing_blobs");
  EXPECT_EQ(early.json.find("missing")->items.at(0).text, hash);
  EXPECT_EQ(call("PUT", url, "hello", token).json.find("size")->integer, 5);
  const Answer commit = call("POST", "/api/v1/commit", body, token);
  EXPECT_EQ(commit.status, 200);
  EXPECT_EQ(commit["content_hash"].size(), 64u);
  EXPECT_EQ(commit["message"], "m");
  EXPECT_EQ(compiled_, 1);

  const Answer release = call("POST", "/api/v1/release", R"({"project":"site","env":"beta"})", token);
  EXPECT_EQ(release["url"], "http://site-beta.localhost:8080");
  EXPECT_EQ(release["image_id"], commit["image_id"]);
  EXPECT_NE(release.text.find("\"previous_image_id\":\"\""), std::string::npos) << "never null";
  EXPECT_EQ(published_, 2) << "the plan published the new project, the release its image";
  const Answer current = call("GET", "/api/v1/current?project=site&environment=beta", "", token);
  EXPECT_EQ(current["image_id"], commit["image_id"]);
  EXPECT_EQ(current["deployed_at"].back(), 'Z');
  EXPECT_EQ(call("GET", "/api/v1/current?project=site", "", token).code(), "404 not_found");
  EXPECT_EQ(call("POST", "/api/v1/rollback", R"({"project":"site","env":"beta"})", token).code(),
            "400 invalid_request");
  EXPECT_EQ(call("GET", "/api/v1/history?project=site", "", token).json.find("items")->items.at(0).find("status")->text,
            "current");
  EXPECT_EQ(call("GET", "/api/v1/images?project=site", "", token).json.find("total")->integer, 1);
  EXPECT_EQ(
      call("GET", "/api/v1/images/" + commit["image_id"], "", token).json.find("files")->items.at(0).find("path")->text,
      "index.html");
  EXPECT_EQ(call("GET", "/api/v1/events?project=site", "", token).json.find("items")->items.at(0).find("actor")->text,
            "a@example.com");
}

TEST_F(Apis, TheArrayFormEchoesPathsAndCompleteItems) {
  const std::string token = login("a");
  const std::string body = R"({"project":"site","files":[{"path":"/a.txt","blake3":")" + blake3("a").hex() +
                           R"(","size":1},{"path":"b.txt","blake3":")" + blake3("a").hex() + R"(","size":1}]})";
  const Answer plan = call("POST", "/api/v1/plan", body, token);
  ASSERT_EQ(plan.json.find("missing")->items.size(), 1u);
  const api::JsonValue& item = plan.json.find("missing")->items[0];
  EXPECT_EQ(item.find("path")->text, "/a.txt");
  EXPECT_EQ(item.find("hash")->text, blake3("a").hex());
  EXPECT_EQ(item.find("size")->integer, 1);
  EXPECT_FALSE(item.find("upload_url")->text.empty());
  const Answer bare = call("POST", "/api/v1/plan", body.substr(0, body.size() - 1) + R"(,"upload_urls":false})", token);
  EXPECT_EQ(bare.json.find("upload_urls"), nullptr);
  EXPECT_EQ(bare.json.find("missing")->items[0].find("upload_url"), nullptr);
}

TEST_F(Apis, ALargeAnswerIsStreamedInPieces) {
  std::string body = R"({"project":"site","files":{)";
  for (int i = 0; i < 3000; ++i)
    body += (i ? ",\"" : "\"") + std::to_string(i) + "\":\"" + sha256(std::to_string(i)).hex() + '"';
  const Answer plan = call("POST", "/api/v1/plan", body + "}}", login("a"));
  EXPECT_GT(largest_piece_, 0u);
  EXPECT_LT(largest_piece_, 100'000u);
  EXPECT_EQ(plan.json.find("missing")->items.size(), 3000u);
  EXPECT_EQ(plan.json.find("upload_urls")->members.size(), 3000u);
}

TEST_F(Apis, AnonymousForeignAndUnknownAreToldApart) {
  const std::string owner = login("a");
  const std::string other = login("b");
  ASSERT_EQ(call("POST", "/api/v1/plan", map_plan("a", "a"), owner).status, 200);
  EXPECT_EQ(call("GET", "/api/v1/projects/site").code(), "401 missing_token");
  EXPECT_EQ(call("GET", "/api/v1/projects/site", "", "sitepod_wrong").code(), "401 invalid_token");
  EXPECT_EQ(call("GET", "/api/v1/projects/site", "", other).code(), "403 forbidden");
  EXPECT_EQ(call("GET", "/api/v1/projects/nothing", "", other).code(), "404 not_found");
  EXPECT_EQ(call("GET", "/api/v1/projects", "", other).text, "[]");
  EXPECT_EQ(call("GET", "/api/v1/projects", "", owner).json.items.size(), 1u);
  EXPECT_EQ(call("POST", "/api/v1/plan", map_plan("a", "a"), other).code(), "403 forbidden");
  EXPECT_EQ(call("POST", "/api/v1/auth/logout", "", other).status, 200);
  EXPECT_EQ(call("GET", "/api/v1/projects", "", other).code(), "401 invalid_token");
}

// A route that becomes public is a decision: it is added here.
const std::set<std::string_view> kPublic{"/api/v1/auth/login",
                                         "/api/v1/auth/reset-password",
                                         "/reset-password/{code}",
                                         "/api/v1/health",
                                         "/api/v1/config",
                                         "/api/v1/domains/check",
                                         "/api/v1/metrics",
                                         "/metrics",
                                         "/healthz",
                                         "/readyz",
                                         "/openapi.json",
                                         "/"};

TEST_F(Apis, EveryRouteButThePublicOnesWantsAToken) {
  for (const Route& route : all_routes()) {
    if (route.access.who() == Who::Everyone) {
      EXPECT_TRUE(kPublic.contains(route.pattern)) << route.pattern;
      continue;
    }
    std::string path(route.pattern);
    for (std::size_t at = path.find('{'); at != std::string::npos; at = path.find('{'))
      path.replace(at, path.find('}') - at + 1, "x");
    // The content API has its own words for it, as its existing clients know them (content API §2).
    if (path.starts_with("/api/v1/public/")) {
      EXPECT_EQ(call(text_of(route.method), path).code(), "401 invalid or revoked token") << path;
      continue;
    }
    EXPECT_EQ(call(text_of(route.method), path).code(), "401 missing_token") << path;
  }
}

TEST_F(Apis, UnknownPathsAndMethodsAnswerInJson) {
  EXPECT_EQ(call("GET", "/api/v1/nothing").code(), "404 not_found");
  EXPECT_EQ(call("GET", "/elsewhere").code(), "404 not_found");
  EXPECT_EQ(call("POST", "/api/v1/upload/%ff/x").code(), "404 not_found");
  const Answer wrong = call("DELETE", "/api/v1/plan");
  EXPECT_EQ(wrong.code(), "405 method_not_allowed");
  EXPECT_EQ(wrong.header("Allow"), "POST");
  EXPECT_EQ(call("PUT", "/api/v1/health").header("Allow"), "GET, HEAD");
  EXPECT_EQ(call("HEAD", "/api/v1/health").status, 200);
}

TEST_F(Apis, BadBodiesAreRefusedAndEmptyOnesAreObjects) {
  EXPECT_EQ(call("POST", "/api/v1/auth/login", "{").code(), "400 invalid_json");
  EXPECT_EQ(call("POST", "/api/v1/auth/login", "[]").code(), "400 invalid_request");
  EXPECT_EQ(call("POST", "/api/v1/auth/login", "").code(), "400 invalid_request");
  EXPECT_EQ(call("POST", "/api/v1/auth/login", std::string((1 << 20) + 1, ' ')).code(), "413 payload_too_large");
  EXPECT_EQ(call("POST", "/api/v1/plan", std::string((32 << 20) + 1, ' '), login("a")).code(), "413 payload_too_large");
}

TEST_F(Apis, TheHundredAndFirstRequestOfAMinuteWaitsAndUploadsDoNotCount) {
  const std::string token = login("a");
  const Answer plan = call("POST", "/api/v1/plan", map_plan("a", "a"), token);
  EXPECT_EQ(plan.header("X-RateLimit-Limit"), "100");
  EXPECT_EQ(plan.header("X-RateLimit-Remaining"), "99");
  for (int i = 0; i < 99; ++i) EXPECT_EQ(call("GET", "/api/v1/auth/info", "", token).status, 200);
  const Answer over = call("GET", "/api/v1/auth/info", "", token);
  EXPECT_EQ(over.code(), "429 rate_limited");
  EXPECT_EQ(over.header("X-RateLimit-Remaining"), "0");
  EXPECT_GT(std::stoi(over.header("Retry-After")), 0);
  EXPECT_EQ(call("POST", "/api/v1/upload/" + plan["plan_id"] + "/" + sha256("a").hex(), "a", token).status, 200);
  EXPECT_EQ(call("GET", "/api/v1/auth/info", "", login("a")).status, 200) << "another token has its own budget";
}

TEST_F(Apis, AWindowEndsSixtySecondsAfterItsFirstRequest) {
  RateLimiter limiter(2);
  const Instant start{1'000'000};
  EXPECT_EQ(limiter.count("t", start).remaining, 1u);
  EXPECT_TRUE(limiter.count("t", {start.unix_ms + 59'000}).allowed);
  const RateLimiter::Verdict over = limiter.count("t", {start.unix_ms + 59'999});
  EXPECT_FALSE(over.allowed);
  EXPECT_EQ(over.reset, 1060);
  EXPECT_EQ(over.retry_after, 1);
  EXPECT_TRUE(limiter.count("t", {start.unix_ms + 60'000}).allowed);
}

TEST_F(Apis, GuardsAnswerWithTheCurrentImage) {
  const std::string token = login("a");
  const Answer plan = call("POST", "/api/v1/plan", map_plan("a", "a"), token);
  ASSERT_EQ(call("POST", "/api/v1/upload/" + plan["plan_id"] + "/" + sha256("a").hex(), "a", token).status, 200);
  const std::string image =
      call("POST", "/api/v1/commit", R"({"plan_id":")" + plan["plan_id"] + "\"}", token)["image_id"];
  ASSERT_EQ(call("POST", "/api/v1/release", R"({"project":"site"})", token).status, 200);
  const Answer refused =
      call("POST", "/api/v1/release", R"({"project":"site"})", token, {{"If-Match", "\"img_other\""}});
  EXPECT_EQ(refused.code(), "409 conflict");
  EXPECT_EQ(refused["current_image_id"], image);
  EXPECT_EQ(call("GET", "/api/v1/current?project=site", "", token).header("ETag"), "\"" + image + "\"");
}

TEST_F(Apis, WhatFailsInsideIsNotShown) {
  const std::string token = login("a");
  const Answer plan = call("POST", "/api/v1/plan", map_plan("a", "a"), token);
  ASSERT_EQ(call("POST", "/api/v1/upload/" + plan["plan_id"] + "/" + sha256("a").hex(), "a", token).status, 200);
  ASSERT_EQ(call("POST", "/api/v1/commit", R"({"plan_id":")" + plan["plan_id"] + "\"}", token).status, 200);
  publish_fails_ = true;
  const Answer failed = call("POST", "/api/v1/release", R"({"project":"site"})", token);
  EXPECT_EQ(failed.code(), "500 internal");
  EXPECT_EQ(failed.text.find("secret"), std::string::npos);
}

TEST_F(Apis, HealthConfigAndTheBuiltInPageArePublic) {
  const Answer health = call("GET", "/api/v1/health");
  EXPECT_EQ(health["status"], "healthy");
  EXPECT_EQ(health["database"], "ok");
  EXPECT_EQ(health["storage"], "ok");
  EXPECT_EQ(call("GET", "/api/v1/config")["domain"], "localhost:8080");
  EXPECT_EQ(call("GET", "/healthz").status, 200);
  EXPECT_EQ(call("GET", "/readyz").status, 200);
  EXPECT_TRUE(call("GET", "/").header("Content-Type").starts_with("text/html"));
}

TEST_F(Apis, ARequestIdIsTakenOnlyWhenItIsHarmless) {
  EXPECT_EQ(call("GET", "/healthz", "", "", {{"X-Request-Id", "ci-42"}}).header("X-Request-Id"), "ci-42");
  EXPECT_TRUE(
      call("GET", "/healthz", "", "", {{"X-Request-Id", "a b<script>"}}).header("X-Request-Id").starts_with("req_"));
}

}  // namespace
}  // namespace sitepod::control
