// Any bytes as a name server's answer: reading ends, stays inside, and never finds more than the packet can hold.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "net/dns_answer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using sitepod::net::DnsType;
  for (const DnsType type : {DnsType::Txt, DnsType::Cname, DnsType::A, DnsType::Aaaa}) {
    const auto values = sitepod::net::parse_dns_answer({data, size}, "_sitepod.example.com", type);
    if (!values) continue;
    std::size_t total = 0;
    for (const std::string& value : *values) total += value.size();
    // A name is at most 255 bytes, which the escapes of odd bytes can make four times longer.
    SITEPOD_CHECK(values->size() <= size && total <= (type == DnsType::Txt ? size : values->size() * 1024));
  }
  return 0;
}
