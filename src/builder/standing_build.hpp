// A build with all that it was made from, kept for the next one of the same site. When only texts are new, the next one
// makes just what shows them and leaves the rest standing; else it begins anew and takes over facts and files whose
// keys are the same. A resource of one thread, which uses others for its own work.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "builder/composer.hpp"
#include "builder/file_plan.hpp"
#include "builder/link_check.hpp"
#include "builder/parallel.hpp"
#include "builder/site_plan.hpp"

namespace sitepod::builder {

struct BuildRun {
  unsigned threads = 1;
  Deadline deadline = Deadline::max();
  const FileSink& sink;
};

class StandingBuild {
 public:
  // Copies the site; its pages are shared. Fails as make_outline() does, and when two pages would be one file.
  static Result<std::unique_ptr<StandingBuild>> begin(const Site& site, const Theme& theme);

  // Everything, with what is left of the build before. After an error it is of no use.
  Result<void> make(const StandingBuild* before, const BuildRun& run);

  // A page of the site with another text, or saved at another time.
  struct NewText {
    std::size_t place = 0;  // in the site
    PageNumber number = 0;
    SharedPage page;
    Texts::Learnt learnt;
  };
  // What is new in a site that differs in nothing else from this one's; nothing: more is new.
  std::optional<std::vector<NewText>> compare(const Site& next) const;
  // What the new texts say. An error leaves the build as it stands.
  Result<void> learn(std::vector<NewText>& texts, const BuildRun& run) const;
  // Requires: learnt. After an error it is of no use.
  Result<void> renew(std::vector<NewText> texts, const BuildRun& run);

  BuiltSite result() const;
  // About what it keeps, in bytes.
  std::size_t weight() const { return weight_; }

 private:
  StandingBuild(const Site& site, const Theme& theme) : site_(site), theme_(theme) {}
  Result<void> order_pages();
  FactsByText facts_by_text() const;
  FilesByKey files_by_key() const;
  Result<void> make_page(PageNumber page, const FactsByText& facts, const FileMaker& maker);
  Result<void> make_files_of(PageNumber page, const FileMaker& maker);
  struct RestFile {
    std::string path;
    bool shows_texts = false;
    MadeFile made;
  };
  // What is no page's own: all of it, or only what shows texts.
  enum class Rest : std::uint8_t { All, Texts };
  // Also the files of these pages.
  Result<void> make_rest(Rest which, const FileMaker& maker, const std::vector<PageNumber>& pages, const BuildRun& run);
  Plan plan_rest(Rest which) const;
  void add_standing_rest(std::vector<RestFile>& made);
  std::size_t weight_of(PageNumber page) const;
  bool is_path_of_page(std::string_view path) const;
  std::vector<std::string> linkable_paths() const;
  std::vector<std::string> linkable_rest() const;

  Site site_;
  const Theme& theme_;
  Outline outline_;
  std::vector<PageNumber> number_at_;  // by place in the site
  std::optional<Texts> texts_;
  std::optional<Composer> composer_;
  std::vector<std::string> search_rows_;  // by page
  RenderedParts parts_;                   // while files are made
  std::optional<PlanContext> context_;
  std::optional<LinkCheck> links_;
  model::ImageRules rules_;
  Plan page_plan_;  // kFilesOfPage of each page
  std::vector<MadeFile> page_files_;
  std::vector<std::size_t> page_order_;  // places in the plan, by path
  std::vector<PageNumber> showing_;      // pages that show entries of others
  std::vector<RestFile> rest_;           // by path
  std::size_t pages_rendered_ = 0;       // by the last make() or renew()
  std::size_t weight_ = 0;
};

}  // namespace sitepod::builder
