#include "deploy/deployer.hpp"

#include <algorithm>

#include "deploy/deployer_state.hpp"
#include "identity/project_access.hpp"
#include "meta/blob_presence.hpp"
#include "meta/plan_room.hpp"

namespace sitepod::deploy {

Error plan_not_found() { return not_found("plan_not_found", "There is no such plan."); }
Error plan_expired() { return invalid("plan_expired", "The plan has expired; make a new one."); }
Error project_not_found() { return not_found("not_found", "There is no such project."); }
Error image_not_found() { return not_found("image_not_found", "There is no such image."); }
Error purged_content() { return forbidden("The operator has removed this content for good; it cannot be uploaded."); }
Error quota_exceeded(std::string message) { return invalid("quota_exceeded", std::move(message)); }

Result<meta::Project> load_project_of(meta::Session& session, const identity::Caller& caller,
                                      const ProjectRef& project) {
  return identity::load_project(session, caller, project.name, project.id);
}

Deployer::Deployer(meta::MetaStore& meta, blob::BlobStore& blobs, Encoder& encoder, DeploySettings settings)
    : state_(new State{meta, blobs, encoder, settings, OpenPlans(settings.open_plans_bytes)}) {}

Deployer::~Deployer() = default;

const DeploySettings& Deployer::settings() const { return state_->settings; }

bool Deployer::storage_degraded() const { return state_->blobs.degraded(); }

// Room of uploads that ended with another run of the server is free again; what they stored counts.
static Result<void> restore_room(meta::MetaStore& meta, OpenPlan& plan) {
  const std::string& id = plan.head().id;
  const std::vector<meta::PlanRoom> rooms =
      SITEPOD_TRY(meta.read([&](meta::Session& session) { return meta::list_plan_room(session, id); }));
  if (rooms.empty()) return {};
  std::vector<Digest> names;
  for (const meta::PlanRoom& room : rooms) names.push_back(room.name);
  return meta.write([&](meta::Session& session) -> Result<void> {
    std::vector<bool> is_stored(names.size());
    SITEPOD_TRY(meta::find_blobs_of_account(session, plan.head().account_id, names,
                                            [&](std::size_t rank, const meta::Blob&) { is_stored[rank] = true; }));
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::span<const std::uint32_t> named = plan.entries()->find_name(names[i]);
      if (is_stored[i] && !named.empty())
        plan.restore_count(named.front(), rooms[i].bytes);
      else
        SITEPOD_TRY(meta::give_plan_room(session, id, names[i]));
    }
    return {};
  });
}

Result<std::shared_ptr<OpenPlan>> Deployer::State::load_plan(std::string_view plan_id) {
  const std::string id(plan_id);
  if (std::shared_ptr<OpenPlan> known = open_plans.find(id)) return known;
  std::optional<meta::Project> project;
  Result<std::optional<meta::Plan>> loaded =
      meta.read([&](meta::Session& session) -> Result<std::optional<meta::Plan>> {
        std::optional<meta::Plan> plan = SITEPOD_TRY(meta::find_plan(session, id));
        if (plan) project = SITEPOD_TRY(meta::find_project(session, plan->project_id));
        return plan;
      });
  std::optional<meta::Plan> plan = SITEPOD_TRY(std::move(loaded));
  if (!plan || !project) return plan_not_found();
  // A committed plan has lost its entries: nobody uploads to it any more.
  PlanEntries entries;
  if (plan->image_id.empty())
    entries = SITEPOD_TRY_WITH(PlanEntries::from_bytes(std::move(plan->entries)), "loading " + id);
  plan->entries.clear();
  auto opened = std::make_shared<OpenPlan>(*std::move(plan), *std::move(project),
                                           std::make_shared<const PlanEntries>(std::move(entries)));
  if (!opened->head().image_id.empty()) return opened;  // not worth keeping
  SITEPOD_TRY(restore_room(meta, *opened));
  return open_plans.keep(std::move(opened));
}

Result<std::shared_ptr<OpenPlan>> Deployer::State::open_plan(const identity::Caller& caller, std::string_view plan_id,
                                                             Instant now) {
  std::shared_ptr<OpenPlan> plan = SITEPOD_TRY(load_plan(plan_id));
  SITEPOD_TRY(identity::check_may_use_project(caller, plan->project()));
  if (!plan->head().image_id.empty()) return invalid_request("The plan has been committed already.");
  if (plan->expires_at() <= now) return plan_expired();
  return plan;
}

namespace {

// So many names are looked for at once: dense enough for one walk through the rows, little enough for the memory.
constexpr std::size_t kNamesAtOnce = 8 * 1024;

decltype(&meta::find_blobs_of_account) finder_of(NameKind kind) {
  switch (kind) {
    case NameKind::Blake3:
      return meta::find_blobs_by_blake3;
    case NameKind::Sha256:
      return meta::find_blobs_by_sha256;
    case NameKind::Either:
      break;
  }
  return meta::find_blobs_of_account;
}

}  // namespace

Result<void> Deployer::State::find_presence(meta::Session& session, std::string_view account_id,
                                            const PlanEntries& entries, Presence& presence) const {
  presence.positions = entries.distinct_names();
  presence.found = FoundBlobs(presence.positions.size());
  if (!SITEPOD_TRY(meta::account_has_blobs(session, account_id))) return {};
  const std::vector<std::uint32_t> sorted = entries.sorted_name_positions();
  const std::vector<std::uint32_t> slots = entries.name_slots();
  for (std::size_t first = 0; first < sorted.size(); first += kNamesAtOnce) {
    const auto some = std::span(sorted).subspan(first, std::min(kNamesAtOnce, sorted.size() - first));
    // The name of the array form is a BLAKE3; bytes whose SHA-256 happens to be it are other bytes.
    for (const NameKind kind : {NameKind::Either, NameKind::Blake3, NameKind::Sha256}) {
      std::vector<Digest> names;
      std::vector<std::uint32_t> positions;
      for (const std::uint32_t position : some) {
        const PlanEntry entry = entries.at(position);
        if (entry.name_kind != kind) continue;
        names.push_back(entry.name);
        positions.push_back(position);
      }
      if (names.empty()) continue;
      SITEPOD_TRY(finder_of(kind)(session, account_id, names, [&](std::size_t rank, const meta::Blob& blob) {
        const auto standing = blob.staged_by.empty()              ? FoundBlob::Standing::Durable
                              : blob.staged_by == settings.run_id ? FoundBlob::Standing::StagedHere
                                                                  : FoundBlob::Standing::StagedElsewhere;
        presence.found.set(slots[positions[rank]], {standing, blob.sha256, blob.size});
      }));
    }
  }
  return {};
}

Result<void> Deployer::State::read_presence(std::string_view account_id, const PlanEntries& entries,
                                            Presence& out) const {
  return meta.read([&](meta::Session& session) { return find_presence(session, account_id, entries, out); });
}

std::vector<std::uint32_t> Deployer::State::unproven(const Presence& presence) {
  std::vector<std::uint32_t> positions;
  for (std::size_t i = 0; i < presence.found.size(); ++i) {
    const FoundBlob::Standing standing = presence.found[i].standing;
    if (standing == FoundBlob::Standing::Absent || standing == FoundBlob::Standing::StagedElsewhere)
      positions.push_back(presence.positions[i]);
  }
  return positions;
}

}  // namespace sitepod::deploy
