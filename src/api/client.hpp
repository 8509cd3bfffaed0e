// The deploy API from the caller's side: one typed call per endpoint, with the retries that are safe.
// A resource of one thread; calls block. Errors keep the server's code and message, and its status as the detail
// "status"; trouble on the way is Unavailable "network". A call is repeated with growing pauses, and after the time
// that Retry-After names, only when repeating cannot do harm.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "api/client_plan.hpp"
#include "base/digest.hpp"
#include "base/result.hpp"

namespace sitepod::http {
struct ClientRequest;
struct ClientResponse;
}  // namespace sitepod::http

namespace sitepod::api {

struct ClientSettings {
  std::string endpoint;  // scheme and authority, perhaps with a path; "/api/v1" is added
  std::string token;     // empty: none is sent
  const std::atomic<bool>* cancelled = nullptr;
  int max_tries = 5;
  std::chrono::milliseconds first_pause = std::chrono::milliseconds(500);
  std::chrono::seconds longest_wait = std::chrono::seconds(120);  // a longer Retry-After is an error at once
  std::function<void(std::string_view)> on_wait;                  // told why and how long it waits
};

struct LoginAnswer {
  std::string token, user_id, email;
  bool is_admin = false;
  bool created = false;
};

struct AccountAnswer {
  std::string id, email;
  bool is_admin = false;
};

struct PlanAnswer {
  std::string plan_id, content_hash, upload_mode;
  std::int64_t reusable = 0;
  std::vector<Digest> missing;  // by the name in the question, each once
  // Of each of them, in the bucket behind the server; none: files are sent to the server.
  std::vector<std::string> upload_urls;
};

struct PackAnswer {
  std::int64_t stored = 0;
  bool lists_missing = false;
  std::vector<Digest> missing;
};

struct CommitAnswer {
  std::string image_id, content_hash, created_at;
  std::int64_t file_count = 0, total_size = 0;
};

struct ReleaseQuestion {
  std::string project, environment;
  std::string image_id;  // empty: the newest (release), the one before (rollback)
  std::optional<std::string> expected_image_id;
  std::optional<std::int64_t> source_seq;
};

struct ReleaseAnswer {
  std::string url, environment, image_id, previous_image_id;
  std::string immutable_url;  // empty when the server gives none
  std::vector<std::string> alias_urls;
  std::vector<std::string> warnings;  // sentences for the person
};

struct ImageSummary {
  std::string image_id, content_hash, created_at, version, status, message, git_commit;
  std::int64_t file_count = 0, total_size = 0;
  std::vector<std::string> deployed_to;
};

struct CurrentAnswer {
  std::string image_id, content_hash, deployed_at, url;
};

struct ProjectSummary {
  std::string id, name, subdomain, created_at, updated_at;
};

struct PreviewQuestion {
  std::string project;
  std::string image_id;  // empty: the newest
  std::string slug;      // empty: a random one
  std::string ttl;       // "72h", "7d"; empty: the server's default
  std::optional<std::int64_t> expires_in;
  std::string password;
};

struct PreviewAnswer {
  std::string url, path_url, slug, expires_at, image_id;
};

struct TokenQuestion {
  std::string name, project, environment;
  std::vector<std::string> scopes;
  std::optional<std::int64_t> expires_in;
};

struct TokenSummary {
  std::string id, name, project, environment, created_at, last_used_at, expires_at;
  std::vector<std::string> scopes;
  std::string token;  // of a new one only
};

struct DomainSummary {
  std::string domain, slug, type, status;
  std::string verification_txt;  // empty: nothing has to be proven
  bool is_primary = false;
};

struct VerifyAnswer {
  std::string domain, status, message;
  bool verified = false;
};

struct TrafficAnswer {
  std::string month, action, state, resets_at;
  std::int64_t bytes = 0, cap_bytes = 0;  // 0: no cap
};

class ClientExchange;

class Client {
 public:
  using ReadBody = std::function<Result<std::size_t>(std::span<std::byte>)>;

  explicit Client(ClientSettings settings);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Result<LoginAnswer> login(std::string_view email, std::string_view password);
  Result<void> logout();
  Result<AccountAnswer> account();
  Result<PlanAnswer> plan(const PlanQuestion& question);
  // Never repeated here: the body can be read only once.
  Result<void> upload_blob(std::string_view plan_id, const Digest& name, std::uint64_t size, ReadBody read);
  // To an address that a plan has given, past the server. Errors: "changed" when the bucket knows other bytes; whatever
  // else keeps it from the bucket is Unavailable "bucket", which a new plan may mend, with new addresses.
  Result<void> put_into_bucket(const std::string& url, std::uint64_t size, ReadBody read);
  enum class PackKind : std::uint8_t { Tar, TarZstd };
  Result<PackAnswer> upload_pack(std::string_view plan_id, PackKind kind, ReadBody read);
  Result<CommitAnswer> commit(std::string_view plan_id, std::string_view message);
  Result<ReleaseAnswer> release(const ReleaseQuestion& question);
  Result<ReleaseAnswer> rollback(const ReleaseQuestion& question);
  Result<CurrentAnswer> current(std::string_view project, std::string_view environment);
  // Newest first; an empty environment means every image of the project.
  Result<std::vector<ImageSummary>> history(std::string_view project, std::string_view environment, int limit);
  Result<std::vector<ProjectSummary>> projects();
  Result<PreviewAnswer> preview(const PreviewQuestion& question);
  Result<TokenSummary> create_token(const TokenQuestion& question);
  Result<std::vector<TokenSummary>> tokens();
  Result<void> revoke_token(std::string_view id);
  Result<std::vector<DomainSummary>> domains(std::string_view project);
  Result<DomainSummary> add_domain(std::string_view project, std::string_view domain, std::string_view slug);
  Result<VerifyAnswer> verify_domain(std::string_view domain);
  // Every path of the domain that is the caller's, or one.
  Result<void> remove_domain(std::string_view domain, std::string_view slug);
  // Yields the new host.
  Result<std::string> rename_subdomain(std::string_view project, std::string_view subdomain);
  Result<TrafficAnswer> traffic(std::string_view project);
  Result<TrafficAnswer> set_traffic_cap(std::string_view project, std::int64_t bytes, std::string_view action);
  Result<void> delete_project(std::string_view name);
  // How many projects went with it.
  Result<std::int64_t> delete_account();
  // A free name like this one; empty when the name itself is free.
  Result<std::string> suggest_name(std::string_view name);

  // For the clients of single parts of the API (content_client.hpp). `path` is below /api/v1.
  enum class Repeat : std::uint8_t { Never, WhenTurnedAway, Freely };
  http::ClientRequest make_request(std::string_view method, std::string_view path) const;
  // `prepare` makes the request anew for each try. Status 400 is an answer too, whose body says what is wrong.
  Result<http::ClientResponse> exchange(Repeat repeat, const std::function<http::ClientRequest()>& prepare);

  // Waits as after an answer that cannot be had now; false when it was interrupted. `attempt` counts from 1.
  bool pause(int attempt, const Error& reason);

 private:
  std::unique_ptr<ClientExchange> exchange_;
};

}  // namespace sitepod::api
