// Whose the bucket is. One object in it names the one server that keeps its blobs there: another one's garbage
// collection would take what its database does not know for orphans.
#include "base/log.hpp"
#include "blob/bucket_store_state.hpp"

namespace sitepod::blob {
namespace {

constexpr std::string_view kClaimKey = "sitepod-server.toml";
constexpr std::string_view kBeforeServer = "\nserver = \"";

std::string text_of(const BucketClaim& claim) {
  return "# One sitepod server keeps this bucket for itself. Written by it; another one refuses to start here." +
         std::string(kBeforeServer) + claim.server + "\"\ndomain = \"" + claim.domain + "\"\n";
}

// Empty when the object says nothing.
std::string parse_server(std::string_view text) {
  const std::size_t begin = text.find(kBeforeServer);
  if (begin == std::string_view::npos) return {};
  text.remove_prefix(begin + kBeforeServer.size());
  return std::string(text.substr(0, text.find('"')));
}

Error kept_by_another(const BucketSettings& settings, const std::string& server) {
  return conflict("The bucket " + settings.place() + " is kept by another server, " + server +
                  ": two would take each other's files for garbage. Give this one a bucket of its own; or, when that "
                  "one is gone for good and this one stands in for it, start with storage.s3.take_over = \"" +
                  server + "\".");
}

}  // namespace

Result<std::string> BucketStore::State::ask_owner() {
  const auto text = SITEPOD_TRY(bucket.read_text(std::string(kClaimKey)));
  if (!text) return std::string();
  std::string server = parse_server(*text);
  if (server.empty())
    return unavailable("The storage of files cannot be used; the operator finds the cause in the server's log.")
        .with("the object " + std::string(kClaimKey) + " does not name a server");
  return server;
}

// The answer to a conditional write is not believed, since not every store knows the condition: who writes, looks.
Result<void> BucketStore::State::take_claim(TakeOver take_over) {
  const std::string owner = SITEPOD_TRY(ask_owner());
  if (owner == claim.server) return {};
  const bool stands_in = take_over == TakeOver::Yes && owner == claim.take_over;
  if (!owner.empty() && !stands_in) return kept_by_another(bucket.settings(), owner);
  const auto condition = owner.empty() ? Bucket::Condition::Absent : Bucket::Condition::None;
  SITEPOD_TRY(bucket.write_text(std::string(kClaimKey), text_of(claim), condition));
  const std::string now_owner = SITEPOD_TRY(ask_owner());
  if (now_owner != claim.server) return kept_by_another(bucket.settings(), now_owner);
  log::info(owner.empty() ? "the bucket is this server's" : "the bucket was taken over from another server",
            {{"bucket", bucket.settings().place()}, {"server", claim.server}, {"before", owner}});
  return {};
}

Result<void> BucketStore::State::prove_claim() {
  Result<void> held = take_claim(bucket.claim() == Bucket::Claim::Unproven ? TakeOver::Yes : TakeOver::No);
  if (!held.ok() && held.error().kind != ErrorKind::Conflict) return held;
  claim_due.unix_ms = now().unix_ms + bucket.settings().claim_check_every.count();
  bucket.set_claim(held.ok() ? Bucket::Claim::Held : Bucket::Claim::Lost);
  return held;
}

void BucketStore::State::watch_claim() {
  const std::lock_guard lock(claiming);
  const Bucket::Claim standing = bucket.claim();
  if (standing == Bucket::Claim::NotAsked || standing == Bucket::Claim::Lost || now() < claim_due) return;
  const Result<void> held = prove_claim();
  if (bucket.claim() == Bucket::Claim::Lost)
    log::error("the bucket is kept by another server: nothing is stored or removed there any more; end one of the two",
               {{"cause", held.error().message}});
}

}  // namespace sitepod::blob
