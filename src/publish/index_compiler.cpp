#include "publish/index_compiler.hpp"

#include <algorithm>
#include <cctype>
#include <optional>
#include <unordered_map>
#include <vector>

#include "meta/collection.hpp"
#include "model/manifest.hpp"
#include "serve/site_index.hpp"
#include "tree/media_type.hpp"

namespace sitepod::publish {
namespace {

constexpr std::uint64_t kMaxManifestBytes = 1ull << 30;
// So many files share one read transaction: long enough to be cheap, short enough not to hold back the write-ahead log.
constexpr std::size_t kFilesPerTransaction = 2'000;

std::string_view essence(std::string_view media_type) {
  std::string_view type = media_type.substr(0, media_type.find(';'));
  return type.substr(0, type.find_last_not_of(" \t") + 1);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Deploy API §11.5: the manifest's type; the extension's when there is none or only the unspecific one. Where both
// agree the extension's is complete (it has the charset).
std::string_view choose_media_type(const model::ManifestEntry& entry) {
  std::string_view by_name = tree::media_type_of(entry.path);
  std::string_view given = essence(entry.media_type);
  if (given.empty() || equals_ignoring_case(given, tree::kUnknownMediaType)) return by_name;
  if (entry.media_type.size() == given.size() && equals_ignoring_case(given, essence(by_name))) return by_name;
  return entry.media_type;
}

// What was purged, by SHA-256, and whether that was lifted: as a rule nothing.
using PurgedBlobs = std::unordered_map<Digest, bool, DigestHash>;

Result<PurgedBlobs> load_purged_blobs(meta::MetaStore& meta) {
  return meta.read([](meta::Session& session) -> Result<PurgedBlobs> {
    PurgedBlobs purged;
    SITEPOD_TRY(meta::each_purged_blob(session, [&](const meta::PurgedBlob& blob) {
      purged.emplace(blob.sha256, blob.lifted_at.has_value());
    }));
    return purged;
  });
}

serve::IndexInput describe_purged(const model::ManifestEntry& entry) {
  serve::IndexInput input;
  input.path = entry.path;
  input.media_type = tree::kUnknownMediaType;
  input.blob = entry.blob;
  input.gone = true;
  return input;
}

Result<serve::IndexInput> describe_file(const model::ManifestEntry& entry, const blob::DiskStore& blobs,
                                        const PurgedBlobs& purged) {
  auto size = blobs.find_size(entry.blob);
  // Bytes whose purge was lifted are missed by nobody until somebody brings them back.
  if (const auto known = purged.find(entry.blob); known != purged.end() && (!known->second || !size))
    return describe_purged(entry);
  if (size != entry.size)
    return internal("blob " + entry.blob.hex() + (size ? " has another size than the manifest says" : " is missing"));
  serve::IndexInput input;
  input.path = entry.path;
  input.media_type = choose_media_type(entry);
  input.blob = entry.blob;
  input.size = entry.size;
  input.immutable = tree::is_fingerprinted(entry.path);
  input.compressible = tree::is_compressible(input.media_type);
  return input;
}

std::optional<serve::Encoding> parse_encoding(std::string_view name) {
  if (name == "gzip") return serve::Encoding::Gzip;
  if (name == "zstd") return serve::Encoding::Zstd;
  if (name == "br") return serve::Encoding::Brotli;
  return std::nullopt;
}

Result<void> add_variants(meta::Session& session, const blob::DiskStore& blobs, serve::IndexInput& input) {
  if (!input.compressible) return {};
  for (const meta::Variant& variant : SITEPOD_TRY(meta::find_variants(session, input.blob))) {
    auto encoding = parse_encoding(variant.encoding);
    // Without its file a variant is merely not offered: it is derived, and the identity bytes are there.
    if (!encoding || variant.size == 0 || blobs.find_size(variant.blob) != variant.size) continue;
    input.variants[static_cast<std::size_t>(*encoding)] = {variant.blob, variant.size, true};
  }
  return {};
}

}  // namespace

Result<std::string> compile_index(meta::MetaStore& meta, const blob::DiskStore& blobs, const meta::Image& image) {
  std::string bytes =
      SITEPOD_TRY_WITH(blobs.read_verified(image.manifest, kMaxManifestBytes), "manifest " + image.manifest.hex());
  model::Manifest manifest = SITEPOD_TRY(model::Manifest::from_bytes(bytes));
  bytes = {};

  const PurgedBlobs purged = SITEPOD_TRY(load_purged_blobs(meta));
  std::vector<serve::IndexInput> inputs;
  inputs.reserve(manifest.size());
  for (std::size_t i = 0; i < manifest.size(); ++i) inputs.push_back(SITEPOD_TRY(describe_file(manifest.at(i), blobs, purged)));

  for (std::size_t first = 0; first < inputs.size(); first += kFilesPerTransaction) {
    std::size_t end = std::min(inputs.size(), first + kFilesPerTransaction);
    auto added = meta.read([&](meta::Session& session) -> Result<void> {
      for (std::size_t i = first; i < end; ++i) SITEPOD_TRY(add_variants(session, blobs, inputs[i]));
      return {};
    });
    SITEPOD_TRY(std::move(added));
  }
  return serve::build_site_index(inputs, image.created_at);
}

}  // namespace sitepod::publish
