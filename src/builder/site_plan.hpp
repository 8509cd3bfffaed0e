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
};
using Plan = std::vector<PlannedFile>;

// A file from a template and a document; `fill` completes what is costly only when the file is made.
PlannedFile document_file(const PlanContext& context, std::string path, const Template Theme::*layout,
                          std::function<void(DocumentView&, PageView&, ListView&)> compose);

void plan_pages(const PlanContext& context, Plan& plan);        // site_plan_pages.cpp
void plan_lists(const PlanContext& context, Plan& plan);        // site_plan_lists.cpp
void plan_feeds(const PlanContext& context, Plan& plan);        // site_plan_feeds.cpp
void plan_search(const PlanContext& context, Plan& plan);       // site_plan_search.cpp
void plan_plain_files(const PlanContext& context, Plan& plan);  // site_plan_plain.cpp: assets, robots.txt, llms.txt

// Where the text of a locked page lies: no address that somebody could guess, nor one that serve shows.
std::string locked_file(const model::Page& page);

}  // namespace sitepod::builder
