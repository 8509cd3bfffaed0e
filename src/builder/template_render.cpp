#include "builder/template.hpp"

#include <span>

namespace sitepod::builder {
namespace {

struct Loop {
  const Field* list = nullptr;
  const void* owner = nullptr;
  std::size_t size = 0;
  std::size_t at = 0;
  const void* element = nullptr;
};

class Renderer {
 public:
  // `parts` may be null.
  Renderer(const void* root, std::uint32_t deepest_loop, RenderedParts* parts, std::string& out)
      : root_(root), deepest_loop_(deepest_loop), parts_(parts), out_(out) {
    loops_.reserve(deepest_loop);
  }

  void run(std::span<const TemplateOp> ops) { run(ops, 0, ops.size()); }

 private:
  void run(std::span<const TemplateOp> ops, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end;) {
      const TemplateOp& op = ops[i];
      switch (op.kind) {
        case TemplateOp::Kind::Literal:
          out_.append(op.literal);
          break;
        case TemplateOp::Kind::Value:
          write(op);
          break;
        case TemplateOp::Kind::Jump:
          i = op.target;
          continue;
        case TemplateOp::Kind::Unless:
          if (op.equals && marks_ != nullptr) {
            marks_->push_back({out_.size(), std::string(text_of(op.path)), &op});
            i = op.target;
            continue;
          }
          if (holds(op) == op.negated) {
            i = op.target;
            continue;
          }
          if (op.opens_part && parts_ != nullptr) {
            write_part(*part_at(ops, i));
            i = op.target;
            continue;
          }
          break;
        case TemplateOp::Kind::LoopOpen:
          if (!open_loop(op.path)) {
            i = op.target;
            continue;
          }
          break;
        case TemplateOp::Kind::LoopNext:
          if (next_element()) {
            i = op.target;
            continue;
          }
          break;
      }
      ++i;
    }
  }

  std::shared_ptr<const RenderedPart> part_at(std::span<const TemplateOp> ops, std::size_t opening) const {
    const Field& field = *ops[opening].path.field;
    const CacheKey& key = field.shape().key(field.record(root_));
    if (auto part = parts_->find(&ops[opening], key)) return part;
    auto part = std::make_shared<RenderedPart>();
    Renderer renderer(root_, deepest_loop_, nullptr, part->text);
    renderer.marks_ = &part->marks;
    renderer.run(ops, opening + 1, ops[opening].target);
    parts_->keep(&ops[opening], key, part);
    return part;
  }

  // The literal text of a mark stands behind its condition.
  void write_part(const RenderedPart& part) {
    std::size_t written = 0;
    for (const RenderedPart::Mark& mark : part.marks) {
      if (text_of(*mark.condition->equals) != mark.value) continue;
      out_.append(part.text, written, mark.at - written).append((mark.condition + 1)->literal);
      written = mark.at;
    }
    out_.append(part.text, written);
  }

  // The record that holds the field of the path; null when a record on the way is absent.
  const void* owner_of(const TemplatePath& path) const {
    const void* record = path.slot == 0 ? root_ : loops_[path.slot - 1].element;
    for (const Field* field : path.records) {
      if (record == nullptr) return nullptr;
      record = field->record(record);
    }
    return record;
  }

  std::string_view text_of(const TemplatePath& path) const {
    const void* owner = owner_of(path);
    return owner == nullptr ? std::string_view{} : path.field->text(owner);
  }

  bool is_true(const TemplatePath& path) const {
    if (path.special == TemplatePath::Special::LoopFirst) return loops_[path.slot - 1].at == 0;
    if (path.special == TemplatePath::Special::LoopLast)
      return loops_[path.slot - 1].at + 1 == loops_[path.slot - 1].size;
    const void* owner = owner_of(path);
    if (owner == nullptr) return false;
    switch (path.field->kind) {
      case FieldKind::Text:
      case FieldKind::Html:
        return !path.field->text(owner).empty();
      case FieldKind::Flag:
        return path.field->flag(owner);
      case FieldKind::Record:
        return path.field->record(owner) != nullptr;
      case FieldKind::List:
        return path.field->size(owner) != 0;
    }
    return false;
  }

  bool holds(const TemplateOp& op) const {
    return op.equals ? text_of(op.path) == text_of(*op.equals) : is_true(op.path);
  }

  bool open_loop(const TemplatePath& path) {
    Loop loop;
    loop.owner = owner_of(path);
    loop.list = path.field;
    loop.size = loop.owner == nullptr ? 0 : path.field->size(loop.owner);
    if (loop.size == 0) return false;
    loop.element = path.field->element(loop.owner, 0);
    loops_.push_back(loop);
    return true;
  }

  bool next_element() {
    Loop& loop = loops_.back();
    if (++loop.at == loop.size) {
      loops_.pop_back();
      return false;
    }
    loop.element = loop.list->element(loop.owner, loop.at);
    return true;
  }

  void write(const TemplateOp& op) {
    if (op.path.field->kind == FieldKind::Flag) {
      out_.append(is_true(op.path) ? "true" : "false");
      return;
    }
    const std::string_view text = text_of(op.path);
    switch (op.place) {
      case Place::Text:
        if (op.path.field->kind == FieldKind::Html)
          out_.append(text);
        else
          escape_html(text, out_);
        return;
      case Place::Attribute:
        escape_html(text, out_);
        return;
      case Place::Url:
        escape_url(text, out_);
        return;
      case Place::UrlPath:
        encode_url_part(text, Slashes::kKeep, out_);
        return;
      case Place::UrlQuery:
        encode_url_part(text, Slashes::kEncode, out_);
        return;
      case Place::Json:
        escape_json(text, out_);
        return;
      case Place::Xml:
        escape_xml(text, out_);
        return;
      case Place::PlainText:
        out_.append(text);
        return;
    }
  }

  const void* root_;
  const std::uint32_t deepest_loop_;
  RenderedParts* const parts_;
  std::string& out_;
  std::vector<RenderedPart::Mark>* marks_ = nullptr;  // noted instead of written, where a part is rendered
  std::vector<Loop> loops_;
};

}  // namespace

void Template::render(const void* root, std::string& out) const {
  Renderer(root, deepest_loop_, nullptr, out).run(ops_);
}

void Template::render(const void* root, RenderedParts& parts, std::string& out) const {
  Renderer(root, deepest_loop_, &parts, out).run(ops_);
}

}  // namespace sitepod::builder
