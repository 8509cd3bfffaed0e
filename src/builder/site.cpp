#include "builder/site.hpp"

#include <algorithm>

#include "builder/composer.hpp"
#include "builder/link_check.hpp"
#include "builder/parallel.hpp"
#include "builder/site_plan.hpp"

namespace sitepod::builder {
namespace {

// Sorts by path and lets generated files give way to pages.
Result<void> settle(Plan& plan) {
  std::stable_sort(plan.begin(), plan.end(), [](const PlannedFile& a, const PlannedFile& b) {
    return a.path != b.path ? a.path < b.path : a.kind < b.kind;
  });
  for (std::size_t i = 1; i < plan.size(); ++i)
    if (plan[i].path == plan[i - 1].path && plan[i].kind == FileKind::Page)
      return invalid("invalid_site", "Two pages would be the file " + plan[i].path + ": change the slug of one.");
  const auto is_same_path = [](const PlannedFile& a, const PlannedFile& b) { return a.path == b.path; };
  plan.erase(std::unique(plan.begin(), plan.end(), is_same_path), plan.end());
  return {};
}

// Aliases that were stored before they had to be such addresses lead nowhere.
model::ImageRules rules_of(const Outline& outline) {
  model::ImageRules rules;
  for (const PlacedPage& placed : outline.pages) {
    if (placed.is_locked) rules.locks.push_back({placed.file, locked_file(*placed.page), placed.page->password_hash});
    for (std::string_view alias : placed.page->aliases) {
      if (alias.ends_with('/')) alias.remove_suffix(1);
      if (model::is_redirect_source(alias)) rules.redirects.push_back({std::string(alias), placed.url});
    }
  }
  sort_rules(rules);
  return rules;
}

// In a stable order: the plan's is by path, as are the rules, media are sorted here.
std::vector<std::string_view> known_paths(const Plan& plan, const model::ImageRules& rules, const Site& site) {
  std::vector<std::string_view> paths;
  paths.reserve(plan.size() + site.media.size() * 4);
  for (const MediaFile& file : site.media) {
    paths.push_back(file.path);
    for (const auto& [width, path] : file.variants) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  for (const PlannedFile& file : plan) paths.push_back(file.path);
  for (const model::RedirectRule& rule : rules.redirects) paths.push_back(std::string_view(rule.from).substr(1));
  return paths;
}

std::shared_ptr<const Memory> memory_of(const Outline& outline, const Texts& texts, const LinkReport& links,
                                        const std::vector<MadeFile>& made) {
  auto memory = std::make_shared<Memory>();
  memory->facts.reserve(outline.pages.size());
  memory->broken_links.reserve(outline.pages.size());
  memory->files.reserve(made.size());
  memory->places_key = links.places_key;
  for (PageNumber i = 0; i < outline.pages.size(); ++i) {
    memory->facts.emplace(texts.facts(i).text_key, texts.share_facts(i));
    memory->broken_links.emplace(links.page_keys[i], links.broken[i]);
  }
  for (const MadeFile& file : made) memory->files.emplace(file.key, file.file);
  return memory;
}

void add_files(Plan& plan, const std::vector<MadeFile>& made, BuiltSite& built) {
  built.files.reserve(made.size());
  for (std::size_t i = 0; i < made.size(); ++i) {
    if (plan[i].kind == FileKind::Page && !made[i].was_remembered) ++built.pages_rendered;
    built.files.push_back({std::move(plan[i].path), made[i].file.bytes, made[i].file.digest});
  }
}

Error took_too_long() {
  return {ErrorKind::Unavailable, "build_took_too_long", "The build took longer than it may and was ended.", {}, {}};
}

}  // namespace

BuildCache::BuildCache() : state_(std::make_unique<State>()) {}
BuildCache::~BuildCache() = default;

Result<BuiltSite> build_site(const Site& site, BuildCache& cache, unsigned threads, Deadline deadline) {
  if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
  if (!default_theme()) return Error(default_theme().error());
  const Theme& theme = *default_theme();
  const auto memory = [&] {
    const std::lock_guard lock(cache.state().mutex);
    return cache.state().memory;
  }();

  const Outline outline = SITEPOD_TRY(make_outline(site));
  Texts texts(site, outline, *memory);
  SITEPOD_TRY(texts.learn(threads, deadline));
  if (is_over(deadline)) return took_too_long();
  Composer composer(site, outline, texts, theme);
  composer.make(threads);

  const PlanContext context{site, outline, texts, theme, composer};
  Plan plan;
  plan.reserve(outline.pages.size() * 3);
  plan_pages(context, plan);
  plan_lists(context, plan);
  plan_feeds(context, plan);
  plan_search(context, plan);
  plan_plain_files(context, plan);
  model::ImageRules rules = rules_of(outline);
  if (!rules.empty()) plan.push_back(known_file(std::string(model::kRulesPath), rules_to_bytes(rules)));
  SITEPOD_TRY(settle(plan));

  BuiltSite built;
  const LinkReport links = check_links(site, outline, texts, known_paths(plan, rules, site), *memory, threads);
  for (const auto& broken : links.broken)
    built.broken_links.insert(built.broken_links.end(), broken.begin(), broken.end());
  const std::vector<MadeFile> made = make_files(plan, *memory, threads, deadline);
  if (is_over(deadline)) return took_too_long();
  built.rules = std::move(rules);
  built.social_images = composer.social_images();
  auto next_memory = memory_of(outline, texts, links, made);
  add_files(plan, made, built);
  const std::lock_guard lock(cache.state().mutex);
  cache.state().memory = std::move(next_memory);
  return built;
}

}  // namespace sitepod::builder
