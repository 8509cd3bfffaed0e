#include "media/pictures.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <vips/vips.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "media/dynamic_library.hpp"
#include "media/outcome.hpp"
#include "media/webp_chunks.hpp"

namespace sitepod::media {

// The functions that are used, found by name: linking libvips would cost every start of the server a hundred libraries.
struct PictureShop::Library {
  decltype(&::vips_init) init;
  decltype(&::vips_error_buffer) error_buffer;
  decltype(&::vips_concurrency_set) concurrency_set;
  decltype(&::vips_cache_set_max) cache_set_max;
  decltype(&::vips_operation_block_set) operation_block_set;
  decltype(&::vips_source_new_from_descriptor) source_new_from_descriptor;
  decltype(&::vips_image_new_from_source) image_new_from_source;
  decltype(&::vips_image_get_width) get_width;
  decltype(&::vips_image_get_height) get_height;
  decltype(&::vips_image_get_n_pages) get_n_pages;
  decltype(&::vips_image_get_page_height) get_page_height;
  decltype(&::vips_image_copy_memory) copy_memory;
  decltype(&::vips_thumbnail_source) thumbnail_source;
  decltype(&::vips_thumbnail_image) thumbnail_image;
  decltype(&::vips_webpsave_buffer) webpsave_buffer;
  decltype(&::g_object_unref) object_unref;
  decltype(&::g_free) free;

  bool find_all(const DynamicLibrary& file) {
    return file.find(init, "vips_init") && file.find(error_buffer, "vips_error_buffer") &&
           file.find(concurrency_set, "vips_concurrency_set") && file.find(cache_set_max, "vips_cache_set_max") &&
           file.find(operation_block_set, "vips_operation_block_set") &&
           file.find(source_new_from_descriptor, "vips_source_new_from_descriptor") &&
           file.find(image_new_from_source, "vips_image_new_from_source") &&
           file.find(get_width, "vips_image_get_width") && file.find(get_height, "vips_image_get_height") &&
           file.find(get_n_pages, "vips_image_get_n_pages") &&
           file.find(get_page_height, "vips_image_get_page_height") &&
           file.find(copy_memory, "vips_image_copy_memory") && file.find(thumbnail_source, "vips_thumbnail_source") &&
           file.find(thumbnail_image, "vips_thumbnail_image") && file.find(webpsave_buffer, "vips_webpsave_buffer") &&
           file.find(object_unref, "g_object_unref") && file.find(free, "g_free");
  }
};

namespace {

constexpr char kVipsFile[] = "libvips.so.42";
constexpr char kVipsPackage[] = "libvips42";

constexpr int kLossyQuality = 80;
constexpr int kEffort = 2;  // of 0–6; 4 takes 1.7 times as long for files that are 3 % smaller
// Drawings and screenshots are smaller or hardly larger without loss; photographs in PNG are not worth trying.
constexpr std::int64_t kMaxLosslessPixels = 4'000'000;
constexpr std::size_t kLosslessPatiencePercent = 130;  // of the lossy size

// Options of the loader; thumbnail_source does not hand its own `fail_on` down.
constexpr char kFirstFrame[] = "fail_on=truncated";
constexpr char kAllFrames[] = "fail_on=truncated,n=-1";

// An object or buffer of the library with the function that gives it back.
template <typename T>
using Owned = std::unique_ptr<T, void (*)(void*)>;

struct Encoded {
  Owned<void> bytes;
  std::size_t size = 0;
};

Error not_a_picture(std::string_view reason) {
  if (reason.find("out of memory") != std::string_view::npos)
    return too_large("The picture takes too much memory to decode.");
  reason = reason.substr(0, reason.find('\n'));
  return unreadable(
      fmt::format("The picture is damaged and cannot be decoded{}{}.", reason.empty() ? "" : ": ", reason));
}

struct Frames {
  int width = 0;
  int height = 0;
  int count = 1;
};

Result<void> check_frames(const Frames& frames) {
  if (frames.width < 1 || frames.height < 1 || frames.count < 1) return not_a_picture("it has no pixels");
  if (frames.width > kMaxPictureSide || frames.height > kMaxPictureSide)
    return too_large(fmt::format("The picture has {} × {} pixels; a side may have {}.", frames.width, frames.height,
                                 kMaxPictureSide));
  const std::int64_t pixels = std::int64_t{frames.width} * frames.height;
  if (pixels > kMaxPicturePixels)
    return too_large(fmt::format("The picture has {} pixels; it may have {}.", pixels, kMaxPicturePixels));
  if (frames.count > 1 && pixels * frames.count > kMaxAnimationPixels)
    return too_large(fmt::format("The animation has {} frames with {} pixels together; they may have {}.", frames.count,
                                 pixels * frames.count, kMaxAnimationPixels));
  return {};
}

// Writing without metadata is not left to the library: some of its versions ignore `strip`.
Result<void> write_file(const std::string& name, const Encoded& encoded) {
  const auto bytes = without_metadata({static_cast<const char*>(encoded.bytes.get()), encoded.size});
  if (!bytes) return internal("media worker: libvips wrote no WebP file");
  const UniqueFd file = SITEPOD_TRY(open_file(name, O_WRONLY | O_CREAT | O_EXCL, 0600));
  return write_all(file.get(), *bytes);
}

// One picture on its way; the functions are the library's.
template <typename Library>
class Picture {
 public:
  Picture(const Library& library, int input, Kind kind) : library_(library), input_(input), kind_(kind) {}

  Result<WorkerReport> publish() {
    const Frames frames = SITEPOD_TRY(read_header());
    SITEPOD_TRY(check_frames(frames));
    return frames.count > 1 ? publish_animation(frames) : publish_still();
  }

 private:
  Owned<VipsImage> own(VipsImage* image) const { return {image, library_.object_unref}; }
  Error decoding_error() const { return not_a_picture(library_.error_buffer()); }

  Result<Owned<VipsSource>> open_source() const {
    Owned<VipsSource> source(library_.source_new_from_descriptor(input_), library_.object_unref);
    if (!source) return internal("media worker: no source: " + std::string(library_.error_buffer()));
    return source;
  }

  Result<Frames> read_header() const {
    const auto source = SITEPOD_TRY(open_source());
    const bool may_move = kind_ == Kind::Gif || kind_ == Kind::Webp;
    const auto image = own(library_.image_new_from_source(source.get(), may_move ? kAllFrames : kFirstFrame, "access",
                                                          VIPS_ACCESS_SEQUENTIAL, nullptr));
    if (!image) return decoding_error();
    const int count = may_move ? library_.get_n_pages(image.get()) : 1;
    const int height = count > 1 ? library_.get_page_height(image.get()) : library_.get_height(image.get());
    return Frames{library_.get_width(image.get()), height, count};
  }

  // Decodes, turns upright, converts to sRGB, and shrinks what is too wide, all in one pass over the file.
  Result<Owned<VipsImage>> decode(const char* options) const {
    const auto source = SITEPOD_TRY(open_source());
    VipsImage* out = nullptr;
    if (library_.thumbnail_source(source.get(), &out, kMaxPublishedWidth, "height", kMaxPictureSide, "size",
                                  VIPS_SIZE_DOWN, "export_profile", "srgb", "option_string", options, nullptr) != 0)
      return decoding_error();
    return own(out);
  }

  // In memory: it is encoded, perhaps twice, and shrunk.
  Result<Owned<VipsImage>> in_memory(const Owned<VipsImage>& image) const {
    auto copy = own(library_.copy_memory(image.get()));
    if (!copy) return decoding_error();
    return copy;
  }

  Size size_of(const Owned<VipsImage>& image) const {
    return {library_.get_width(image.get()), library_.get_height(image.get())};
  }

  template <typename... Options>
  Result<Encoded> encode(const Owned<VipsImage>& image, Options... options) const {
    void* bytes = nullptr;
    std::size_t size = 0;
    if (library_.webpsave_buffer(image.get(), &bytes, &size, "strip", TRUE, "effort", kEffort, options..., nullptr) !=
        0)
      return decoding_error();
    return Encoded{{bytes, library_.free}, size};
  }

  Result<Encoded> encode_lossy(const Owned<VipsImage>& image) const { return encode(image, "Q", kLossyQuality); }

  Result<Encoded> encode_best(const Owned<VipsImage>& image) const {
    Encoded lossy = SITEPOD_TRY(encode_lossy(image));
    const Size size = size_of(image);
    if (kind_ == Kind::Jpeg || std::int64_t{size.width} * size.height > kMaxLosslessPixels) return lossy;
    Encoded lossless = SITEPOD_TRY(encode(image, "lossless", TRUE));
    if (lossless.size * 100 <= lossy.size * kLosslessPatiencePercent) return lossless;
    return lossy;
  }

  Result<WorkerReport> publish_still() const {
    const auto decoded = SITEPOD_TRY(decode(kFirstFrame));
    auto image = SITEPOD_TRY(in_memory(decoded));
    WorkerReport report;
    report.whole = size_of(image);
    const Encoded whole = SITEPOD_TRY(encode_best(image));
    SITEPOD_TRY(write_file(std::string(kWholeFile), whole));
    for (auto width = std::rbegin(kCopyWidths); width != std::rend(kCopyWidths); ++width) {
      if (*width >= report.whole.width) continue;
      image = SITEPOD_TRY(shrink(image, *width));
      report.copies.push_back(size_of(image));
      const Encoded copy = SITEPOD_TRY(encode_lossy(image));
      SITEPOD_TRY(write_file(fmt::format("{}.webp", report.copies.back().width), copy));
    }
    std::reverse(report.copies.begin(), report.copies.end());
    return report;
  }

  Result<Owned<VipsImage>> shrink(const Owned<VipsImage>& image, int width) const {
    VipsImage* out = nullptr;
    if (library_.thumbnail_image(image.get(), &out, width, "height", kMaxPictureSide, "size", VIPS_SIZE_DOWN,
                                 nullptr) != 0)
      return decoding_error();
    return in_memory(own(out));
  }

  // All frames one above the other, which is how libvips holds them; streamed from the decoder to the encoder.
  Result<WorkerReport> publish_animation(const Frames& frames) const {
    const auto image = SITEPOD_TRY(decode(kAllFrames));
    WorkerReport report;
    const Size all = size_of(image);
    report.whole = {all.width, all.height / frames.count};
    const Encoded whole = SITEPOD_TRY(encode(image, "Q", kLossyQuality, "mixed", TRUE));
    SITEPOD_TRY(write_file(std::string(kWholeFile), whole));
    return report;
  }

  const Library& library_;
  const int input_;
  const Kind kind_;
};

}  // namespace

PictureShop::PictureShop(std::unique_ptr<Library> library) : library_(std::move(library)) {}
PictureShop::PictureShop(PictureShop&&) noexcept = default;
PictureShop::~PictureShop() = default;

Result<PictureShop> PictureShop::open() {
  const DynamicLibrary file = SITEPOD_TRY(DynamicLibrary::open(kVipsFile, kVipsPackage));
  auto library = std::make_unique<Library>();
  if (!library->find_all(file)) return lacks_package("a fitting version of libvips", kVipsPackage);
  return PictureShop(std::move(library));
}

Result<WorkerReport> PictureShop::process(int input, Kind kind) {
  if (library_->init("sitepod") != 0) return internal("media worker: libvips does not start");
  // One thread leaves the machine to the visitors.
  library_->concurrency_set(1);
  library_->cache_set_max(0);
  library_->operation_block_set("VipsForeignLoad", TRUE);
  for (const char* loader :
       {"VipsForeignLoadJpeg", "VipsForeignLoadPng", "VipsForeignLoadNsgif", "VipsForeignLoadWebp"})
    library_->operation_block_set(loader, FALSE);
  return Picture(*library_, input, kind).publish();
}

}  // namespace sitepod::media
