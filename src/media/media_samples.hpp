// Small files of every kind for tests, made here so that what they hold can be read: who took them and where.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sitepod::media::samples {

using namespace std::string_literals;

// Stands in every piece of metadata of the samples.
inline constexpr std::string_view kSecret = "Secret Person";

inline std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return bytes;
}
inline std::string big_endian(std::uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes - 1; i >= 0; --i) text += static_cast<char>(value >> 8 * i & 0xff);
  return text;
}
inline std::string little_endian(std::uint32_t value, int bytes) {
  std::string text = big_endian(value, bytes);
  return {text.rbegin(), text.rend()};
}

inline std::string xmp() {
  return "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">"
         "<rdf:Description xmlns:dc=\"http://purl.org/dc/elements/1.1/\" dc:creator=\""s +
         std::string(kSecret) + "\"/></rdf:RDF></x:xmpmeta>";
}

// One directory with the orientation and the artist.
inline std::string exif(int orientation) {
  const std::string artist = std::string(kSecret) + '\0';
  const std::string entries = "\x01\x12"s + big_endian(3, 2) + big_endian(1, 4) +
                              big_endian(static_cast<std::uint32_t>(orientation), 2) + "\0\0"s + "\x01\x3b"s +
                              big_endian(2, 2) + big_endian(static_cast<std::uint32_t>(artist.size()), 4) +
                              big_endian(38, 4);
  return "MM\0*"s + big_endian(8, 4) + big_endian(2, 2) + entries + big_endian(0, 4) + artist;
}

inline std::string jpeg_segment(char marker, const std::string& content) {
  return "\xff"s + marker + big_endian(static_cast<std::uint32_t>(content.size() + 2), 2) + content;
}

// 64 × 32 pixels, the left half red, the right half blue; with EXIF, XMP and a comment.
inline std::string jpeg(int orientation = 1) {
  const std::string plain = from_hex(
      "ffd8ffdb0043000810101310131616161616161a181a1b1b1b1a1a1a1a1b1b1b1d1d1d2222221d1d1d1b1b1d1d2020222225262523232223"
      "2"
      "62628282830302e2e38383a454553ffc4004e000101000000000000000000000000000000060101010101000000000000000000000000000"
      "807"
      "06100100000000000000000000000000000000110100000000000000000000000000000000ffc00011080020004003012200021100031100"
      "ff"
      "da000c03010002110311003f008b01ca37f0004800aa9360002bc04aaa4c0012002aa4d8000fffd9");
  return plain.substr(0, 2) + jpeg_segment('\xe1', "Exif\0\0"s + exif(orientation)) +
         jpeg_segment('\xe1', "http://ns.adobe.com/xap/1.0/\0"s + xmp()) + jpeg_segment('\xfe', std::string(kSecret)) +
         plain.substr(2);
}

inline std::uint32_t crc32(std::string_view bytes) {
  std::uint32_t crc = ~0u;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xedb88320u : 0u);
  }
  return ~crc;
}
inline std::string png_chunk(const std::string& type, const std::string& content) {
  return big_endian(static_cast<std::uint32_t>(content.size()), 4) + type + content +
         big_endian(crc32(type + content), 4);
}
inline std::string zlib_stored(const std::string& bytes) {
  std::string out = "\x78\x01"s;
  std::uint32_t a = 1, b = 0;
  for (const char c : bytes) a = (a + static_cast<unsigned char>(c)) % 65521, b = (b + a) % 65521;
  for (std::size_t at = 0; at < bytes.size(); at += 65535) {
    const std::string piece = bytes.substr(at, 65535);
    const auto size = static_cast<std::uint32_t>(piece.size());
    out += (at + 65535 >= bytes.size() ? "\1"s : "\0"s) + little_endian(size, 2) + little_endian(~size & 0xffff, 2) +
           piece;
  }
  return out + big_endian(b << 16 | a, 4);
}
inline std::string png_of(std::uint32_t width, std::uint32_t height, const std::string& rows) {
  return "\x89PNG\r\n\x1a\n"s + png_chunk("IHDR", big_endian(width, 4) + big_endian(height, 4) + "\x08\x02\0\0\0"s) +
         png_chunk("tEXt", "Author\0"s + std::string(kSecret)) + png_chunk("eXIf", exif(1)) +
         png_chunk("iTXt", "XML:com.adobe.xmp\0\0\0\0\0"s + xmp()) + png_chunk("IDAT", zlib_stored(rows)) +
         png_chunk("IEND", "");
}
// A soft pattern; with text chunks, EXIF and XMP.
inline std::string png(int width, int height) {
  std::string rows;
  for (int y = 0; y < height; ++y) {
    rows += '\0';
    for (int x = 0; x < width; ++x)
      rows += {static_cast<char>(x), static_cast<char>(y), static_cast<char>(x / 8 * y / 8)};
  }
  return png_of(static_cast<std::uint32_t>(width), static_cast<std::uint32_t>(height), rows);
}
// Only says that it is that large.
inline std::string png_bomb(std::uint32_t width, std::uint32_t height) { return png_of(width, height, "\0\0\0\0"s); }

// Codes of three bits: after each two pixels the code table is emptied, so that codes never grow.
inline std::string gif_pixels(int count, int colour) {
  std::vector<int> codes;
  for (int i = 0; i < count; ++i) {
    if (i % 2 == 0) codes.push_back(4);
    codes.push_back(colour);
  }
  codes.push_back(5);
  std::string bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const int code : codes) {
    bits |= static_cast<std::uint32_t>(code) << held;
    for (held += 3; held >= 8; held -= 8, bits >>= 8) bytes += static_cast<char>(bits & 0xff);
  }
  if (held > 0) bytes += static_cast<char>(bits);
  std::string blocks;
  for (std::size_t at = 0; at < bytes.size(); at += 255) {
    const std::string block = bytes.substr(at, 255);
    blocks += static_cast<char>(block.size()) + block;
  }
  return blocks + '\0';
}
// `drawn` pixels of each frame are in the file.
inline std::string gif(int frames, int width = 16, int height = 8, int drawn = 16 * 8) {
  const auto size =
      little_endian(static_cast<std::uint32_t>(width), 2) + little_endian(static_cast<std::uint32_t>(height), 2);
  std::string bytes = "GIF89a"s + size + "\x91\0\0"s + "\xff\0\0\0\xff\0\0\0\xff\xff\xff\xff"s +
                      "\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"s + "\x21\xfe"s + static_cast<char>(kSecret.size()) +
                      std::string(kSecret) + '\0';
  for (int i = 0; i < frames; ++i)
    bytes += "\x21\xf9\x04\x04\x0a\0\0\0"s + "\x2c\0\0\0\0"s + size + "\0\x02"s + gif_pixels(drawn, i % 3);
  return bytes + '\x3b';
}

// One red picture of 8 × 8.
inline std::string webp() {
  return from_hex(
      "524946463c000000574542505650382030000000d001009d012a0800080002003425a00274ba01f80003b000fef0e8f7ff20b96175c8d7ff"
      "203fe4"
      "07fc80fff8f2000000");
}

// One page; with an information dictionary, XMP for the document and for a form, private data of a program, and an
// older revision whose text is replaced.
inline std::string pdf() {
  std::string bytes = "%PDF-1.4\n";
  std::vector<std::size_t> places(9, 0);
  const auto object = [&](std::size_t id, const std::string& content) {
    places[id] = bytes.size();
    bytes += std::to_string(id) + " 0 obj\n" + content + "\nendobj\n";
  };
  const auto stream = [](const std::string& dictionary, const std::string& content) {
    return "<< " + dictionary + " /Length " + std::to_string(content.size()) + " >>\nstream\n" + content +
           "\nendstream";
  };
  const std::string secret(kSecret);
  object(1, "<< /Type /Catalog /Pages 2 0 R /Metadata 6 0 R >>");
  object(2, "<< /Type /Pages /Kids [3 0 R] /Count 1 >>");
  object(
      3,
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 100 100] /Contents 4 0 R /Resources << /XObject << /F 7 0 R >> >> "
      "/LastModified (D:20200101) /PieceInfo << /App << /Private (" +
          secret + ") >> >> >>");
  object(4, stream("", "% " + secret + " in the first revision"));
  object(5, "<< /Author (" + secret + ") /Producer (" + secret + ") >>");
  object(6, stream("/Type /Metadata /Subtype /XML", xmp()));
  object(7, stream("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Metadata 8 0 R", "0 0 9 9 re f"));
  object(8, stream("/Subtype /XML", xmp()));
  const std::size_t first = bytes.size();
  bytes += "xref\n0 9\n0000000000 65535 f \n";
  const auto place = [](std::size_t at) {
    const std::string digits = std::to_string(at);
    return std::string(10 - digits.size(), '0') + digits + " 00000 n \n";
  };
  for (std::size_t id = 1; id < places.size(); ++id) bytes += place(places[id]);
  const std::string id = "/ID [<53656372657420506572736f6e202020> <53656372657420506572736f6e202020>]";
  bytes +=
      "trailer\n<< /Size 9 /Root 1 0 R /Info 5 0 R " + id + " >>\nstartxref\n" + std::to_string(first) + "\n%%EOF\n";
  object(4, stream("", "0 0 50 50 re f"));
  const std::size_t second = bytes.size();
  bytes += "xref\n4 1\n" + place(places[4]) + "trailer\n<< /Size 9 /Root 1 0 R /Info 5 0 R " + id + " /Prev " +
           std::to_string(first) + " >>\nstartxref\n" + std::to_string(second) + "\n%%EOF\n";
  return bytes;
}

}  // namespace sitepod::media::samples
