#include <algorithm>
#include <chrono>

#include "base/log.hpp"
#include "domains/domains_state.hpp"
#include "model/domain_name.hpp"

namespace sitepod::domains {
namespace {

using std::chrono::milliseconds;

// So long a claim of another account must bring its own token: the last holder's records may still be in DNS.
constexpr milliseconds kQuarantine = std::chrono::hours(30 * 24);
constexpr milliseconds kCheckInterval = std::chrono::hours(24);
constexpr milliseconds kRetryInterval = std::chrono::hours(1);
constexpr milliseconds kGrace = std::chrono::hours(7 * 24);
constexpr std::chrono::seconds kPatienceForALookup{2};
constexpr std::int64_t kMaxChecksPerRun = 10'000;
// So many domains in a row without an answer: it is the resolver that is down.
constexpr int kManyFailures = 20;

Instant operator-(Instant instant, milliseconds duration) { return {instant.unix_ms - duration.count()}; }
Instant operator+(Instant instant, milliseconds duration) { return {instant.unix_ms + duration.count()}; }

class LookupSlot {
 public:
  explicit LookupSlot(std::counting_semaphore<>& free)
      : free_(free), is_taken_(free.try_acquire_for(kPatienceForALookup)) {}
  ~LookupSlot() {
    if (is_taken_) free_.release();
  }
  LookupSlot(const LookupSlot&) = delete;
  LookupSlot& operator=(const LookupSlot&) = delete;
  bool is_taken() const { return is_taken_; }

 private:
  std::counting_semaphore<>& free_;
  const bool is_taken_;
};

std::string advice(const meta::Domain& entry, const std::string& host, const Findings& findings) {
  std::string text = findings.is_inconclusive() ? "The name servers gave no answer. Once they do, this must be there: "
                                                : "Not found yet. ";
  return text + "Add a TXT record at " + record_name(entry.domain) + " with the value \"" + entry.token +
         "\", or a CNAME record from " + entry.domain + " to " + host + ", and verify again.";
}

std::vector<meta::Domain> of_owner(const std::vector<meta::Domain>& entries, const std::string& owner_id) {
  std::vector<meta::Domain> own;
  std::copy_if(entries.begin(), entries.end(), std::back_inserter(own),
               [&](const meta::Domain& entry) { return entry.owner_id == owner_id; });
  return own;
}

Result<bool> is_held_by_another(meta::Session& session, const meta::Domain& entry) {
  for (const meta::Domain& other : SITEPOD_TRY(meta::list_domains_named(session, entry.domain)))
    if (other.is_active() && other.owner_id != entry.owner_id) return true;
  return false;
}

Result<void> activate(meta::Session& session, meta::Domain entry, const identity::Caller& caller, Instant now) {
  entry.status = "active";
  entry.proof = "dns";
  entry.activated_at = now;
  entry.checked_at = now;
  entry.failing_since.reset();
  SITEPOD_TRY(meta::update_domain(session, entry));
  SITEPOD_TRY(meta::put_domain_holder(session, {entry.domain, entry.owner_id, std::nullopt}));
  return note_change(session, entry, "domain_verified", caller, now);
}

bool all_active(const std::vector<meta::Domain>& entries) {
  return std::all_of(entries.begin(), entries.end(), [](const meta::Domain& entry) { return entry.is_active(); });
}

}  // namespace

Findings Domains::State::look_up(const std::string& domain) const {
  const auto questions = questions_about(domain);
  std::vector<net::DnsAnswer> answers = resolver.resolve(questions);
  return {std::move(answers[0]), std::move(answers[1])};
}

Result<bool> Domains::State::is_proven(meta::Session& session, const std::vector<meta::Domain>& entries,
                                       const Findings& findings, Instant now) const {
  for (const meta::Domain& entry : entries)
    if (is_proven_by_txt(findings, entry.token)) return true;
  const auto holder = SITEPOD_TRY(meta::find_domain_holder(session, entries.front().domain));
  // An alias that somebody left behind would prove the claim of whoever has the subdomain next.
  const bool is_quarantined = holder && holder->owner_id != entries.front().owner_id &&
                              (!holder->released_at || *holder->released_at > now - kQuarantine);
  if (is_quarantined) return false;
  for (const meta::Domain& entry : entries) {
    const auto project = SITEPOD_TRY(meta::find_project(session, entry.project_id));
    if (project && is_proven_by_cname(findings, host_of(*project))) return true;
  }
  return false;
}

Result<Verified> Domains::verify(const identity::Caller& caller, std::string_view domain, Instant now) {
  State& state = *state_;
  Verified outcome;
  outcome.domain = SITEPOD_TRY(model::parse_domain_name(domain));
  const auto known =
      SITEPOD_TRY(state.meta.read([&](meta::Session& session) { return entries_of(session, caller, outcome.domain); }));
  if (known.empty()) return domain_not_found();
  SITEPOD_TRY(check_may_change_hosts(caller));
  if (all_active(known)) {
    outcome.verified = true;
    outcome.message = "The domain is active.";
    return outcome;
  }
  const LookupSlot slot(state.free_lookups);
  if (!slot.is_taken()) return unavailable("Too many domains are being verified; try again in a moment.");
  const Findings findings = state.look_up(outcome.domain);

  return state.meta.write([&](meta::Session& session) -> Result<Verified> {
    Verified verified = outcome;
    const auto entries = SITEPOD_TRY(entries_of(session, caller, verified.domain));
    if (entries.empty()) return domain_not_found();
    for (const meta::Domain& entry : entries) {
      if (entry.is_active()) continue;
      const auto project = SITEPOD_TRY(meta::find_project(session, entry.project_id));
      if (SITEPOD_TRY(is_held_by_another(session, entry))) {
        verified.message = "The domain is active for another account, which must give it up first.";
      } else if (SITEPOD_TRY(state.is_proven(session, of_owner(entries, entry.owner_id), findings, now))) {
        SITEPOD_TRY(activate(session, entry, caller, now));
        add_once(verified.changed_projects, entry.project_id);
      } else {
        verified.message = advice(entry, project ? state.host_of(*project) : std::string(), findings);
      }
    }
    verified.verified = verified.message.empty();
    if (verified.verified) verified.message = "The domain is verified and active.";
    return verified;
  });
}

namespace {

// One domain of one account, on its turn to be looked at again.
struct Due {
  std::string domain;
  std::string owner_id;
  bool operator==(const Due&) const = default;
};

Result<std::vector<Due>> list_due(meta::Session& session, Instant now) {
  std::vector<Due> due;
  for (meta::Domain& entry :
       SITEPOD_TRY(meta::list_domains_to_check(session, now - kCheckInterval, kMaxChecksPerRun))) {
    Due next{std::move(entry.domain), std::move(entry.owner_id)};
    if (std::find(due.begin(), due.end(), next) == due.end()) due.push_back(std::move(next));
  }
  return due;
}

// The entries of this owner that live by their proof in DNS.
Result<std::vector<meta::Domain>> entries_due(meta::Session& session, const Due& due) {
  std::vector<meta::Domain> entries =
      of_owner(SITEPOD_TRY(meta::list_domains_named(session, due.domain)), due.owner_id);
  std::erase_if(entries, [](const meta::Domain& entry) { return !entry.is_active() || entry.proof != "dns"; });
  return entries;
}

// True: the entry's time is up.
bool judge(meta::Domain& entry, bool is_proven, Instant now) {
  entry.checked_at = now;
  if (is_proven) {
    entry.failing_since.reset();
    return false;
  }
  if (!entry.failing_since) entry.failing_since = now;
  return *entry.failing_since <= now - kGrace;
}

Result<void> detach(meta::Session& session, meta::Domain& entry, Instant now) {
  entry.status = "pending";
  entry.proof = "none";
  entry.activated_at.reset();
  entry.failing_since.reset();
  SITEPOD_TRY(meta::update_domain(session, entry));
  SITEPOD_TRY(release_holder(session, entry, now));
  SITEPOD_TRY(note_change(session, entry, "domain_detached", identity::Caller{}, now));
  log::warn("a domain's proof has been missing for a week; it is shown no more",
            {{"domain", entry.domain}, {"project", entry.project_id}});
  return {};
}

Result<void> postpone(meta::Session& session, std::vector<meta::Domain>& entries, Instant now) {
  for (meta::Domain& entry : entries) {
    entry.checked_at = now - kCheckInterval + kRetryInterval;
    SITEPOD_TRY(meta::update_domain(session, entry));
  }
  return {};
}

// What came of looking at one domain again.
struct Look {
  bool is_answered = true;
  std::vector<std::string> detached_from;  // project ids, one per entry
};

}  // namespace

static Result<Look> take_look(Domains::State& state, const Due& due, Instant now) {
  const Findings findings = state.look_up(due.domain);
  return state.meta.write([&](meta::Session& session) -> Result<Look> {
    Look look;
    std::vector<meta::Domain> entries = SITEPOD_TRY(entries_due(session, due));
    if (entries.empty()) return look;
    const bool is_proven = SITEPOD_TRY(state.is_proven(session, entries, findings, now));
    if (!is_proven && findings.is_inconclusive()) {
      look.is_answered = false;
      SITEPOD_TRY(postpone(session, entries, now));
      return look;
    }
    for (meta::Domain& entry : entries) {
      if (judge(entry, is_proven, now)) {
        look.detached_from.push_back(entry.project_id);
        SITEPOD_TRY(detach(session, entry, now));
      } else {
        SITEPOD_TRY(meta::update_domain(session, entry));
      }
    }
    return look;
  });
}

Result<Reverified> Domains::reverify_due(Instant now, const std::function<bool()>& keep_going) {
  State& state = *state_;
  Reverified total;
  int failures_in_a_row = 0;
  const auto all_due = SITEPOD_TRY(state.meta.read([&](meta::Session& session) { return list_due(session, now); }));
  for (const Due& due : all_due) {
    if (!keep_going() || failures_in_a_row == kManyFailures) break;
    const Look look = SITEPOD_TRY(take_look(state, due, now));
    failures_in_a_row = look.is_answered ? 0 : failures_in_a_row + 1;
    if (look.is_answered) ++total.checked;
    total.detached += look.detached_from.size();
    for (const std::string& project_id : look.detached_from) add_once(total.changed_projects, project_id);
  }
  Result<void> tidied = state.meta.write([&](meta::Session& session) -> Result<void> {
    SITEPOD_TRY(meta::release_orphaned_holders(session, now));
    SITEPOD_TRY(meta::delete_holders_released_before(session, now - kQuarantine));
    return {};
  });
  if (!tidied.ok()) return std::move(tidied).error();
  return total;
}

}  // namespace sitepod::domains
