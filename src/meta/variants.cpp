#include "meta/queries.hpp"
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

Variant read_variant(const Row& row) { return {row.digest(0), row.string(1), row.digest(2), row.size(3)}; }

}  // namespace

Result<std::vector<Variant>> find_variants(Session& session, const Digest& source) {
  return find_all(session, read_variant,
                  "SELECT source, encoding, blob, size FROM variants WHERE source = :source ORDER BY encoding",
                  {{"source", source}});
}

Result<void> insert_variant(Session& session, const Variant& variant) {
  return run(
      session,
      "INSERT INTO variants (source, encoding, blob, size) VALUES (:source, :encoding, :blob, :size)"
      " ON CONFLICT (source, encoding) DO NOTHING",
      {{"source", variant.source}, {"encoding", variant.encoding}, {"blob", variant.blob}, {"size", variant.size}});
}

}  // namespace sitepod::meta
