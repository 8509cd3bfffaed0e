#include <algorithm>

#include "base/log.hpp"
#include "base/random.hpp"
#include "deploy/content_hash.hpp"
#include "deploy/deployer_state.hpp"
#include "deploy/project_creation.hpp"
#include "deploy/staged_uploads.hpp"
#include "meta/collection.hpp"
#include "meta/plan_parts.hpp"
#include "model/names.hpp"

namespace sitepod::deploy {
namespace {

Result<void> check_declared_sizes(const PlanEntries& entries, const Quotas& quotas) {
  if (entries.size() > quotas.max_files_per_deploy)
    return quota_exceeded("A deploy may have at most " + std::to_string(quotas.max_files_per_deploy) + " files.");
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const PlanEntry entry = entries.at(i);
    const std::uint64_t size = entry.size.value_or(0);
    if (size > quotas.max_file_bytes)
      return quota_exceeded("The file \"" + std::string(entry.path) + "\" is larger than " +
                            std::to_string(quotas.max_file_bytes) + " bytes.");
    total += size;  // at most files × file size, so it cannot wrap
    if (total > quotas.max_deploy_bytes)
      return quota_exceeded("The deploy is larger than " + std::to_string(quotas.max_deploy_bytes) + " bytes.");
  }
  return {};
}

// There are few tombstones, as a rule none: each is looked for among the entries.
Result<void> check_nothing_purged(meta::Session& session, const PlanEntries& entries) {
  std::optional<Error> refusal;
  SITEPOD_TRY(meta::each_purged_blob(session, [&](const meta::PurgedBlob& purged) {
    if (purged.lifted_at) return;
    for (const Digest& name : {purged.sha256, purged.blake3})
      if (const auto named = entries.find_name(name); !named.empty())
        refusal = forbidden("The operator has removed the content of \"" + std::string(entries.at(named.front()).path) +
                            "\" for good.");
  }));
  return refusal ? Result<void>(*std::move(refusal)) : Result<void>();
}

// Where files are kept in a bucket, clients put them there themselves, by addresses that are good for one file each.
void offer_bucket(Deployer::State& state, const identity::Caller& caller, Instant now, Planned& planned) {
  const blob::Staging* const staging = state.blobs.staging();
  if (!staging || !staging->is_wanted()) return;
  const Result<bool> offered =
      offer_staging(*staging, caller.account_id, *planned.entries, state.settings.plan_lifetime, now, planned.missing);
  // Uploads to this server say best what is wrong.
  if (!offered.ok()) log::warn("a plan cannot use the bucket", {{"cause", offered.error().context}});
  if (!offered.ok() || !*offered) return;
  const blob::Staging::Signer signer = staging->signer_for(caller.account_id, now);
  planned.presigned_until = signer.good_until();
  planned.presign = [signer, entries = planned.entries](std::uint32_t position) {
    const PlanEntry entry = entries->at(position);
    return signer.address_of(*staging_name(entry), *entry.size);
  };
}

Result<void> insert_entries(meta::Session& session, const std::string& plan_id, const PlanEntries& entries) {
  std::int64_t part = 0;
  return entries.each_piece(meta::kPlanPartBytes, [&](std::string_view piece) {
    return meta::insert_plan_part(session, plan_id, part++, piece);
  });
}

}  // namespace

Result<Planned> Deployer::plan(const identity::Caller& caller, PlanRequest request, Instant now) {
  State& state = *state_;
  const std::string name = SITEPOD_TRY(model::parse_project_name(request.project));
  if (request.entries.empty()) return invalid_request("The field \"files\" must name at least one file.");
  SITEPOD_TRY(check_declared_sizes(request.entries, state.settings.quotas));
  auto entries = std::make_shared<const PlanEntries>(std::move(request.entries));

  // What is found there stays there: from the answer on the plan's row keeps it.
  const blob::BlobLeases::Lease lease = state.blobs.leases().take(entries->sorted_names());
  // Who asks comes before what is there; the write below asks again, in its own transaction.
  State::Presence presence;
  Result<void> looked_up = state.meta.read([&](meta::Session& session) -> Result<void> {
    const std::optional<meta::Project> known = SITEPOD_TRY(meta::find_project_by_name(session, name));
    if (known) SITEPOD_TRY(identity::check_may_use_project(caller, *known));
    SITEPOD_TRY(check_nothing_purged(session, *entries));
    return state.find_presence(session, caller.account_id, *entries, presence);
  });
  if (!looked_up.ok()) return std::move(looked_up).error();

  Planned planned;
  planned.entries = entries;
  planned.missing = State::unproven(presence);
  if (request.may_stage) offer_bucket(state, caller, now, planned);
  planned.reusable = entries->size() - planned.missing.size();  // a shared name that is missing travels once
  const std::optional<Digest> content_hash = find_content_hash(*entries, presence.found);
  planned.content_hash = (content_hash ? *content_hash : provisional_hash(*entries)).hex();
  presence = {};
  planned.plan_id = random_id("plan_");
  planned.expires_at = {now.unix_ms + std::chrono::milliseconds(state.settings.plan_lifetime).count()};

  meta::Plan plan;
  plan.id = planned.plan_id;
  plan.account_id = caller.account_id;
  plan.file_count = entries->size();
  plan.content_hash = planned.content_hash;
  plan.message = std::move(request.message);
  plan.git = std::move(request.git);
  plan.created_at = now;
  plan.expires_at = planned.expires_at;
  Result<meta::Project> written = state.meta.write([&](meta::Session& session) -> Result<meta::Project> {
    planned.new_project_id.clear();
    SITEPOD_TRY(identity::check_account_stands(session, caller));
    std::optional<meta::Project> project = SITEPOD_TRY(meta::find_project_by_name(session, name));
    if (project) {
      SITEPOD_TRY(identity::check_may_use_project(caller, *project));
    } else {
      project = SITEPOD_TRY(create_project(session, caller, name, state.settings.quotas, now));
      planned.new_project_id = project->id;
      SITEPOD_TRY(meta::insert_change(session, project->id));
    }
    plan.project_id = project->id;
    SITEPOD_TRY(meta::insert_plan(session, plan));
    SITEPOD_TRY(insert_entries(session, plan.id, *entries));
    return *std::move(project);
  });
  meta::Project project = SITEPOD_TRY(std::move(written));
  if (planned.missing.empty()) return planned;
  state.open_plans.keep(std::make_shared<OpenPlan>(std::move(plan), std::move(project), entries));
  return planned;
}

}  // namespace sitepod::deploy
