// The template engine: {{ value }}, {% if %}, {% for %}, {% include %} and {# comment #}, nothing more. A template is
// compiled against the Shape of its data: unknown names, wrong kinds and values in places where no escaping is safe are
// errors of loading, with file and line. Every value is escaped for the place where it stands, which the compiler finds
// by reading the literal text around it. themes/README.md is the contract for authors of themes.
// A Template is immutable; any thread may render it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "builder/rendered_parts.hpp"
#include "builder/shape.hpp"
#include "builder/template_context.hpp"

namespace sitepod::builder {

// The text of a template by its name ("page.html"); nothing when there is none. The text must outlive the templates.
using FindTemplate = std::function<std::optional<std::string_view>(std::string_view name)>;

// Where a value is: a record on the stack of the renderer, records inside it, a field of the last.
struct TemplatePath {
  enum class Special : std::uint8_t { None, LoopFirst, LoopLast };
  Special special = Special::None;
  std::uint32_t slot = 0;  // 0: the root; n: the element of the n-th open loop
  std::vector<const Field*> records;
  const Field* field = nullptr;  // null for Special and for a loop's element itself
};

struct TemplateOp {
  enum class Kind : std::uint8_t {
    Literal,   // writes `literal`
    Value,     // writes `path` escaped for `place`
    Unless,    // goes to `target` unless the condition holds
    Jump,      // goes to `target`
    LoopOpen,  // opens a loop over `path`, or goes to `target` when it is empty
    LoopNext,  // next element: goes to `target`; after the last one closes the loop
  };
  Kind kind = Kind::Literal;
  Place place = Place::Text;
  bool negated = false;
  bool opens_part = false;  // Unless: from here to `target` all but marks follows from the record that is asked for
  std::uint32_t target = 0;
  std::string literal;
  TemplatePath path;
  std::optional<TemplatePath> equals;  // the condition is: both are the same text
};

class Template {
 public:
  // Errors ("invalid_template") read "page.html:12: …".
  static Result<Template> compile(std::string_view name, const FindTemplate& find, const Shape& root);
  // Requires: `root` has the shape that the template was compiled for.
  void render(const void* root, std::string& out) const;
  // The same bytes; what other documents show too is taken from `parts`, or left there for them.
  void render(const void* root, RenderedParts& parts, std::string& out) const;

 private:
  friend class TemplateCompiler;
  std::vector<TemplateOp> ops_;
  std::uint32_t deepest_loop_ = 0;
};

}  // namespace sitepod::builder
