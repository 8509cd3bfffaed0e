// The immutable picture of everything a visitor may ask for. Built by the publisher, never modified, shared by all
// workers. A worker adopts a new one between two turns of its loop and keeps no pointer into the old one beyond that.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls_certificate.hpp"
#include "serve/path_mounts.hpp"
#include "serve/project_views.hpp"
#include "serve/site_index.hpp"

namespace sitepod::serve {

// What keeps a project from its visitors, whatever it has released.
enum class Restriction : std::uint8_t {
  None,
  Throttled,  // has used up its bytes of the month: slowed down
  Paused,     // the same: 503 until the month ends
  Suspended,  // the operator has taken it off: 451
};

// How a pointer (environment, preview) presents its image.
struct SiteView {
  std::string project_id;
  std::string project;                     // name
  std::string environment;                 // empty for a preview
  std::string image_id;                    // empty: nothing is released here (404 page that says so)
  std::shared_ptr<const SiteIndex> index;  // null when image_id is empty
  // Images that were live here lately, newest first: pages that visitors still have open ask for their fingerprinted
  // files. Only entries that are immutable and no HTML are served from them.
  std::vector<std::shared_ptr<const SiteIndex>> recent;
  Restriction restriction = Restriction::None;
  std::uint32_t meter = 0;  // which of a worker's SiteMeters counts what leaves
  bool is_preview = false;  // X-Robots-Tag: noindex and Cache-Control: no-cache on every answer
  // Of a preview: the instant from which on it answers 410, and the hash of the password that visitors must send by
  // HTTP Basic authentication (user ignored); empty: everybody may look.
  Instant expires_at;
  std::string lock;
};

struct HostEntry {
  enum class Kind : std::uint8_t { Site, Control };
  Kind kind = Kind::Site;
  // What stands at the host's root. Null for Control, and where only paths below the root are taken.
  std::shared_ptr<const SiteView> site;
  // On production hosts: the pointers of the root's project that a cookie may choose instead. Null elsewhere.
  std::shared_ptr<const ProjectViews> views = nullptr;
  // Null in the ordinary case: the root's site has the whole host. Else every site of the host, the root's too.
  std::shared_ptr<const PathMounts> mounts = nullptr;
};

// host name (lower-case, no port) → entry. Sharded so that publishing one site copies one shard: `with` shares all
// others.
class HostTable {
 public:
  HostTable();
  const HostEntry* find(std::string_view lower_case_host) const;
  std::size_t size() const;

  struct Change {
    std::string host;
    std::optional<HostEntry> entry;  // nothing: the host is gone
  };
  HostTable with(const std::vector<Change>& changes) const;
  void each(const std::function<void(const std::string& host, const HostEntry& entry)>& visit) const;

 private:
  static constexpr std::size_t kShards = 1024;
  struct Shard;
  std::array<std::shared_ptr<const Shard>, kShards> shards_;
  std::size_t size_ = 0;
};

// What the host of an address under /.well-known/acme-challenge/ answers, by the token behind it (RFC 8555 §8.3).
using Challenges = std::map<std::string, std::string, std::less<>>;

struct Snapshot {
  std::uint64_t generation = 0;  // grows by one per publication
  std::string base_domain;       // lower-case, no port: this host, app. and www. of it, and IP literals are Control
  HostTable hosts;
  std::shared_ptr<const net::TlsCertificates> certificates = nullptr;  // for https; null: there are none
  std::shared_ptr<const Challenges> challenges = nullptr;  // null in the ordinary case: nobody is asking for any
};

}  // namespace sitepod::serve
