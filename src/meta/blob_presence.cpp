// Which of many names an account has, in three passes over sorted keys: SHA-256 names to blobs, BLAKE3 names to blobs,
// blobs to rows; and which variants many blobs have, in one. Stepping along an index costs a fifth of a fresh search in
// it, so each pass steps while the wanted keys lie close together and searches anew when they do not.
#include "meta/blob_presence.hpp"

namespace sitepod::meta {
namespace {

struct Wanted {
  Digest key;
  std::size_t position;  // in the caller's list
};

void sort_by_key(std::vector<Wanted>& wanted) {
  const auto is_before = [](const Wanted& a, const Wanted& b) { return a.key < b.key; };
  if (!std::is_sorted(wanted.begin(), wanted.end(), is_before)) std::sort(wanted.begin(), wanted.end(), is_before);
}

// Steps over unwanted rows before searching anew: fewer after every vain step, more after every find.
constexpr int kMostPatience = 8;

// One pass. `sql` yields rows in ascending order of their first column, a digest, beginning at :from.
class Pass {
 public:
  Pass(Session& session, std::string_view sql, std::optional<std::string_view> account_id)
      : session_(session), sql_(sql), account_id_(account_id) {}

  // Calls `found(wanted, row)` for every wanted key that has a row. Requires: sorted.
  template <typename Found>
  Result<void> run(std::span<const Wanted> wanted, Found found) {
    std::size_t next = 0;
    bool ran_out = false;  // of rows
    while (next < wanted.size() && !ran_out) {
      int steps_left = patience_;
      ran_out = true;
      auto on_row = [&](const Row& row) {
        Digest key = row.digest(0);
        while (next < wanted.size() && wanted[next].key < key) ++next;
        // What was found stays the next: further rows may have its key.
        std::size_t matched = next;
        for (; matched < wanted.size() && wanted[matched].key == key; ++matched) found(wanted[matched], row);
        bool is_wanted = matched > next;
        if (is_wanted) patience_ = steps_left = std::min(kMostPatience, patience_ + 1);
        bool goes_on = next < wanted.size() && (is_wanted || --steps_left > 0);
        ran_out = goes_on;  // true only if no further row follows
        return goes_on;
      };
      SITEPOD_TRY(search(wanted[next].key, on_row));
      if (!ran_out) patience_ = std::max(1, patience_ / 2);
    }
    return {};
  }

 private:
  Result<void> search(const Digest& from, const std::function<bool(const Row&)>& on_row) {
    if (!account_id_) return session_.query(sql_, {{"from", from}}, on_row);
    return session_.query(sql_, {{"from", from}, {"account_id", *account_id_}}, on_row);
  }

  Session& session_;
  std::string_view sql_;
  std::optional<std::string_view> account_id_;
  int patience_ = kMostPatience;
};

constexpr std::string_view kBySha256 =
    "SELECT sha256, sha256 FROM blob_accounts WHERE account_id = :account_id AND sha256 >= :from ORDER BY sha256";
constexpr std::string_view kByBlake3 =
    "SELECT blake3, sha256 FROM blob_accounts WHERE account_id = :account_id AND blake3 >= :from ORDER BY blake3";
constexpr std::string_view kVariants =
    "SELECT source, encoding, blob, size FROM variants WHERE source >= :from ORDER BY source, encoding";
constexpr std::string_view kRows =
    "SELECT sha256, blake3, size, staged_by FROM blobs WHERE sha256 >= :from ORDER BY sha256";

// The rows of these blobs, each for the position that wanted it.
Result<void> read_rows(Session& session, std::vector<Wanted>& blobs, const EachBlob& each) {
  sort_by_key(blobs);
  return Pass(session, kRows, std::nullopt).run(blobs, [&](const Wanted& blob, const Row& row) {
    each(blob.position, {row.digest(0), row.digest(1), row.size(2), row.string(3)});
  });
}

std::vector<Wanted> wanted_of(std::span<const Digest> names) {
  std::vector<Wanted> wanted;
  wanted.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) wanted.push_back({names[i], i});
  sort_by_key(wanted);
  return wanted;
}

Result<void> find_in(std::string_view index, Session& session, std::string_view account_id,
                     std::span<const Digest> names, const EachBlob& each) {
  std::vector<Wanted> blobs;
  SITEPOD_TRY(Pass(session, index, account_id).run(wanted_of(names), [&](const Wanted& name, const Row& row) {
    blobs.push_back({row.digest(1), name.position});
  }));
  return read_rows(session, blobs, each);
}

}  // namespace

Result<void> find_blobs_by_sha256(Session& session, std::string_view account_id, std::span<const Digest> names,
                                  const EachBlob& each) {
  return find_in(kBySha256, session, account_id, names, each);
}

Result<void> find_blobs_by_blake3(Session& session, std::string_view account_id, std::span<const Digest> names,
                                  const EachBlob& each) {
  return find_in(kByBlake3, session, account_id, names, each);
}

Result<void> find_blobs_of_account(Session& session, std::string_view account_id, std::span<const Digest> names,
                                   const EachBlob& each) {
  std::vector<Wanted> wanted = wanted_of(names);
  std::vector<Wanted> blobs;
  std::vector<bool> is_found(names.size());
  const auto note = [&](const Wanted& name, const Row& row) {
    blobs.push_back({row.digest(1), name.position});
    is_found[name.position] = true;
  };
  SITEPOD_TRY(Pass(session, kBySha256, account_id).run(wanted, note));
  std::erase_if(wanted, [&](const Wanted& name) { return is_found[name.position]; });
  SITEPOD_TRY(Pass(session, kByBlake3, account_id).run(wanted, note));
  return read_rows(session, blobs, each);
}

Result<void> find_variants_of(Session& session, std::span<const Digest> sources,
                              const std::function<void(std::size_t position, const Variant&)>& each) {
  return Pass(session, kVariants, std::nullopt).run(wanted_of(sources), [&](const Wanted& source, const Row& row) {
    each(source.position, {row.digest(0), row.string(1), row.digest(2), row.size(3)});
  });
}

}  // namespace sitepod::meta
