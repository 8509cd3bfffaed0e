#include "net/dns_answer.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include <ares.h>

namespace sitepod::net {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kQuestionTailBytes = 4;  // type, class
constexpr std::size_t kRecordTailBytes = 10;   // type, class, TTL, length of the data
constexpr std::uint16_t kClassInternet = 1;

// A place in the packet; every read that leaves it fails.
class Reader {
 public:
  explicit Reader(std::span<const std::uint8_t> packet) : packet_(packet) {}

  std::size_t left() const { return packet_.size() - at_; }
  bool skip(std::size_t count) {
    if (left() < count) return false;
    at_ += count;
    return true;
  }
  // Requires: left() >= offset + 2.
  std::uint16_t number(std::size_t offset) const {
    return static_cast<std::uint16_t>(packet_[at_ + offset] << 8 | packet_[at_ + offset + 1]);
  }
  std::span<const std::uint8_t> bytes(std::size_t count) const { return packet_.subspan(at_, count); }

  // A name at this place, pointers followed by the library, which knows loops; the reader stands behind it afterwards.
  std::optional<std::string> name() {
    char* text = nullptr;
    long taken = 0;
    if (left() == 0 || ares_expand_name(packet_.data() + at_, packet_.data(), static_cast<int>(packet_.size()), &text,
                                        &taken) != ARES_SUCCESS)
      return std::nullopt;
    std::string name(text);
    ares_free_string(text);
    if (!skip(static_cast<std::size_t>(taken))) return std::nullopt;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    if (name.ends_with('.')) name.pop_back();
    return name;
  }

 private:
  std::span<const std::uint8_t> packet_;
  std::size_t at_ = 0;
};

// RFC 1035 §3.3.14: one or more strings, each behind its length.
std::optional<std::string> join_strings(std::span<const std::uint8_t> data) {
  std::string text;
  while (!data.empty()) {
    std::size_t length = data[0];
    if (data.size() < 1 + length) return std::nullopt;
    text.append(reinterpret_cast<const char*>(data.data()) + 1, length);
    data = data.subspan(1 + length);
  }
  return text;
}

// RFC 1035 §3.4.1, RFC 3596 §2.2.
std::optional<std::string> write_address(std::span<const std::uint8_t> data, DnsType type) {
  const int family = type == DnsType::A ? AF_INET : AF_INET6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (data.size() != (type == DnsType::A ? sizeof(in_addr) : sizeof(in6_addr)) ||
      ::inet_ntop(family, data.data(), text.data(), text.size()) == nullptr)
    return std::nullopt;
  return text.data();
}

// The reader stands at the record's data.
std::optional<std::string> read_value(Reader reader, std::size_t length, DnsType type) {
  if (type == DnsType::Txt) return join_strings(reader.bytes(length));
  if (type != DnsType::Cname) return write_address(reader.bytes(length), type);
  const std::size_t left = reader.left();
  std::optional<std::string> target = reader.name();
  return left - reader.left() == length ? target : std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> parse_dns_answer(std::span<const std::uint8_t> packet, std::string_view name,
                                                         DnsType type) {
  if (packet.size() < kHeaderBytes || packet.size() > UINT16_MAX) return std::nullopt;
  Reader reader(packet);
  const std::uint16_t questions = reader.number(4);
  const std::uint16_t records = reader.number(6);
  reader.skip(kHeaderBytes);
  for (std::uint16_t i = 0; i < questions; ++i)
    if (!reader.name() || !reader.skip(kQuestionTailBytes)) return std::nullopt;

  std::vector<std::string> values;
  for (std::uint16_t i = 0; i < records; ++i) {
    std::optional<std::string> owner = reader.name();
    if (!owner || reader.left() < kRecordTailBytes) return std::nullopt;
    const bool is_wanted =
        *owner == name && reader.number(0) == static_cast<std::uint16_t>(type) && reader.number(2) == kClassInternet;
    const std::size_t length = reader.number(8);
    reader.skip(kRecordTailBytes);
    if (reader.left() < length) return std::nullopt;
    if (is_wanted) {
      std::optional<std::string> value = read_value(reader, length, type);
      if (!value) return std::nullopt;
      values.push_back(*std::move(value));
    }
    reader.skip(length);
  }
  return values;
}

}  // namespace sitepod::net
