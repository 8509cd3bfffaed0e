// Which of many names an account has, in three passes over sorted keys: SHA-256 names to blobs, BLAKE3 names to blobs,
// blobs to rows. Stepping along an index costs a fifth of a fresh search in it, so each pass steps while the wanted
// keys lie close together and searches anew when they do not.
#include "meta/records.hpp"

namespace sitepod::meta {
namespace {

struct Wanted {
  Digest key;
  std::size_t position;  // in the caller's list
};

void sort_by_key(std::vector<Wanted>& wanted) {
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.key < b.key; });
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
        bool is_wanted = next < wanted.size() && wanted[next].key == key;
        for (; next < wanted.size() && wanted[next].key == key; ++next) found(wanted[next], row);
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
constexpr std::string_view kRows =
    "SELECT sha256, blake3, size, staged_by FROM blobs WHERE sha256 >= :from ORDER BY sha256";

}  // namespace

Result<void> find_blobs_of_account(Session& session, std::string_view account_id, std::span<const Digest> names,
                                   const std::function<void(std::size_t position, const Blob&)>& each) {
  std::vector<Wanted> wanted;
  wanted.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) wanted.push_back({names[i], i});
  sort_by_key(wanted);

  std::vector<Wanted> blobs;
  std::vector<bool> is_found(names.size());
  auto note = [&](const Wanted& name, const Row& row) {
    blobs.push_back({row.digest(1), name.position});
    is_found[name.position] = true;
  };
  SITEPOD_TRY(Pass(session, kBySha256, account_id).run(wanted, note));
  std::erase_if(wanted, [&](const Wanted& name) { return is_found[name.position]; });
  SITEPOD_TRY(Pass(session, kByBlake3, account_id).run(wanted, note));

  sort_by_key(blobs);
  return Pass(session, kRows, std::nullopt).run(blobs, [&](const Wanted& blob, const Row& row) {
    each(blob.position, {row.digest(0), row.digest(1), row.size(2), row.string(3)});
  });
}

}  // namespace sitepod::meta
