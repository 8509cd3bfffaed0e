#include "deploy/cleanup.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "meta/records.hpp"

namespace sitepod::deploy {
namespace {

// So many previews share one transaction.
constexpr std::int64_t kPreviewsPerWrite = 200;

}  // namespace

Result<CleanupReport> delete_expired(meta::MetaStore& meta, Instant now) {
  CleanupReport report;
  for (std::size_t deleted = kPreviewsPerWrite; deleted == kPreviewsPerWrite;) {
    std::vector<meta::Preview> expired;
    Result<void> written = meta.write([&](meta::Session& session) -> Result<void> {
      expired = SITEPOD_TRY(meta::list_expired_previews(session, now, kPreviewsPerWrite));
      for (const meta::Preview& preview : expired) {
        SITEPOD_TRY(meta::delete_preview(session, preview.project_id, preview.slug));
        SITEPOD_TRY(meta::insert_change(session, preview.project_id));
      }
      return {};
    });
    if (!written.ok()) return std::move(written).error();
    for (const meta::Preview& preview : expired) report.projects.push_back(preview.project_id);
    deleted = expired.size();
    report.expired_previews += static_cast<std::int64_t>(deleted);
  }
  std::sort(report.projects.begin(), report.projects.end());
  report.projects.erase(std::unique(report.projects.begin(), report.projects.end()), report.projects.end());

  report.expired_plans =
      SITEPOD_TRY(meta.write([&](meta::Session& session) { return meta::delete_expired_plans(session, now); }));
  if (report.expired_previews + report.expired_plans > 0)
    log::info("expired things deleted", {{"previews", report.expired_previews}, {"plans", report.expired_plans}});
  return report;
}

}  // namespace sitepod::deploy
