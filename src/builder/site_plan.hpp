// Which files a site has and what each is made from. Every function adds its files to the plan; what it captures must
// outlive the plan. One thread collects; the drafts may run on any.
#pragma once

#include <vector>

#include "builder/composer.hpp"
#include "builder/file_plan.hpp"

namespace sitepod::builder {

struct PlanContext {
  const Site& site;
  const Outline& outline;
  Texts& texts;
  const Theme& theme;
  const Composer& composer;
  const std::vector<std::string>& search_rows;  // what the search index says of each page
  RenderedParts& parts;                         // that documents share
};
using Plan = std::vector<PlannedFile>;

// A file from a template and a document; `fill` completes what is costly only when the file is made.
PlannedFile document_file(const PlanContext& context, std::string path, const Template Theme::*layout,
                          std::function<void(DocumentView&, PageView&, ListView&)> compose);

// Two files of each page, in the order of the pages: what stands at its address, and its markdown or its locked text.
constexpr std::size_t kFilesOfPage = 2;
void plan_pages(const PlanContext& context, Plan& plan);  // site_plan_pages.cpp
// Its file shows other pages as more than their titles: then it is made after all texts are known.
bool shows_entries(const PlanContext& context, PageNumber page);
// The homepage that nobody wrote.
void plan_home(const PlanContext& context, Plan& plan);
void plan_lists(const PlanContext& context, Plan& plan);  // site_plan_lists.cpp
void plan_feeds(const PlanContext& context, Plan& plan);  // site_plan_feeds.cpp
void plan_feeds_of_texts(const PlanContext& context, Plan& plan);
void plan_search(const PlanContext& context, Plan& plan);  // site_plan_search.cpp
// Of a page whose entry is made.
std::string search_row(const PlanContext& context, PageNumber page);
// A file of the search index whose name changes with its content: nothing that a link should name.
bool is_search_part(std::string_view path);
void plan_plain_files(const PlanContext& context, Plan& plan);  // site_plan_plain.cpp: assets, robots.txt, llms.txt

// Where the text of a locked page lies: no address that somebody could guess, nor one that serve shows.
std::string locked_file(const model::Page& page);

}  // namespace sitepod::builder
