#include "meta/database_stamp.hpp"

#include <unistd.h>

#include <charconv>

#include "base/file.hpp"
#include "base/log.hpp"
#include "meta/queries.hpp"

namespace sitepod::meta {
namespace {

constexpr std::uint64_t kMaxStampBytes = 64;
constexpr std::string_view kNumber = "SELECT number FROM database_stamp";

}  // namespace

Result<void> DatabaseStamp::check(Session& session) const {
  if (::access(path_.c_str(), F_OK) != 0) return {};
  const std::string text = SITEPOD_TRY(read_file(path_, kMaxStampBytes));
  std::int64_t stamp = 0;
  // A stamp that is no number proves nothing; the next one replaces it.
  if (std::from_chars(text.data(), text.data() + text.size(), stamp).ec != std::errc()) return {};
  const std::int64_t number = SITEPOD_TRY(find_number(session, kNumber));
  if (number >= stamp) return {};
  const std::string why =
      "has lost what was written last: its file ending in -wal is missing or an older one, or the "
      "database is an older copy. Put the -wal file back, or restore a backup. To go on without "
      "what is lost, remove " +
      path_ + ".";
  return Error{ErrorKind::Internal, "database_incomplete", "The database " + why, "the database " + why, {}};
}

void DatabaseStamp::renew(Session& session) const {
  if (const Result<void> written = write(session); !written.ok())
    log::warn("the stamp of the database could not be renewed; a lost log would not be noticed",
              {{"reason", written.error().context}});
}

Result<void> DatabaseStamp::write(Session& session) const {
  SITEPOD_TRY(session.execute("UPDATE database_stamp SET number = number + 1"));
  return replace_file(path_, std::to_string(SITEPOD_TRY(find_number(session, kNumber))) + "\n");
}

}  // namespace sitepod::meta
