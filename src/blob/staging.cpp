#include "blob/staging.hpp"

#include <memory>
#include <optional>

#include "base/base64.hpp"
#include "base/log.hpp"
#include "base/random.hpp"
#include "blob/bucket_store_state.hpp"
#include "blob/s3_signature.hpp"

namespace sitepod::blob {
namespace {

constexpr std::string_view kPrefix = "staging/";
constexpr std::string_view kFrozenPrefix = "frozen/";

std::string prefix_of(std::string_view owner) { return std::string(kPrefix) + std::string(owner) + "/"; }

std::string key_of(std::string_view owner, const Digest& sha256) { return prefix_of(owner) + sha256.hex(); }

// What is needed for every address of one plan.
struct Origin {
  S3Address address;
  BucketSettings settings;
  S3Presigner presigner;
  std::string owner;
};

// The owner and the object; nothing when the key is none of ours.
std::optional<std::pair<std::string, StagedObject>> parse(const S3Object& object) {
  std::string_view key = object.key;
  key.remove_prefix(std::min(key.size(), kPrefix.size()));
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto sha256 = parse_digest(key.substr(slash + 1));
  if (!sha256) return std::nullopt;
  return std::pair{std::string(key.substr(0, slash)), StagedObject{*sha256, object.size, object.written_at}};
}

}  // namespace

bool Staging::is_wanted() const { return bucket_.settings().takes_uploads; }

Staging::Signer Staging::signer_for(std::string_view owner, Instant now) const {
  const BucketSettings& settings = bucket_.settings();
  const std::string& endpoint = settings.public_endpoint.empty() ? settings.endpoint : settings.public_endpoint;
  const auto origin = std::make_shared<const Origin>(
      Origin{address_of(settings, endpoint), settings,
             S3Presigner({settings.access_key, settings.secret_key}, settings.region, now, settings.upload_lifetime),
             std::string(owner)});
  Signer signer;
  signer.good_until_ = {now.unix_ms + std::chrono::milliseconds(settings.upload_lifetime).count()};
  signer.sign_ = [origin](const Digest& sha256, std::uint64_t size) {
    S3Request request;
    request.method = "PUT";
    request.host = origin->address.host;
    request.path = path_in(origin->address, origin->settings, key_of(origin->owner, sha256));
    // In the query, as the AWS libraries have it: the client need not know of it.
    request.query = {{"x-amz-checksum-sha256", to_base64(sha256.bytes)}};
    request.fields = {{"content-length", std::to_string(size)}};
    return origin->address.origin + request.path + "?" + origin->presigner.query_of(request);
  };
  return signer;
}

Result<std::vector<StagedObject>> Staging::list(std::string_view owner) const {
  std::vector<StagedObject> objects;
  SITEPOD_TRY(bucket_.list(prefix_of(owner), [&](const S3Object& object) {
    if (const auto staged = parse(object)) objects.push_back(staged->second);
    return true;
  }));
  return objects;
}

Result<Staging::Received> Staging::receive(std::string_view owner, const StagedObject& object) {
  std::string key = key_of(owner, object.sha256);
  const bool is_frozen = object.size >= bucket_.settings().copied_from_bytes;
  if (is_frozen) {
    const std::string frozen = std::string(kFrozenPrefix) + object.sha256.hex() + "-" + random_base36(8);
    if (!SITEPOD_TRY(bucket_.copy(key, frozen)))
      return not_found("not_found", "The file is not in the store.").with("object " + key);
    key = frozen;
  }
  Result<Received> received = receive_once(key, object.size);
  if (!received.ok() && received.error().kind == ErrorKind::StorageFull) {
    SITEPOD_TRY(make_room_());
    received = receive_once(key, object.size);
  }
  if (!is_frozen) return received;
  if (received.ok() && received->stored.sha256 == object.sha256)
    frozen_.add(object.sha256, key);
  else
    static_cast<void>(bucket_.remove(key));  // what stays of it is swept
  return received;
}

Result<Staging::Received> Staging::receive_once(const std::string& key, std::uint64_t size) {
  std::optional<Incoming> incoming;
  const auto restart = [&]() -> Result<void> {
    incoming.reset();
    incoming.emplace(SITEPOD_TRY(disk_.receive(size)));
    return {};
  };
  SITEPOD_TRY(bucket_.get(key, restart, [&](std::string_view piece) -> Result<void> {
    if (piece.size() > size - incoming->size())
      return invalid("size_mismatch", "The uploaded file was exchanged for a longer one.");
    return incoming->write(std::as_bytes(std::span(piece.data(), piece.size())));
  }));
  const StoredBlob stored = incoming->finish();
  return Received{*std::move(incoming), stored};
}

Result<void> Staging::remove(std::string_view owner, const Digest& sha256) const {
  return bucket_.remove(key_of(owner, sha256));
}

Result<std::int64_t> Staging::sweep(
    const std::function<Result<bool>(std::string_view owner, const StagedObject& object)>& goes, Instant before) const {
  std::int64_t removed = 0;
  Result<void> outcome;
  const auto remove = [&](const std::string& key) {
    outcome = bucket_.remove(key);
    removed += outcome.ok();
    return outcome.ok();
  };
  SITEPOD_TRY(bucket_.list(std::string(kPrefix), [&](const S3Object& object) {
    const auto staged = parse(object);
    if (!staged) return true;
    const Result<bool> decided = goes(staged->first, staged->second);
    if (!decided.ok()) outcome = decided.error();
    return outcome.ok() && (!*decided || remove(object.key));
  }));
  SITEPOD_TRY(std::move(outcome));
  SITEPOD_TRY(bucket_.list(std::string(kFrozenPrefix),
                           [&](const S3Object& object) { return object.written_at > before || remove(object.key); }));
  SITEPOD_TRY(std::move(outcome));
  return removed;
}

}  // namespace sitepod::blob
