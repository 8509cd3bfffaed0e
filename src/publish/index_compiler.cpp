#include "publish/index_compiler.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <unordered_set>
#include <vector>

#include "base/file.hpp"
#include "base/hmac.hpp"
#include "meta/blob_presence.hpp"
#include "meta/collection.hpp"
#include "meta/media.hpp"
#include "meta/social_images.hpp"
#include "model/image_rules.hpp"
#include "model/manifest.hpp"
#include "serve/site_index.hpp"
#include "tree/media_type.hpp"

namespace sitepod::publish {
namespace {

// So many files share one walk through the rows of variants, in one read transaction: long enough to be cheap, short
// enough not to hold back the write-ahead log.
constexpr std::size_t kFilesAtOnce = 4096;
constexpr std::string_view kMediaFolder = "media/";  // of built images: what somebody uploaded
// Far more than a site's pages can have.
constexpr std::uint64_t kMaxRulesBytes = 64 << 20;

constexpr serve::Encoding kEncodings[] = {serve::Encoding::Gzip, serve::Encoding::Zstd, serve::Encoding::Brotli};

// What was purged, by SHA-256: as a rule nothing. Bytes whose purge was lifted are missed by nobody until somebody
// brings them back.
using PurgedBlobs = std::unordered_set<Digest, DigestHash>;

Result<PurgedBlobs> load_purged_blobs(meta::MetaStore& meta, const blob::BlobStore& blobs) {
  PurgedBlobs purged;
  std::vector<Digest> lifted;
  SITEPOD_TRY(meta.read([&](meta::Session& session) {
    purged.clear();
    lifted.clear();
    return meta::each_purged_blob(session, [&](const meta::PurgedBlob& blob) {
      purged.insert(blob.sha256);
      if (blob.lifted_at) lifted.push_back(blob.sha256);
    });
  }));
  for (const Digest& blob : lifted)
    if (SITEPOD_TRY(blobs.find_size(blob))) purged.erase(blob);
  return purged;
}

// With which this site signs for who knows a page's password.
Result<Digest> load_lock_key(meta::MetaStore& meta, std::string_view project_id) {
  const auto secret = SITEPOD_TRY(
      meta.read([](meta::Session& session) { return meta::find_setting(session, meta::kPageSecretSetting); }));
  const auto key = secret ? parse_digest(*secret) : std::nullopt;
  if (!key) return internal("the database has no secret for the locked pages of sites");
  return hmac_sha256(*key, "sitepod locked pages 1\n" + std::string(project_id));
}

// The files that the site has whatever image is live.
Result<std::vector<meta::Media>> load_media(meta::MetaStore& meta, std::string_view project_id) {
  return meta.read([&](meta::Session& session) -> Result<std::vector<meta::Media>> {
    std::vector<meta::Media> media = SITEPOD_TRY(meta::list_media(session, project_id));
    for (meta::Media& made : SITEPOD_TRY(meta::list_made_social_images(session, project_id)))
      media.push_back(std::move(made));
    return media;
  });
}

std::optional<serve::Encoding> parse_encoding(std::string_view name) {
  if (name == "gzip") return serve::Encoding::Gzip;
  if (name == "zstd") return serve::Encoding::Zstd;
  if (name == "br") return serve::Encoding::Brotli;
  return std::nullopt;
}

// Some files of the manifest on their way into the index.
class IndexCompiler {
 public:
  IndexCompiler(meta::MetaStore& meta, const blob::BlobStore& blobs, serve::SiteIndexWriter& writer,
                const meta::Image& image, Blobs checked, const serve::SiteIndex* before)
      : meta_(meta), blobs_(blobs), writer_(writer), image_(image), checked_(checked), before_(before) {}

  // The site's media are served whatever image is live; where both have a path, the image's file counts.
  Result<void> run(const model::Manifest* manifest, std::vector<meta::Media> media) {
    purged_ = SITEPOD_TRY(load_purged_blobs(meta_, blobs_));
    // Where some files are known to be damaged, no index of before is believed.
    if (SITEPOD_TRY(meta_.read(meta::count_damaged_blobs)) > 0) before_ = nullptr;
    media_ = std::move(media);
    std::sort(media_.begin(), media_.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    const auto take = [&](const model::ManifestEntry& entry) -> Result<void> {
      SITEPOD_TRY(add_media_before(entry.path));
      if (next_media_ < media_.size() && media_[next_media_].path == entry.path) ++next_media_;
      // What somebody uploads under these names are files like any other.
      if (image_.source == "build" && entry.path.starts_with(model::kReservedFolder)) return add_reserved(entry);
      const bool is_media = image_.source == "build" && entry.path.starts_with(kMediaFolder);
      return add(entry, is_media ? IsMedia::Yes : IsMedia::No);
    };
    if (checked_ == Blobs::AreChecked && blobs_.asks_another_machine()) SITEPOD_TRY(look_up_all(manifest));
    SITEPOD_TRY(each_entry(manifest, take));
    SITEPOD_TRY(add_media_before(std::nullopt));
    return write();
  }

 private:
  enum class IsMedia : bool { No, Yes };
  enum class IsOfSite : bool { No, Yes };

  // A file that waits for its variants; its texts stand in `texts_` until then.
  struct Waiting {
    serve::IndexInput input;
    std::size_t path_bytes = 0;
    std::size_t media_type_bytes = 0;
    std::optional<serve::IndexEntry> served;  // the same file, as visitors get it at its path now
    bool is_as_served = false;                // in every respect, variants excepted
    bool has_all_variants = false;            // there are no others than those that are served
  };

  // That visitors are not offered yet.
  struct NewVariant {
    std::size_t place = 0;  // in waiting_
    serve::Encoding encoding{};
    Digest blob;
    std::uint64_t size = 0;
  };

  Result<void> each_entry(const model::Manifest* manifest, const model::ManifestReader::Each& take) const {
    if (manifest == nullptr) {
      SITEPOD_TRY_WITH(read_manifest(take), "manifest " + image_.manifest.hex());
      return {};
    }
    for (std::size_t i = 0; i < manifest->size(); ++i) SITEPOD_TRY(take(manifest->at(i)));
    return {};
  }

  Result<void> read_manifest(const model::ManifestReader::Each& take) const {
    model::ManifestReader reader;
    const auto feed = [&](std::string_view piece) { return reader.feed(piece, take); };
    SITEPOD_TRY(blobs_.read_pieces(image_.manifest, feed));
    return reader.finish();
  }

  // All that are left, without a path.
  Result<void> add_media_before(std::optional<std::string_view> path) {
    for (; next_media_ < media_.size() && (!path || media_[next_media_].path < *path); ++next_media_) {
      const meta::Media& file = media_[next_media_];
      SITEPOD_TRY(add({file.path, file.blob, file.size, file.media_type}, IsMedia::Yes, IsOfSite::Yes));
    }
    return {};
  }

  Result<void> add(const model::ManifestEntry& entry, IsMedia is_media = IsMedia::No,
                   IsOfSite is_of_site = IsOfSite::No) {
    Waiting file;
    file.input.of_site = is_of_site == IsOfSite::Yes;
    file.input.blob = entry.blob;
    std::string_view media_type = tree::kUnknownMediaType;
    if (is_gone(entry.blob)) {
      file.input.gone = true;
    } else {
      if (checked_ == Blobs::AreChecked) SITEPOD_TRY(check_blob(entry));
      media_type = tree::served_media_type(entry.path, entry.media_type);
      file.input.size = entry.size;
      file.input.compressible = tree::is_compressible(media_type);
      // What a deploy brings is its owner's own program; what somebody puts into a page is not.
      file.input.sandboxed = is_media == IsMedia::Yes && media_type.starts_with("image/svg+xml");
      file.served = find_served(entry);
      file.is_as_served = is_as_served(file, media_type);
      file.has_all_variants = file.is_as_served && has_all_variants(file);
    }
    if (file.is_as_served) {
      file.input.path = file.served->path();
      file.input.media_type = file.served->media_type();
      file.input.immutable = file.served->immutable();
    } else {
      // QuickTime at the address of an MP4 stands in for it only until the film has been turned into one.
      const bool is_stand_in = media_type == "video/quicktime" && entry.path.ends_with(".mp4");
      // Also of what is gone: so the path answers 410 where the image is a recent one, too.
      file.input.immutable = tree::is_fingerprinted(entry.path) && !is_stand_in;
      file.path_bytes = entry.path.size();
      file.media_type_bytes = media_type.size();
      texts_.append(entry.path).append(media_type);
    }
    waiting_.push_back(file);
    return waiting_.size() < kFilesAtOnce ? Result<void>() : write();
  }

  // Not to be found by any path. Without the rules nobody gets at a locked text: then only its form is there.
  Result<void> add_reserved(const model::ManifestEntry& entry) {
    if (entry.path.starts_with(model::kLockedFolder)) {
      const std::string path = serve::hidden_path(entry.path);
      return add({path, entry.blob, entry.size, entry.media_type});
    }
    if (entry.path != model::kRulesPath || is_gone(entry.blob)) return {};
    const std::string rules = SITEPOD_TRY(blobs_.read_verified(entry.blob, kMaxRulesBytes));
    writer_.set_rules(rules, SITEPOD_TRY(load_lock_key(meta_, image_.project_id)));
    return {};
  }

  bool is_gone(const Digest& blob) const { return purged_.contains(blob); }

  // So that checking them one by one asks nobody.
  Result<void> look_up_all(const model::Manifest* manifest) const {
    std::vector<Digest> some;
    const auto look_up = [&]() -> Result<void> {
      SITEPOD_TRY(blobs_.look_up(some));
      some.clear();
      return {};
    };
    SITEPOD_TRY(each_entry(manifest, [&](const model::ManifestEntry& entry) -> Result<void> {
      some.push_back(entry.blob);
      return some.size() < kFilesAtOnce ? Result<void>() : look_up();
    }));
    return look_up();
  }

  Result<void> check_blob(const model::ManifestEntry& entry) const {
    const auto size = SITEPOD_TRY(blobs_.find_size(entry.blob));
    if (size == entry.size) return {};
    return internal("blob " + entry.blob.hex() + (size ? " has another size than the manifest says" : " is missing"));
  }

  Result<void> write() {
    std::string_view texts = texts_;
    for (Waiting& file : waiting_) {
      if (file.is_as_served) continue;
      file.input.path = texts.substr(0, file.path_bytes);
      file.input.media_type = texts.substr(file.path_bytes, file.media_type_bytes);
      texts.remove_prefix(file.path_bytes + file.media_type_bytes);
    }
    SITEPOD_TRY(add_variants());
    for (const Waiting& file : waiting_)
      SITEPOD_TRY(file.has_all_variants ? writer_.add_as_before(*file.served) : writer_.add(file.input));
    waiting_.clear();
    texts_.clear();
    return {};
  }

  // What visitors get at the path now, if it is these bytes. Files come in the order of paths, as the index has them.
  std::optional<serve::IndexEntry> find_served(const model::ManifestEntry& file) {
    if (before_ == nullptr || checked_ == Blobs::AreChecked) return std::nullopt;
    while (next_served_ < before_->size() && before_->at(next_served_).path() < file.path) ++next_served_;
    if (next_served_ == before_->size()) return std::nullopt;
    const serve::IndexEntry entry = before_->at(next_served_);
    const bool is_it = entry.path() == file.path && !entry.gone() &&
                       entry.variant(serve::Encoding::Identity).blob == file.blob && entry.size() == file.size;
    return is_it ? std::optional(entry) : std::nullopt;
  }

  // What the path alone decides is the same at the same path.
  static bool is_as_served(const Waiting& file, std::string_view media_type) {
    return file.served && file.served->media_type() == media_type && file.served->sandboxed() == file.input.sandboxed &&
           file.served->of_site() == file.input.of_site;
  }

  // Where every encoding is offered, the database knows no other; what gains nothing by encoding has none.
  bool has_all_variants(const Waiting& file) const {
    if (!file.input.compressible) return !file.served->has_encoded_variants();
    return std::all_of(std::begin(kEncodings), std::end(kEncodings), [&](serve::Encoding encoding) {
      return file.served->has(encoding) && (purged_.empty() || !is_gone(file.served->variant(encoding).blob));
    });
  }

  static bool has_variants_as_served(const Waiting& file) {
    return std::all_of(std::begin(kEncodings), std::end(kEncodings), [&](serve::Encoding encoding) {
      const serve::IndexInput::Variant& variant = file.input.variants[static_cast<std::size_t>(encoding)];
      return variant.present ? is_offered(file, encoding, variant.blob) : !file.served->has(encoding);
    });
  }

  static bool is_offered(const Waiting& file, serve::Encoding encoding, const Digest& blob) {
    return file.served && file.served->has(encoding) && file.served->variant(encoding).blob == blob;
  }

  Result<void> add_variants() {
    std::vector<Digest> sources;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < waiting_.size(); ++i) {
      if (!waiting_[i].input.compressible || waiting_[i].has_all_variants) continue;
      sources.push_back(waiting_[i].input.blob);
      places.push_back(i);
    }
    if (sources.empty()) return {};
    std::vector<NewVariant> others;
    SITEPOD_TRY(meta_.read([&](meta::Session& session) {
      others.clear();
      return meta::find_variants_of(session, sources, [&](std::size_t position, const meta::Variant& variant) {
        const auto encoding = parse_encoding(variant.encoding);
        // The row goes with the bytes, which may take a while longer.
        if (!encoding || variant.size == 0 || is_gone(variant.blob)) return;
        Waiting& file = waiting_[places[position]];
        if (is_offered(file, *encoding, variant.blob))
          offer(file, *encoding, variant.blob, variant.size);
        else
          others.push_back({places[position], *encoding, variant.blob, variant.size});
      });
    }));
    SITEPOD_TRY(add_new_variants(others));
    for (const std::size_t place : places)
      if (Waiting& file = waiting_[place]; file.is_as_served) file.has_all_variants = has_variants_as_served(file);
    return {};
  }

  static void offer(Waiting& file, serve::Encoding encoding, const Digest& blob, std::uint64_t size) {
    file.input.variants[static_cast<std::size_t>(encoding)] = {blob, size, true};
  }

  // Without its file a variant is merely not offered: it is derived, and the identity bytes are there. The store is
  // asked outside of the transaction: it may have to ask another machine.
  Result<void> add_new_variants(const std::vector<NewVariant>& variants) {
    std::vector<Digest> blobs;
    for (const NewVariant& variant : variants) blobs.push_back(variant.blob);
    SITEPOD_TRY(blobs_.look_up(blobs));
    for (const NewVariant& variant : variants)
      if (SITEPOD_TRY(blobs_.find_size(variant.blob)) == variant.size)
        offer(waiting_[variant.place], variant.encoding, variant.blob, variant.size);
    return {};
  }

  meta::MetaStore& meta_;
  const blob::BlobStore& blobs_;
  serve::SiteIndexWriter& writer_;
  const meta::Image& image_;
  const Blobs checked_;
  const serve::SiteIndex* before_;
  PurgedBlobs purged_;
  std::vector<meta::Media> media_;  // by path
  std::size_t next_media_ = 0;
  std::vector<Waiting> waiting_;
  std::size_t next_served_ = 0;  // in the index of before
  std::string texts_;
};

}  // namespace

Result<void> compile_index(meta::MetaStore& meta, const blob::BlobStore& blobs, const meta::Image& image,
                           const UniqueFd& file, Blobs checked, const serve::SiteIndex* before,
                           const model::Manifest* manifest) {
  if (::lseek(file.get(), serve::kIndexHeaderBytes, SEEK_SET) < 0) return from_errno(errno, "seek in a site index");
  serve::SiteIndexWriter writer(
      image.created_at, [&](std::string_view bytes) { return write_all(file.get(), std::as_bytes(std::span(bytes))); });
  std::vector<meta::Media> media = SITEPOD_TRY(load_media(meta, image.project_id));
  SITEPOD_TRY(IndexCompiler(meta, blobs, writer, image, checked, before).run(manifest, std::move(media)));
  const std::string header = SITEPOD_TRY(writer.finish());
  if (::lseek(file.get(), 0, SEEK_SET) < 0) return from_errno(errno, "seek in a site index");
  return write_all(file.get(), std::as_bytes(std::span(header)));
}

}  // namespace sitepod::publish
