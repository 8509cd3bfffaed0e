// What a template shows of a record that many documents share ({% if sidebar %} … {% endif %}), rendered once for all
// of them. Only the marks are each document's own: the literal text of {% if link.url is here.url %} … {% endif %}.
// Parts stand under the key of their record, so they hold whatever becomes of it. Any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "builder/cache_key.hpp"

namespace sitepod::builder {

struct TemplateOp;

// Without any of its marks.
struct RenderedPart {
  struct Mark {
    std::size_t at = 0;  // in the text
    std::string value;   // the mark is set where the document's own text is the same
    const TemplateOp* condition = nullptr;
  };
  std::string text;
  std::vector<Mark> marks;
};

class RenderedParts {
 public:
  // The part of this record that begins at `opening`; null: nobody has rendered it yet.
  std::shared_ptr<const RenderedPart> find(const TemplateOp* opening, const CacheKey& record) const;
  void keep(const TemplateOp* opening, const CacheKey& record, std::shared_ptr<const RenderedPart> part);
  void clear();

 private:
  struct Name {
    const TemplateOp* opening;
    CacheKey record;
    bool operator==(const Name&) const = default;
  };
  struct NameHash {
    std::size_t operator()(const Name& name) const {
      return CacheKeyHash()(name.record) ^ std::hash<const TemplateOp*>()(name.opening);
    }
  };
  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<Name, std::shared_ptr<const RenderedPart>, NameHash> parts_;
};

}  // namespace sitepod::builder
