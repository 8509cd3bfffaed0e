#include "builder/template.hpp"

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
  Renderer(const void* root, std::uint32_t deepest_loop, std::string& out) : root_(root), out_(out) {
    loops_.reserve(deepest_loop);
  }

  void run(const std::vector<TemplateOp>& ops) {
    for (std::size_t i = 0; i < ops.size();) {
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
          if (holds(op) == op.negated) {
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

 private:
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
  std::string& out_;
  std::vector<Loop> loops_;
};

}  // namespace

void Template::render(const void* root, std::string& out) const { Renderer(root, deepest_loop_, out).run(ops_); }

}  // namespace sitepod::builder
