#include "builder/standing_build.hpp"

#include <algorithm>
#include <atomic>

namespace sitepod::builder {
namespace {

// Of a site's pages: when so many texts are new, beginning anew costs little more.
constexpr std::size_t kMostNewTexts = 8;

Error took_too_long() {
  return {ErrorKind::Unavailable, "build_took_too_long", "The build took longer than it may and was ended.", {}, {}};
}

// The same work for every number below a count; the error of the lowest number that failed.
template <typename Work>
Result<void> try_each_number(std::size_t count, const BuildRun& run, const Work& work) {
  std::vector<std::optional<Error>> errors(count);
  for_each_number(
      count, run.threads,
      [&](std::size_t i) {
        if (Result<void> done = work(i); !done.ok()) errors[i] = std::move(done).error();
      },
      run.deadline);
  for (std::optional<Error>& error : errors)
    if (error) return *std::move(error);
  if (is_over(run.deadline)) return took_too_long();
  return {};
}

// ---- sites that differ in nothing but texts: the names of all members, so that a new one is not forgotten ----------
template <typename T, typename Same>
bool are_same(const std::vector<T>& a, const std::vector<T>& b, Same is_same) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), is_same);
}

bool is_same_link(const model::NavigationLink& a, const model::NavigationLink& b) {
  const auto& [title, url] = a;
  return title == b.title && url == b.url;
}

bool is_same_author(const model::Author& a, const model::Author& b) {
  const auto& [id, name, slug, bio, avatar_url] = a;
  return id == b.id && name == b.name && slug == b.slug && bio == b.bio && avatar_url == b.avatar_url;
}

bool is_same_file(const MediaFile& a, const MediaFile& b) {
  const auto& [path, blob, size, media_type, width, height, variants] = a;
  return path == b.path && blob == b.blob && size == b.size && media_type == b.media_type && width == b.width &&
         height == b.height && variants == b.variants;
}

bool are_same_settings(const model::SiteSettings& a, const model::SiteSettings& b) {
  const auto& [title, description, logo_url, language, look, navigation, footer, allow_raw_html, newsletter_action,
               comments_html_url, tag_names, section_names] = a;
  return title == b.title && description == b.description && logo_url == b.logo_url && language == b.language &&
         look == b.look && are_same(navigation, b.navigation, is_same_link) &&
         are_same(footer, b.footer, is_same_link) && allow_raw_html == b.allow_raw_html &&
         newsletter_action == b.newsletter_action && comments_html_url == b.comments_html_url &&
         tag_names == b.tag_names && section_names == b.section_names;
}

bool is_same_but_for_pages(const Site& a, const Site& b) {
  const auto& [base_url, settings, pages, authors, media, social_images, search_index] = a;
  return base_url == b.base_url && social_images == b.social_images && search_index == b.search_index &&
         are_same_settings(settings, b.settings) && pages.size() == b.pages.size() &&
         are_same(authors, b.authors, is_same_author) && are_same(media, b.media, is_same_file);
}

bool is_same_but_for_text(const model::Page& a, const model::Page& b) {
  if (a.id != b.id) return false;
  model::Page other = b;
  other.content = a.content;
  other.updated_at = a.updated_at;
  return a == other;
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

// What a text needs beside itself.
bool needs_same_assets(const PageFacts& a, const PageFacts& b) {
  return a.has_math == b.has_math && a.has_diagram == b.has_diagram;
}

std::size_t weight_of_facts(const PageFacts& facts) {
  std::size_t bytes = sizeof facts + facts.excerpt.size() + facts.search_words.size();
  for (const WrittenLink& link : facts.links) bytes += sizeof link + link.target.size();
  for (const Heading& heading : facts.headings) bytes += sizeof heading + heading.id.size() + heading.text.size();
  return bytes;
}

}  // namespace

Result<std::unique_ptr<StandingBuild>> StandingBuild::begin(const Site& site, const Theme& theme) {
  std::unique_ptr<StandingBuild> made(new StandingBuild(site, theme));
  made->outline_ = SITEPOD_TRY(make_outline(made->site_));
  std::unordered_map<const model::Page*, PageNumber> numbers;
  for (PageNumber i = 0; i < made->outline_.pages.size(); ++i) numbers.emplace(made->outline_.pages[i].page, i);
  for (const SharedPage& page : made->site_.pages) made->number_at_.push_back(numbers.at(page.get()));
  made->texts_.emplace(made->site_, made->outline_);
  made->composer_.emplace(made->site_, made->outline_, *made->texts_, theme);
  made->context_.emplace(PlanContext{made->site_, made->outline_, *made->texts_, theme, *made->composer_,
                                     made->search_rows_, made->parts_});
  made->search_rows_.resize(made->outline_.pages.size());
  made->links_.emplace(made->site_, made->outline_, *made->texts_);
  made->rules_ = rules_of(made->outline_);
  SITEPOD_TRY(made->order_pages());
  return made;
}

Result<void> StandingBuild::order_pages() {
  page_plan_.reserve(outline_.pages.size() * kFilesOfPage);
  plan_pages(*context_, page_plan_);
  page_files_.resize(page_plan_.size());
  for (std::size_t i = 0; i < page_plan_.size(); ++i) page_order_.push_back(i);
  std::sort(page_order_.begin(), page_order_.end(), [this](std::size_t a, std::size_t b) {
    const PlannedFile& x = page_plan_[a];
    const PlannedFile& y = page_plan_[b];
    return x.path != y.path ? x.path < y.path : x.kind != y.kind ? x.kind < y.kind : a < b;
  });
  const auto is_same_path = [this](std::size_t a, std::size_t b) { return page_plan_[a].path == page_plan_[b].path; };
  for (std::size_t i = 1; i < page_order_.size(); ++i)
    if (is_same_path(page_order_[i - 1], page_order_[i]) && page_plan_[page_order_[i]].kind == FileKind::Page)
      return invalid("invalid_site",
                     "Two pages would be the file " + page_plan_[page_order_[i]].path + ": change the slug of one.");
  page_order_.erase(std::unique(page_order_.begin(), page_order_.end(), is_same_path), page_order_.end());
  return {};
}

// ---- anew -----------------------------------------------------------------------------------------------------------
Result<void> StandingBuild::make(const StandingBuild* before, const BuildRun& run) {
  const FactsByText facts = before ? before->facts_by_text() : FactsByText();
  const FilesByKey files = before ? before->files_by_key() : FilesByKey();
  const FileMaker maker(files, run.sink);
  composer_->make();
  for (PageNumber i = 0; i < outline_.pages.size(); ++i)
    if (shows_entries(*context_, i)) showing_.push_back(i);
  const auto make_one = [&](std::size_t i) { return make_page(static_cast<PageNumber>(i), facts, maker); };
  SITEPOD_TRY(try_each_number(outline_.pages.size(), run, make_one));
  SITEPOD_TRY(make_rest(Rest::All, maker, showing_, run));
  parts_.clear();
  for (std::size_t i = 0; i < page_plan_.size(); ++i)
    if (page_plan_[i].kind == FileKind::Page && !page_files_[i].was_remembered) ++pages_rendered_;
  links_->look_at_all(linkable_paths(), run.threads);
  for (PageNumber i = 0; i < outline_.pages.size(); ++i) weight_ += weight_of(i);
  return {};
}

// A page's files are made as soon as its text is known, so that few texts stand in memory as HTML.
Result<void> StandingBuild::make_page(PageNumber page, const FactsByText& facts, const FileMaker& maker) {
  texts_->set(page, SITEPOD_TRY(texts_->learn(page, *outline_.pages[page].page, facts)));
  composer_->make_entry_of(page);
  if (site_.search_index) search_rows_[page] = search_row(*context_, page);
  if (!shows_entries(*context_, page)) SITEPOD_TRY(make_files_of(page, maker));
  texts_->drop_html(page);
  return {};
}

Result<void> StandingBuild::make_files_of(PageNumber page, const FileMaker& maker) {
  for (std::size_t i = page * kFilesOfPage; i < (page + 1) * kFilesOfPage; ++i)
    page_files_[i] = SITEPOD_TRY(maker.make(page_plan_[i], &page_files_[i]));
  return {};
}

Plan StandingBuild::plan_rest(Rest which) const {
  Plan plan;
  if (which == Rest::All) {
    plan_home(*context_, plan);
    plan_lists(*context_, plan);
    plan_feeds(*context_, plan);
  } else {
    plan_feeds_of_texts(*context_, plan);
  }
  if (site_.search_index) plan_search(*context_, plan);
  if (which == Rest::All) {
    plan_plain_files(*context_, plan);
    if (!rules_.empty()) plan.push_back(known_file(std::string(model::kRulesPath), rules_to_bytes(rules_)));
  }
  // Generated files give way to pages, and to others that were planned earlier.
  std::erase_if(plan, [this](const PlannedFile& file) { return is_path_of_page(file.path); });
  std::stable_sort(plan.begin(), plan.end(),
                   [](const PlannedFile& a, const PlannedFile& b) { return a.path < b.path; });
  const auto is_same_path = [](const PlannedFile& a, const PlannedFile& b) { return a.path == b.path; };
  plan.erase(std::unique(plan.begin(), plan.end(), is_same_path), plan.end());
  return plan;
}

Result<void> StandingBuild::make_rest(Rest which, const FileMaker& maker, const std::vector<PageNumber>& pages,
                                      const BuildRun& run) {
  const Plan plan = plan_rest(which);
  std::vector<RestFile> made(plan.size());
  const auto make_one = [&](std::size_t i) -> Result<void> {
    if (i < pages.size()) return make_files_of(pages[i], maker);
    const PlannedFile& file = plan[i - pages.size()];
    made[i - pages.size()] = {file.path, file.shows_texts, SITEPOD_TRY(maker.make(file))};
    return {};
  };
  SITEPOD_TRY(try_each_number(pages.size() + plan.size(), run, make_one));
  if (which == Rest::Texts) add_standing_rest(made);
  rest_ = std::move(made);
  return {};
}

// Where two files have one path, the one that was made when all of them were planned stays.
void StandingBuild::add_standing_rest(std::vector<RestFile>& made) {
  std::copy_if(std::make_move_iterator(rest_.begin()), std::make_move_iterator(rest_.end()), std::back_inserter(made),
               [](const RestFile& file) { return !file.shows_texts; });
  std::sort(made.begin(), made.end(), [](const RestFile& a, const RestFile& b) {
    return a.path != b.path ? a.path < b.path : a.shows_texts < b.shows_texts;
  });
  const auto is_same_path = [](const RestFile& a, const RestFile& b) { return a.path == b.path; };
  made.erase(std::unique(made.begin(), made.end(), is_same_path), made.end());
}

bool StandingBuild::is_path_of_page(std::string_view path) const {
  const auto at =
      std::lower_bound(page_order_.begin(), page_order_.end(), path,
                       [this](std::size_t i, std::string_view wanted) { return page_plan_[i].path < wanted; });
  return at != page_order_.end() && page_plan_[*at].path == path;
}

// In a stable order: media are sorted here, the others are by path, as are the rules.
std::vector<std::string> StandingBuild::linkable_paths() const {
  std::vector<std::string> paths;
  paths.reserve(page_order_.size() + rest_.size() + site_.media.size() * 4);
  for (const MediaFile& file : site_.media) {
    paths.push_back(file.path);
    for (const auto& [width, path] : file.variants) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  for (const std::size_t i : page_order_) paths.push_back(page_plan_[i].path);
  for (std::string& path : linkable_rest()) paths.push_back(std::move(path));
  for (const model::RedirectRule& rule : rules_.redirects) paths.push_back(rule.from.substr(1));
  return paths;
}

std::vector<std::string> StandingBuild::linkable_rest() const {
  std::vector<std::string> paths;
  for (const RestFile& file : rest_)
    if (!is_search_part(file.path)) paths.push_back(file.path);
  return paths;
}

FactsByText StandingBuild::facts_by_text() const {
  FactsByText facts;
  facts.reserve(outline_.pages.size());
  for (PageNumber i = 0; i < outline_.pages.size(); ++i)
    facts.emplace(texts_->facts(i).text_key, texts_->share_facts(i));
  return facts;
}

FilesByKey StandingBuild::files_by_key() const {
  FilesByKey files;
  files.reserve(page_files_.size() + rest_.size());
  for (const MadeFile& made : page_files_) files.emplace(made.key, made.file);
  for (const RestFile& file : rest_) files.emplace(file.made.key, file.made.file);
  return files;
}

// ---- only what is new -----------------------------------------------------------------------------------------------
std::optional<std::vector<StandingBuild::NewText>> StandingBuild::compare(const Site& next) const {
  if (!is_same_but_for_pages(site_, next)) return std::nullopt;
  std::vector<NewText> texts;
  for (std::size_t i = 0; i < next.pages.size(); ++i) {
    if (next.pages[i] == site_.pages[i]) continue;
    if (texts.size() * kMostNewTexts > next.pages.size() || !is_same_but_for_text(*site_.pages[i], *next.pages[i]))
      return std::nullopt;
    texts.push_back({i, number_at_[i], next.pages[i], {}});
  }
  return texts;
}

Result<void> StandingBuild::learn(std::vector<NewText>& texts, const BuildRun& run) const {
  return try_each_number(texts.size(), run, [&](std::size_t i) -> Result<void> {
    const PageFacts& before = texts_->facts(texts[i].number);
    const FactsByText known{{before.text_key, texts_->share_facts(texts[i].number)}};
    texts[i].learnt = SITEPOD_TRY(texts_->learn(texts[i].number, *texts[i].page, known));
    return {};
  });
}

Result<void> StandingBuild::renew(std::vector<NewText> texts, const BuildRun& run) {
  std::vector<PageNumber> numbers;
  bool have_same_headings = true;
  bool show_the_same = true;  // to lists and others that do not show texts
  for (NewText& text : texts) {
    numbers.push_back(text.number);
    weight_ -= weight_of(text.number);
    const PageFacts& before = texts_->facts(text.number);
    const CacheKey entry_before = composer_->entry(text.number).key;
    have_same_headings = have_same_headings && text.learnt.facts->headings_key == before.headings_key;
    show_the_same = show_the_same && needs_same_assets(*text.learnt.facts, before);
    // Outline and Composer point into the page of before until both are told.
    outline_.pages[text.number].page = text.page.get();
    site_.pages[text.place].swap(text.page);
    texts_->set(text.number, std::move(text.learnt));
    composer_->renew(text.number);
    show_the_same = show_the_same && composer_->entry(text.number).key == entry_before;
    if (site_.search_index) search_rows_[text.number] = search_row(*context_, text.number);
  }
  FilesByKey rest;
  for (const RestFile& file : rest_) rest.emplace(file.made.key, file.made.file);
  const FileMaker maker(rest, run.sink);
  std::vector<PageNumber> pages = numbers;
  if (!show_the_same) pages.insert(pages.end(), showing_.begin(), showing_.end());
  std::sort(pages.begin(), pages.end());
  pages.erase(std::unique(pages.begin(), pages.end()), pages.end());
  const std::vector<std::string> linkable_before = linkable_rest();
  SITEPOD_TRY(make_rest(show_the_same ? Rest::Texts : Rest::All, maker, pages, run));
  parts_.clear();
  pages_rendered_ = 0;
  for (const PageNumber page : numbers) weight_ += weight_of(page);
  for (const PageNumber page : pages) {
    texts_->drop_html(page);
    for (std::size_t i = page * kFilesOfPage; i < (page + 1) * kFilesOfPage; ++i)
      if (page_plan_[i].kind == FileKind::Page && !page_files_[i].was_remembered) ++pages_rendered_;
  }
  if (have_same_headings && linkable_before == linkable_rest())
    links_->look_at(numbers);
  else
    links_->look_at_all(linkable_paths(), run.threads);
  return {};
}

// ---- what came of it ------------------------------------------------------------------------------------------------
BuiltSite StandingBuild::result() const {
  BuiltSite built;
  built.rules = rules_;
  built.social_images = composer_->social_images();
  built.pages_rendered = pages_rendered_;
  for (const auto& broken : links_->broken())
    built.broken_links.insert(built.broken_links.end(), broken.begin(), broken.end());
  built.files.reserve(page_order_.size() + rest_.size());
  std::size_t rest = 0;
  const auto add = [&built](const std::string& path, const FinishedFile& file) {
    built.files.push_back({path, file.bytes, file.digest, file.size});
  };
  for (const std::size_t i : page_order_) {
    for (; rest < rest_.size() && rest_[rest].path < page_plan_[i].path; ++rest)
      add(rest_[rest].path, rest_[rest].made.file);
    add(page_plan_[i].path, page_files_[i].file);
  }
  for (; rest < rest_.size(); ++rest) add(rest_[rest].path, rest_[rest].made.file);
  return built;
}

std::size_t StandingBuild::weight_of(PageNumber page) const {
  constexpr std::size_t kUsual = 4096;  // its place, entry, plans and keys
  std::size_t bytes = kUsual + outline_.pages[page].page->content.size() + weight_of_facts(texts_->facts(page));
  for (std::size_t i = page * kFilesOfPage; i < (page + 1) * kFilesOfPage; ++i)
    if (page_files_[i].file.bytes) bytes += page_files_[i].file.size;
  return bytes;
}

}  // namespace sitepod::builder
