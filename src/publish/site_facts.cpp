#include "publish/site_facts.hpp"

#include <algorithm>

#include "meta/domains.hpp"
#include "meta/records.hpp"
#include "meta/suspensions.hpp"
#include "meta/traffic.hpp"
#include "model/names.hpp"

namespace sitepod::publish {

// What the operator does counts more than what the month's bytes do.
static Result<serve::Restriction> find_restriction(meta::Session& session, std::string_view project_id, Instant now) {
  if (SITEPOD_TRY(meta::find_suspension(session, project_id))) return serve::Restriction::Suspended;
  const std::optional<meta::TrafficCap> cap = SITEPOD_TRY(meta::find_traffic_cap(session, project_id));
  if (!cap || cap->action == meta::kNotify) return serve::Restriction::None;
  const meta::Traffic used = SITEPOD_TRY(meta::find_traffic(session, project_id, meta::month_of(now)));
  if (used.bytes < cap->bytes) return serve::Restriction::None;
  return cap->action == meta::kPause ? serve::Restriction::Paused : serve::Restriction::Throttled;
}

Result<std::optional<ProjectFacts>> load_facts(meta::Session& session, std::string_view project_id,
                                               const meta::RecentRule& recent, Instant now) {
  auto project = SITEPOD_TRY(meta::find_project(session, project_id));
  if (!project) return std::optional<ProjectFacts>();
  ProjectFacts facts{project->id, project->name, project->subdomain, {}, {}};
  for (meta::Environment& environment : SITEPOD_TRY(meta::list_environments(session, project_id))) {
    auto image = SITEPOD_TRY(meta::find_image(session, environment.image_id));
    auto recent_images = SITEPOD_TRY(meta::list_recent_images(session, environment, recent));
    // An unknown image fails later, when its index is asked for, and costs this project only.
    facts.environments.push_back({std::move(environment.name), std::move(environment.image_id),
                                  image ? std::move(image->encoding_state) : std::string(), std::move(recent_images)});
  }
  for (meta::Preview& preview : SITEPOD_TRY(meta::list_previews(session, project_id))) {
    auto image = SITEPOD_TRY(meta::find_image(session, preview.image_id));
    facts.previews.push_back({std::move(preview.slug), std::move(preview.image_id),
                              image ? std::move(image->encoding_state) : std::string(),
                              std::move(preview.password_hash), preview.expires_at});
  }
  for (meta::Domain& domain : SITEPOD_TRY(meta::list_domains_of_project(session, project_id)))
    if (domain.is_active()) facts.mounts.push_back({std::move(domain.domain), std::move(domain.slug)});
  facts.restriction = SITEPOD_TRY(find_restriction(session, project_id, now));
  return std::optional(std::move(facts));
}

// Its hosts stay its own and show nothing, also when they come out of the boot log.
static void take_off(LiveProject& live) {
  for (LiveHost& host : live.hosts) {
    host.image_id.clear();
    host.lock.clear();
    host.recent.clear();
  }
}

LiveProject describe_hosts(const ProjectFacts& facts, std::string_view base_domain) {
  LiveProject live{facts.id, facts.name, {}, facts.mounts};
  auto host_of = [&](std::string_view environment) {
    return model::environment_label(facts.subdomain, environment) + "." + std::string(base_domain);
  };
  for (const EnvironmentFacts& environment : facts.environments) {
    live.hosts.push_back({host_of(environment.name), environment.name, environment.image_id, {}, false});
    for (const meta::RecentImage& recent : environment.recent)
      live.hosts.back().recent.push_back({recent.id, {}, recent.left_at});
  }
  bool has_production = std::any_of(facts.environments.begin(), facts.environments.end(),
                                    [](const auto& environment) { return environment.name == model::kProduction; });
  if (!has_production)
    live.hosts.push_back({host_of(model::kProduction), std::string(model::kProduction), {}, {}, false});
  for (const PreviewFacts& preview : facts.previews) {
    const std::string label = model::preview_label(facts.subdomain, preview.slug) + ".";
    for (std::string_view under : {"preview.", ""})
      live.hosts.push_back({label + std::string(under) + std::string(base_domain),
                            {},
                            preview.image_id,
                            {},
                            true,
                            preview.slug,
                            preview.expires_at,
                            preview.lock});
  }
  live.restriction = facts.restriction;
  if (live.restriction == serve::Restriction::Suspended || live.restriction == serve::Restriction::Paused)
    take_off(live);
  return live;
}

std::string_view ProjectFacts::stage_of(std::string_view image_id) const {
  for (const EnvironmentFacts& environment : environments) {
    if (environment.image_id == image_id) return environment.stage;
    for (const meta::RecentImage& recent : environment.recent)
      if (recent.id == image_id) return recent.stage;
  }
  for (const PreviewFacts& preview : previews)
    if (preview.image_id == image_id) return preview.stage;
  return {};
}

}  // namespace sitepod::publish
