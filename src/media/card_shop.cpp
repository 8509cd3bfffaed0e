#include "media/card_shop.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "media/dynamic_library.hpp"
#include "media/indexed_png.hpp"

namespace sitepod::media {

// The functions that are used, found by name, so that only the worker loads the libraries.
struct CardShop::Library {
  decltype(&::FcConfigCreate) config_create;
  decltype(&::FcConfigParseAndLoadFromMemory) config_load;
  decltype(&::FcConfigBuildFonts) config_build_fonts;
  decltype(&::FcConfigSetCurrent) config_set_current;
  decltype(&::FcConfigGetFonts) config_fonts;
  decltype(&::cairo_image_surface_create) surface_create;
  decltype(&::cairo_image_surface_get_data) surface_data;
  decltype(&::cairo_image_surface_get_stride) surface_stride;
  decltype(&::cairo_surface_status) surface_status;
  decltype(&::cairo_surface_flush) surface_flush;
  decltype(&::cairo_surface_destroy) surface_destroy;
  decltype(&::cairo_create) context_create;
  decltype(&::cairo_destroy) context_destroy;
  decltype(&::cairo_set_source_rgb) set_color;
  decltype(&::cairo_rectangle) rectangle;
  decltype(&::cairo_fill) fill;
  decltype(&::cairo_move_to) move_to;
  decltype(&::pango_cairo_create_layout) layout_create;
  decltype(&::pango_cairo_show_layout) layout_show;
  decltype(&::pango_layout_get_context) layout_context;
  decltype(&::pango_context_set_language) context_set_language;
  decltype(&::pango_language_from_string) language_from_string;
  decltype(&::pango_layout_set_text) layout_set_text;
  decltype(&::pango_layout_set_width) layout_set_width;
  decltype(&::pango_layout_set_height) layout_set_height;
  decltype(&::pango_layout_set_ellipsize) layout_set_ellipsize;
  decltype(&::pango_layout_set_wrap) layout_set_wrap;
  decltype(&::pango_layout_set_font_description) layout_set_font;
  decltype(&::pango_layout_get_line_count) layout_line_count;
  decltype(&::pango_layout_get_pixel_size) layout_size;
  decltype(&::pango_layout_get_unknown_glyphs_count) layout_unknown;
  decltype(&::pango_font_description_new) font_create;
  decltype(&::pango_font_description_set_family) font_set_family;
  decltype(&::pango_font_description_set_weight) font_set_weight;
  decltype(&::pango_font_description_set_absolute_size) font_set_size;
  decltype(&::pango_font_description_free) font_free;
  decltype(&::g_object_unref) object_unref;

  bool find_all(const DynamicLibrary& file) {
    return file.find(config_create, "FcConfigCreate") && file.find(config_load, "FcConfigParseAndLoadFromMemory") &&
           file.find(config_build_fonts, "FcConfigBuildFonts") && file.find(config_set_current, "FcConfigSetCurrent") &&
           file.find(config_fonts, "FcConfigGetFonts") && file.find(surface_create, "cairo_image_surface_create") &&
           file.find(surface_data, "cairo_image_surface_get_data") &&
           file.find(surface_stride, "cairo_image_surface_get_stride") &&
           file.find(surface_status, "cairo_surface_status") && file.find(surface_flush, "cairo_surface_flush") &&
           file.find(surface_destroy, "cairo_surface_destroy") && file.find(context_create, "cairo_create") &&
           file.find(context_destroy, "cairo_destroy") && file.find(set_color, "cairo_set_source_rgb") &&
           file.find(rectangle, "cairo_rectangle") && file.find(fill, "cairo_fill") &&
           file.find(move_to, "cairo_move_to") && file.find(layout_create, "pango_cairo_create_layout") &&
           file.find(layout_show, "pango_cairo_show_layout") && file.find(layout_context, "pango_layout_get_context") &&
           file.find(context_set_language, "pango_context_set_language") &&
           file.find(language_from_string, "pango_language_from_string") &&
           file.find(layout_set_text, "pango_layout_set_text") &&
           file.find(layout_set_width, "pango_layout_set_width") &&
           file.find(layout_set_height, "pango_layout_set_height") &&
           file.find(layout_set_ellipsize, "pango_layout_set_ellipsize") &&
           file.find(layout_set_wrap, "pango_layout_set_wrap") &&
           file.find(layout_set_font, "pango_layout_set_font_description") &&
           file.find(layout_line_count, "pango_layout_get_line_count") &&
           file.find(layout_size, "pango_layout_get_pixel_size") &&
           file.find(layout_unknown, "pango_layout_get_unknown_glyphs_count") &&
           file.find(font_create, "pango_font_description_new") &&
           file.find(font_set_family, "pango_font_description_set_family") &&
           file.find(font_set_weight, "pango_font_description_set_weight") &&
           file.find(font_set_size, "pango_font_description_set_absolute_size") &&
           file.find(font_free, "pango_font_description_free") && file.find(object_unref, "g_object_unref");
  }
};

namespace {

constexpr char kPangoFile[] = "libpangocairo-1.0.so.0";
constexpr char kPangoPackage[] = "libpangocairo-1.0-0";
constexpr char kFontPackage[] = "fonts-inter";

// Only fonts of packages, whatever the machine's own configuration says: equal packages, equal pictures.
constexpr char kFontConfiguration[] =
    "<?xml version=\"1.0\"?><!DOCTYPE fontconfig SYSTEM \"fonts.dtd\"><fontconfig><dir>/usr/share/fonts</dir>"
    "<cachedir>/var/cache/fontconfig</cachedir></fontconfig>";
// What they lack, any other font that has it gives.
constexpr char kFamilies[] = "Inter, Noto Sans, DejaVu Sans, sans-serif";

constexpr std::size_t kMaxInputBytes = 1 << 20;
constexpr int kMargin = 80;
constexpr int kTextWidth = kCardWidth - 2 * kMargin;
constexpr int kBarHeight = 14;
constexpr int kSiteTop = 72;
constexpr int kTitleTop = 150;
constexpr int kBylineTop = kCardHeight - kMargin - 32;
constexpr int kGap = 24;
constexpr int kMinSubtitleHeight = 60;  // one line of any script

struct Rgb {
  double red, green, blue;  // 0 to 1
};
constexpr Rgb kWhite{1, 1, 1};
constexpr Rgb kSoft{0.73, 0.76, 0.8};
constexpr Rgb kNight{0.075, 0.085, 0.105};

constexpr Rgb mix(const Rgb& a, const Rgb& b, double share_of_b) {
  return {a.red + (b.red - a.red) * share_of_b, a.green + (b.green - a.green) * share_of_b,
          a.blue + (b.blue - a.blue) * share_of_b};
}

Result<Rgb> parse_color(std::string_view text) {
  if (text.size() != 7 || text[0] != '#' || text.find_first_not_of("0123456789abcdef", 1) != std::string_view::npos)
    return internal("media worker: a card's colour is none");
  const auto digit = [&](std::size_t i) { return text[i] <= '9' ? text[i] - '0' : text[i] - 'a' + 10; };
  const auto channel = [&](std::size_t i) { return (digit(i) * 16 + digit(i + 1)) / 255.0; };
  return Rgb{channel(1), channel(3), channel(5)};
}

struct Face {
  int size;  // pixels
  PangoWeight weight;
  int max_lines = 1;
};
// The first in which the whole title fits; in the last it is cut.
constexpr Face kTitleFaces[] = {
    {88, PANGO_WEIGHT_BOLD, 2}, {76, PANGO_WEIGHT_BOLD, 3}, {64, PANGO_WEIGHT_BOLD, 4}, {56, PANGO_WEIGHT_BOLD, 5}};
constexpr Face kSiteFace{34, PANGO_WEIGHT_SEMIBOLD};
constexpr Face kSubtitleFace{36, PANGO_WEIGHT_NORMAL};
constexpr Face kBylineFace{32, PANGO_WEIGHT_MEDIUM};

// One card on its way; the functions are the libraries'.
template <typename Library>
class Drawing {
 public:
  explicit Drawing(const Library& library)
      : library_(library),
        surface_(library.surface_create(CAIRO_FORMAT_RGB24, kCardWidth, kCardHeight), library.surface_destroy),
        context_(library.context_create(surface_.get()), library.context_destroy) {}

  Result<std::string> draw(const SocialCard& card) {
    const Rgb accent = SITEPOD_TRY(parse_color(card.accent));
    paint(mix(kNight, accent, 0.08), 0, kCardHeight);
    paint(accent, 0, kBarHeight);
    language_ = card.language;
    write_line(known_part(card.site), kSiteFace, kSiteTop, accent);
    const int text_end = card.byline.empty() ? kCardHeight - kMargin : kBylineTop - kGap;
    const int subtitle_top = write_title(known_part(card.title), text_end) + kGap;
    if (!card.subtitle.empty() && subtitle_top + kMinSubtitleHeight <= text_end)
      write_text(known_part(card.subtitle), kSubtitleFace, subtitle_top, text_end, kSoft);
    write_line(known_part(card.byline), kBylineFace, kBylineTop, kSoft);
    return encode();
  }

 private:
  template <typename T>
  using Owned = std::unique_ptr<T, void (*)(T*)>;
  using Layout = std::unique_ptr<PangoLayout, void (*)(void*)>;

  void set_color(const Rgb& color) { library_.set_color(context_.get(), color.red, color.green, color.blue); }
  void paint(const Rgb& color, int top, int height) {
    set_color(color);
    library_.rectangle(context_.get(), 0, top, kCardWidth, height);
    library_.fill(context_.get());
  }

  // Plain text, no markup; it runs and is aligned in the direction of its first letter.
  Layout lay_out(const std::string& text, const Face& face) {
    Layout layout(library_.layout_create(context_.get()), library_.object_unref);
    library_.context_set_language(library_.layout_context(layout.get()),
                                  library_.language_from_string(language_.c_str()));
    const Owned<PangoFontDescription> font(library_.font_create(), library_.font_free);
    library_.font_set_family(font.get(), kFamilies);
    library_.font_set_weight(font.get(), face.weight);
    library_.font_set_size(font.get(), face.size * PANGO_SCALE);
    library_.layout_set_font(layout.get(), font.get());
    library_.layout_set_width(layout.get(), kTextWidth * PANGO_SCALE);
    library_.layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
    set_text(layout, text);
    return layout;
  }
  void set_text(const Layout& layout, std::string_view text) {
    library_.layout_set_text(layout.get(), text.data(), static_cast<int>(text.size()));
  }

  // The text without the characters that no font of this machine has: pango would draw a box with a number for each.
  // Nothing where less than a quarter is left: a title's commas alone are none.
  std::string known_part(const std::string& text) {
    const Layout layout = lay_out(text, kSiteFace);
    if (library_.layout_unknown(layout.get()) == 0) return text;
    std::string known;
    std::size_t shown = 0, all = 0;
    for (std::size_t at = 0, end; at < text.size(); at = end, ++all) {
      end = at + 1;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) ++end;
      const std::string_view character = std::string_view(text).substr(at, end - at);
      set_text(layout, character);
      if (library_.layout_unknown(layout.get()) != 0) continue;
      known += character;
      ++shown;
    }
    return 4 * shown >= all ? known : std::string();
  }

  // Returns where it ends.
  int show(const Layout& layout, int top, const Rgb& color) {
    set_color(color);
    library_.move_to(context_.get(), kMargin, top);
    library_.layout_show(context_.get(), layout.get());
    int height = 0;
    library_.layout_size(layout.get(), nullptr, &height);
    return top + height;
  }

  // In pango's words: a height below zero is a number of lines.
  int write(const std::string& text, const Face& face, int top, int height, const Rgb& color) {
    const Layout layout = lay_out(text, face);
    library_.layout_set_height(layout.get(), height);
    library_.layout_set_ellipsize(layout.get(), PANGO_ELLIPSIZE_END);
    return show(layout, top, color);
  }
  void write_line(const std::string& text, const Face& face, int top, const Rgb& color) {
    write(text, face, top, -1, color);
  }
  int write_text(const std::string& text, const Face& face, int top, int end, const Rgb& color) {
    return write(text, face, top, (end - top) * PANGO_SCALE, color);
  }

  int write_title(const std::string& title, int end) {
    for (const Face& face : kTitleFaces) {
      const Layout layout = lay_out(title, face);
      int height = 0;
      library_.layout_size(layout.get(), nullptr, &height);
      const bool fits = library_.layout_line_count(layout.get()) <= face.max_lines && kTitleTop + height <= end;
      if (fits) return show(layout, kTitleTop, kWhite);
    }
    return write_text(title, kTitleFaces[std::size(kTitleFaces) - 1], kTitleTop, end, kWhite);
  }

  Result<std::string> encode() {
    library_.surface_flush(surface_.get());
    if (library_.surface_status(surface_.get()) != CAIRO_STATUS_SUCCESS) return internal("media worker: no drawing");
    const unsigned char* data = library_.surface_data(surface_.get());
    const auto stride = static_cast<std::size_t>(library_.surface_stride(surface_.get()));
    std::vector<std::uint32_t> pixels;
    pixels.reserve(std::size_t{kCardWidth} * kCardHeight);
    for (std::size_t y = 0; y < kCardHeight; ++y) {
      const auto* row = reinterpret_cast<const std::uint32_t*>(data + y * stride);
      for (std::size_t x = 0; x < kCardWidth; ++x) pixels.push_back(row[x] & 0xFFFFFF);
    }
    return write_indexed_png(pixels, kCardWidth, kCardHeight);
  }

  const Library& library_;
  const Owned<cairo_surface_t> surface_;
  const Owned<cairo_t> context_;
  std::string language_;
};

Result<std::string> read_input(int input) {
  std::string text(kMaxInputBytes + 1, '\0');
  text.resize(SITEPOD_TRY(read_some(input, std::as_writable_bytes(std::span(text)))));
  if (text.size() > kMaxInputBytes) return internal("media worker: too many cards at once");
  return text;
}

}  // namespace

CardShop::CardShop(std::unique_ptr<Library> library) : library_(std::move(library)) {}
CardShop::CardShop(CardShop&&) noexcept = default;
CardShop::~CardShop() = default;

Result<CardShop> CardShop::open() {
  const DynamicLibrary file = SITEPOD_TRY(DynamicLibrary::open(kPangoFile, kPangoPackage));
  auto library = std::make_unique<Library>();
  if (!library->find_all(file)) return lacks_package("a fitting version of pango", kPangoPackage);
  FcConfig* config = library->config_create();
  const bool is_loaded =
      config != nullptr &&
      library->config_load(config, reinterpret_cast<const FcChar8*>(kFontConfiguration), FcTrue) == FcTrue &&
      library->config_build_fonts(config) == FcTrue && library->config_set_current(config) == FcTrue;
  const FcFontSet* fonts = is_loaded ? library->config_fonts(config, FcSetSystem) : nullptr;
  if (fonts == nullptr || fonts->nfont == 0) return lacks_package("fonts", kFontPackage);
  return CardShop(std::move(library));
}

Result<WorkerReport> CardShop::process(int input) {
  const std::string text = SITEPOD_TRY(read_input(input));
  std::string_view rest = text;
  for (std::size_t i = 0; !rest.empty(); ++i) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const SocialCard card = SITEPOD_TRY(read_card(rest.substr(0, end)));
    rest.remove_prefix(std::min(rest.size(), end + 1));
    const std::string png = SITEPOD_TRY(Drawing(*library_).draw(card));
    const UniqueFd file = SITEPOD_TRY(open_file(fmt::format("card-{}.png", i), O_WRONLY | O_CREAT | O_EXCL, 0600));
    SITEPOD_TRY(write_all(file.get(), png));
  }
  WorkerReport report;
  report.whole = {kCardWidth, kCardHeight};
  return report;
}

}  // namespace sitepod::media
