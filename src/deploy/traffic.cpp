#include "deploy/traffic.hpp"

#include <array>

#include "base/log.hpp"
#include "deploy/deployer_state.hpp"
#include "identity/audit.hpp"

namespace sitepod::deploy {
namespace {

constexpr std::array<std::int64_t, 3> kNotices = {50, 75, 100};  // percent
constexpr std::int64_t kMonthsInAYear = 100;                     // as months are counted

// The highest of the levels that this much has reached; 0: none.
std::int64_t level_of(const meta::Traffic& used, const meta::TrafficCap& cap) {
  std::int64_t reached = 0;
  for (const std::int64_t level : kNotices) {
    const auto percent = static_cast<std::uint64_t>(level);
    // In two steps, so that the product cannot wrap.
    if (used.bytes >= cap.bytes / 100 * percent + cap.bytes % 100 * percent / 100) reached = level;
  }
  return reached;
}

Result<ProjectTraffic> load(meta::Session& session, meta::Project project, Instant now) {
  ProjectTraffic traffic;
  traffic.month = meta::month_of(now);
  traffic.used = SITEPOD_TRY(meta::find_traffic(session, project.id, traffic.month));
  traffic.cap = SITEPOD_TRY(meta::find_traffic_cap(session, project.id));
  traffic.project = std::move(project);
  return traffic;
}

// True: the project is restricted from now on.
Result<bool> tell(meta::Session& session, const std::string& project_id, std::int64_t month, const meta::Traffic& used,
                  Instant now) {
  const std::optional<meta::TrafficCap> cap = SITEPOD_TRY(meta::find_traffic_cap(session, project_id));
  if (!cap) return false;
  const std::int64_t level = level_of(used, *cap);
  if (level <= used.noticed) return false;
  const std::optional<meta::Project> project = SITEPOD_TRY(meta::find_project(session, project_id));
  if (!project) return false;
  SITEPOD_TRY(meta::set_noticed(session, project_id, month, level));
  // By nobody: the server itself.
  meta::Event event = identity::make_event(identity::Caller{}, "traffic_notice", *project, now);
  event.subject = std::to_string(level) + " %";
  SITEPOD_TRY(meta::insert_event(session, event));
  log::warn("a project nears or has reached its traffic of the month", {{"project", project->name},
                                                                        {"percent", level},
                                                                        {"bytes", used.bytes},
                                                                        {"cap", cap->bytes},
                                                                        {"action", cap->action}});
  if (level < kNotices.back() || cap->action == meta::kNotify) return false;
  SITEPOD_TRY(meta::insert_change(session, project_id));
  return true;
}

}  // namespace

Result<ProjectTraffic> load_traffic(meta::MetaStore& meta, const identity::Caller& caller, const ProjectRef& project,
                                    Instant now) {
  return meta.read([&](meta::Session& session) -> Result<ProjectTraffic> {
    return load(session, SITEPOD_TRY(load_project_of(session, caller, project)), now);
  });
}

Result<ProjectTraffic> set_traffic_cap(meta::MetaStore& meta, const identity::Caller& caller, const ProjectRef& project,
                                       const WantedCap& wanted, Instant now) {
  return meta.write([&](meta::Session& session) -> Result<ProjectTraffic> {
    const meta::Project known = SITEPOD_TRY(load_project_of(session, caller, project));
    const std::optional<meta::TrafficCap> before = SITEPOD_TRY(meta::find_traffic_cap(session, known.id));
    const bool is_admin = identity::acts_as_admin(caller);
    if (before && before->is_by_admin && !is_admin)
      return forbidden("An admin has set this cap; only an admin can change it.");
    // An admin's cap on their own project is an owner's.
    const bool is_by_admin = is_admin && known.owner_id != caller.account_id;
    if (wanted.bytes == 0)
      SITEPOD_TRY(meta::delete_traffic_cap(session, known.id));
    else
      SITEPOD_TRY(meta::put_traffic_cap(session, {known.id, wanted.bytes, wanted.action, is_by_admin, now}));
    // What the new cap has been used to is told of anew, with the next bytes.
    SITEPOD_TRY(meta::set_noticed(session, known.id, meta::month_of(now), 0));
    meta::Event event = identity::make_event(caller, "traffic_cap_changed", known, now);
    event.subject = wanted.bytes == 0 ? "none" : std::to_string(wanted.bytes) + " bytes, " + wanted.action;
    SITEPOD_TRY(meta::insert_event(session, event));
    SITEPOD_TRY(meta::insert_change(session, known.id));
    return load(session, known, now);
  });
}

Result<std::vector<std::string>> count_traffic(meta::MetaStore& meta, std::span<const SentBytes> sent, Instant now) {
  if (sent.empty()) return std::vector<std::string>();
  const std::int64_t month = meta::month_of(now);
  return meta.write([&](meta::Session& session) -> Result<std::vector<std::string>> {
    std::vector<std::string> restricted;
    for (const SentBytes& site : sent) {
      const auto used = SITEPOD_TRY(meta::add_traffic(session, site.project_id, month, site.bytes));
      if (used && SITEPOD_TRY(tell(session, site.project_id, month, *used, now))) restricted.push_back(site.project_id);
    }
    return restricted;
  });
}

Result<std::vector<std::string>> begin_month(meta::MetaStore& meta, Instant now) {
  const std::int64_t month = meta::month_of(now);
  const std::int64_t last = month % kMonthsInAYear == 1 ? month - kMonthsInAYear + 11 : month - 1;
  return meta.write([&](meta::Session& session) -> Result<std::vector<std::string>> {
    std::vector<std::string> over;
    SITEPOD_TRY(meta::each_over_cap(session, last, [&](std::string_view id) { over.emplace_back(id); }));
    for (const std::string& id : over) SITEPOD_TRY(meta::insert_change(session, id));
    SITEPOD_TRY(meta::delete_traffic_before(session, month - kMonthsInAYear));
    return over;
  });
}

}  // namespace sitepod::deploy
