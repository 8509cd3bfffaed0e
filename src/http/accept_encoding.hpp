// Which content codings a client takes and how much it wants each (RFC 9110 §12.5.3).
// A value of a few bytes; any thread; nothing is allocated.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace sitepod::http {

// In our order of preference when the client wants them equally.
enum class Coding : std::uint8_t { Brotli, Zstd, Gzip, Identity };
inline constexpr std::size_t kCodingCount = 4;

// "br", "zstd", "gzip"; "identity".
std::string_view coding_name(Coding coding);

// A set of codings, e.g. the stored variants of a file: coding_bit(Coding::Gzip) | coding_bit(Coding::Identity).
using CodingSet = std::uint8_t;
constexpr CodingSet coding_bit(Coding coding) { return static_cast<CodingSet>(1u << static_cast<unsigned>(coding)); }

class AcceptEncoding {
 public:
  // Without the field only identity is acceptable: the RFC would allow any coding, but a client that does not ask for
  // compression is one that cannot decompress.
  AcceptEncoding() = default;
  explicit AcceptEncoding(std::string_view field) { add(field); }

  // Reads one line of the field; further lines count as one longer list. A malformed element counts as not sent. A
  // coding named twice gets its lower weight.
  void add(std::string_view field);

  // In thousandths; 0 means that the coding must not be used. Identity that is not mentioned has the smallest
  // weight, 1.
  unsigned weight(Coding coding) const;
  bool accepts(Coding coding) const { return weight(coding) > 0; }

  // The most wanted of `available`; by our preference where weights are equal. Nothing when none is acceptable.
  std::optional<Coding> best_of(CodingSet available) const;

  friend bool operator==(const AcceptEncoding&, const AcceptEncoding&) = default;

 private:
  static constexpr std::uint16_t kNotListed = 0xffff;
  void list(std::string_view element);
  std::uint16_t& slot_of(Coding coding) { return listed_[static_cast<std::size_t>(coding)]; }

  std::array<std::uint16_t, kCodingCount> listed_{kNotListed, kNotListed, kNotListed, kNotListed};
  std::uint16_t others_ = kNotListed;  // the weight of "*"
};

}  // namespace sitepod::http
