#include "media/kind.hpp"

#include <gtest/gtest.h>

#include <string>

#include "media/address.hpp"

namespace sitepod::media {
namespace {

using namespace std::string_literals;

const std::string kJpeg = "\xff\xd8\xff\xe0\x00\x10JFIF"s;

std::string ftyp(const std::string& brand) {
  return "\x00\x00\x00\x18"
         "ftyp"s +
         brand + "\x00\x00\x02\x00isommp42"s;
}
std::string ebml(const std::string& type) {
  return "\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82"s + static_cast<char>(0x80 | type.size()) + type;
}

TEST(Kind, IsToldByMagicBytes) {
  EXPECT_EQ(classify(kJpeg), Kind::Jpeg);
  EXPECT_EQ(classify("\x89PNG\r\n\x1a\n...."s), Kind::Png);
  EXPECT_EQ(classify("GIF87a"s), Kind::Gif);
  EXPECT_EQ(classify("GIF89a.."s), Kind::Gif);
  EXPECT_EQ(classify("RIFF\x10\x00\x00\x00WEBPVP8 "s), Kind::Webp);
  EXPECT_EQ(classify("RIFF\x10\x00\x00\x00WAVEfmt "s), Kind::Other);
  EXPECT_EQ(classify("%PDF-1.7\n"s), Kind::Pdf);
  EXPECT_EQ(classify(ftyp("isom")), Kind::Mp4);
  EXPECT_EQ(classify(ftyp("M4V ")), Kind::Mp4);
  EXPECT_EQ(classify(ftyp("qt  ")), Kind::QuickTime);
  EXPECT_EQ(classify("\x00\x00\x00\x08wide\x00\x01\x02\x03mdat"s), Kind::QuickTime);
  EXPECT_EQ(classify(ebml("webm")), Kind::WebM);
}

TEST(Kind, LeavesWhatOnlyLooksSimilarAlone) {
  for (const std::string& head : {ftyp("heic"), ftyp("avif"), ftyp("mif1"), ftyp("M4A "), ebml("matroska"),
                                  "<svg xmlns="s, "GIF90a"s, "text about %PDF-1.4"s, ""s, "\xff\xd8"s, "RIFF"s,
                                  "\x00\x00\x00\x18"s
                                  "ftyp"})
    EXPECT_EQ(classify(head), Kind::Other) << head;
}

TEST(Form, OfAPictureIsWebpWhateverItsName) {
  const auto form = form_of(kJpeg, "evil.html");
  ASSERT_TRUE(form.ok());
  EXPECT_EQ(form->kind, Kind::Jpeg);
  EXPECT_EQ(form->extension, "webp");
  EXPECT_EQ(form->media_type, "image/webp");
}

TEST(Form, OfQuickTimeIsMp4AtOnce) {
  EXPECT_EQ(form_of(ftyp("qt  "), "clip.MOV")->extension, "mp4");
  EXPECT_EQ(form_of(ftyp("qt  "), "clip.MOV")->media_type, "video/mp4");
  EXPECT_EQ(form_of(ebml("webm"), "clip")->extension, "webm");
}

TEST(Form, OfOtherFilesKeepsTheirExtensionInLowerCase) {
  EXPECT_EQ(form_of("PK\x03\x04", "album.ZIP")->extension, "zip");
  for (const char* name : {"a.html", "a.htm", "a.xhtml", "a.xml"})
    EXPECT_EQ(form_of("<html/>", name)->media_type, "text/plain; charset=utf-8") << name;
  EXPECT_EQ(form_of("<svg/>", "a/b.c/logo.svg")->media_type, "image/svg+xml; charset=utf-8");
  EXPECT_EQ(form_of("x", "archive.tar.gz")->extension, "gz");
  for (const std::string name :
       {"README", ".profile", "dir.d/file", "a.", "a.b c", "a.ex%65", "a.averylongextension", ""})
    EXPECT_EQ(form_of("x", name)->extension, "bin") << name;
}

TEST(Form, RefusesANameThatClaimsWhatTheBytesAreNot) {
  for (const std::string name : {"a.jpg", "a.JPEG", "a.png", "a.gif", "a.webp", "a.pdf", "a.mp4", "a.mov", "a.webm"}) {
    const auto form = form_of("just text", name);
    ASSERT_FALSE(form.ok()) << name;
    EXPECT_EQ(form.error().kind, ErrorKind::Invalid);
    EXPECT_EQ(form.error().code, "media_unreadable");
    EXPECT_NE(form.error().message.find(name), std::string::npos);
  }
}

TEST(Form, FindsAPdfBehindJunkWhenItsNameSaysSo) {
  EXPECT_EQ(form_of("\n\njunk %PDF-1.4", "a.pdf")->kind, Kind::Pdf);
  EXPECT_EQ(form_of("\n\njunk %PDF-1.4", "a.txt")->kind, Kind::Other);
}

TEST(Address, IsFinalAndTheSameForEqualBytes) {
  const std::string url = media_url(sha256("a"), "webp");
  EXPECT_EQ(url, media_url(sha256("a"), "webp"));
  EXPECT_NE(url, media_url(sha256("b"), "webp"));
  EXPECT_EQ(url.size(), std::string("/media/ab/").size() + 64 + 5);
  EXPECT_EQ(url.substr(0, 7), "/media/");
  EXPECT_EQ(url.substr(7, 2), url.substr(10, 2));
}

TEST(Address, OfANarrowerCopyNamesItsWidth) {
  EXPECT_EQ(narrower_url("/media/ab/abc.webp", 480), "/media/ab/abc-480.webp");
}

}  // namespace
}  // namespace sitepod::media
