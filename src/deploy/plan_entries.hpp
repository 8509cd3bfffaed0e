// The files of a plan in the packed form in which plans.entries keeps them: one string, about 75 bytes per file plus
// its path, and an index of four bytes per file. Format: docs/formats/plan-entries.md. Immutable after build() or
// from_bytes(); any thread may read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.hpp"
#include "base/result.hpp"

namespace sitepod::deploy {

// Which digest a name is; the map form does not say.
enum class NameKind : std::uint8_t { Either = 0, Blake3 = 1, Sha256 = 2 };

struct PlanEntry {
  std::string_view path;   // no leading slash
  bool had_slash = false;  // the client wrote it with a leading slash: echo it so
  Digest name;             // as the client named the bytes
  NameKind name_kind = NameKind::Either;
  std::optional<Digest> claimed_sha256;  // beside a BLAKE3 name; checked against uploaded bytes, believed nowhere
  std::optional<std::uint64_t> size;     // declared
  std::string_view media_type;           // empty: by extension
};

class PlanEntries {
 public:
  // Collects entries in the order of the request. A resource of one thread.
  class Builder {
   public:
    // `expected_bytes` of packed form, so that nothing is copied while it grows.
    explicit Builder(std::size_t expected_bytes = 0);
    Builder(Builder&&) = default;
    Builder& operator=(Builder&&) = default;
    // Requires: path parsed by model::parse_manifest_path, media_type valid or empty.
    void add(const PlanEntry& entry);
    std::size_t size() const { return offsets_.size(); }
    // Equal paths with equal names become one entry; with different names they are an error ("invalid_request").
    Result<PlanEntries> build() &&;

   private:
    std::uint32_t number_of(std::string_view media_type);

    std::string bytes_;
    std::vector<std::uint32_t> offsets_;
    std::map<std::string, std::uint32_t, std::less<>> media_type_numbers_;
    std::vector<std::string> media_types_;
    std::uint32_t last_media_type_ = 0;
  };

  // Refuses anything that to_bytes would not have written.
  static Result<PlanEntries> from_bytes(std::string bytes);
  // Includes the table of media types.
  std::string to_bytes() const;
  // The same in pieces of at most `most` bytes, none of them a copy of much.
  Result<void> each_piece(std::size_t most, const std::function<Result<void>(std::string_view piece)>& each) const;

  std::size_t size() const { return offsets_.size(); }
  bool empty() const { return offsets_.empty(); }
  // In the order of the request. The views point into this object.
  PlanEntry at(std::size_t position) const;
  // Positions of all entries with that name, first of the request first; empty when there is none.
  std::span<const std::uint32_t> find_name(const Digest& name) const;
  // Position of the path (without leading slash).
  std::optional<std::size_t> find_path(std::string_view path) const;
  // Positions, one per distinct name, in the order of the request.
  std::vector<std::uint32_t> distinct_names() const;
  // All positions, by path bytewise.
  std::span<const std::uint32_t> sorted_by_path() const { return by_path_; }
  // Distinct names in ascending order, and for each the position that distinct_names() has for it.
  std::vector<Digest> sorted_names() const;
  std::vector<std::uint32_t> sorted_name_positions() const;
  // For every position, where its name stands in distinct_names().
  std::vector<std::uint32_t> name_slots() const;
  std::size_t memory_bytes() const;

 private:
  Result<void> index();
  Result<void> drop_repeated(std::vector<std::uint32_t> repeated);
  std::string head() const;
  void sort_by_path();
  void sort_by_name();
  std::vector<std::uint32_t> all_positions() const;
  bool has_same_name(std::uint32_t a, std::uint32_t b) const;
  Digest name_at(std::uint32_t position) const;
  std::string_view path_at(std::uint32_t position) const;

  std::string bytes_;
  std::size_t entries_begin_ = 0;       // in bytes_; from there on the entries stand without a gap
  std::vector<std::uint32_t> offsets_;  // of each entry in bytes_, in the order of the request
  std::vector<std::uint32_t> by_path_;  // positions
  std::vector<std::uint32_t> by_name_;  // positions
  bool has_repeated_names_ = false;
  std::vector<std::string> media_types_;
};

}  // namespace sitepod::deploy
