#include "tree/media_type.hpp"

#include <gtest/gtest.h>

namespace sitepod::tree {
namespace {

TEST(MediaType, TextCarriesItsCharsetAndPicturesDoNot) {
  EXPECT_EQ(media_type_of("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type_of("a/b/app.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type_of("app.mjs"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type_of("logo.svg"), "image/svg+xml; charset=utf-8");
  EXPECT_EQ(media_type_of("x.png"), "image/png");
  EXPECT_EQ(media_type_of("font.woff2"), "font/woff2");
  EXPECT_EQ(media_type_of("module.wasm"), "application/wasm");
  EXPECT_EQ(media_type_of("site.webmanifest"), "application/manifest+json; charset=utf-8");
}

TEST(MediaType, ExtensionsCompareWithoutCase) { EXPECT_EQ(media_type_of("UPPERCASE.HTML"), media_type_of("a.html")); }

TEST(MediaType, UnknownOrMissingExtensionIsBinary) {
  for (auto path : {"LICENSE", "a.b/c", "x.", "x.unknown", "x.averyveryverylongextension", ""})
    EXPECT_EQ(media_type_of(path), kUnknownMediaType) << path;
}

TEST(MediaType, OnlyWhatIsNotCompressedYetIsCompressible) {
  for (auto type : {"text/html; charset=utf-8", "application/json", "image/svg+xml", "application/wasm", "font/ttf",
                    "TEXT/CSS", "application/ld+json ; charset=utf-8", "image/x-icon"})
    EXPECT_TRUE(is_compressible(type)) << type;
  for (auto type : {"image/png", "font/woff2", "video/mp4", "application/zip", "application/octet-stream", ""})
    EXPECT_FALSE(is_compressible(type)) << type;
}

TEST(Fingerprint, NamesThatChangeWithTheirContentAreFound) {
  for (auto path :
       {"assets/app.js", "/assets/logo.svg", "_next/static/x.js", "js/app.1a2b3c4d.js", "app-0123456789abcdef.min.js",
        "main.8f3a2b1c.css.map", "index-BkX3_a9Q.js", "chunk.Zx9-q2Lw.css", "app-QBJ7RDYP.js", "index-D4f_aB1z.js.map",
        "_astro/page.BxYzAbCd.css", "_astro/hoisted.abcdefgh.js", "_nuxt/BxYzAbCd.js", "_nuxt/entry.qwertzui.css",
        "_nuxt/index-QwErTzUi.js.map", "/_app/immutable/chunks/qWeRtZuI.js"})
    EXPECT_TRUE(is_fingerprinted(path)) << path;
}

TEST(ServedMediaType, IsTheManifestsUnlessThePathKnowsBetter) {
  EXPECT_EQ(served_media_type("a.css", ""), "text/css; charset=utf-8");
  EXPECT_EQ(served_media_type("a.css", "application/octet-stream; x=y"), "text/css; charset=utf-8");
  EXPECT_EQ(served_media_type("a.css", "Text/CSS"), "text/css; charset=utf-8");
  EXPECT_EQ(served_media_type("a.css", "text/css; charset=latin1"), "text/css; charset=latin1");
  EXPECT_EQ(served_media_type("a.css", "text/plain"), "text/plain");
  EXPECT_EQ(served_media_type("a.unknown", "Application/Octet-Stream"), kUnknownMediaType);
}

TEST(Fingerprint, MediaOfBuiltSitesAreNamedByTheirContent) {
  const std::string digits = "ab" + std::string(62, '0');
  for (const std::string& path : {"media/ab/" + digits + ".webp", "/media/ab/" + digits + "-480.webp"})
    EXPECT_TRUE(is_fingerprinted(path)) << path;
  for (const std::string& path : {"media/ac/" + digits + ".webp", "media/ab/" + digits, "media/ab/" + digits + "0.webp",
                                  "media/" + digits + ".webp", "media/ab/" + digits.substr(1) + ".webp",
                                  "media/ab/" + digits + ".html", std::string("media/ab/photo.webp")})
    EXPECT_FALSE(is_fingerprinted(path)) << path;
}

TEST(Fingerprint, OrdinaryWordsAndNumbersAreNotTaken) {
  for (auto path : {"index.html",
                    "my-document.html",
                    "my-document.css",
                    "Section-MyComponent.js",
                    "photo-iPhone14Pro.jpg",
                    "notes-Version10.txt",
                    "README-SECTION2.txt",
                    "jquery-3.6.0.min.js",
                    "1a2b3c4d.js",
                    "app-1a2b3c4.js",
                    "docs/assets/a.js",
                    "page-1a2b3c4d.html",
                    "1a2b3c4d5e/readme.txt",
                    "image-1920x1080.png",
                    "BkX3_a9Q.js",
                    "Makefile",
                    ".",
                    "",
                    "_nuxt/builds/latest.json",
                    "_app/version.json",
                    "_astro/page.css",
                    "_astro/abcdefgh.html",
                    "site/_astro/page.BxYzAbCd.css",
                    "chunks/page.BxYzAbCd.css",
                    "_astro/abcdefgh",
                    ".map"})
    EXPECT_FALSE(is_fingerprinted(path)) << path;
}

}  // namespace
}  // namespace sitepod::tree
