#include "builder/rendered_parts.hpp"

namespace sitepod::builder {

std::shared_ptr<const RenderedPart> RenderedParts::find(const TemplateOp* opening, const CacheKey& record) const {
  const std::lock_guard lock(mutex_);
  const auto found = parts_.find({opening, record});
  return found == parts_.end() ? nullptr : found->second;
}

void RenderedParts::keep(const TemplateOp* opening, const CacheKey& record, std::shared_ptr<const RenderedPart> part) {
  const std::lock_guard lock(mutex_);
  parts_.insert_or_assign({opening, record}, std::move(part));
}

void RenderedParts::clear() {
  const std::lock_guard lock(mutex_);
  parts_.clear();
}

}  // namespace sitepod::builder
