#include "builder/template.hpp"

#include <algorithm>

#include "builder/template_tokens.hpp"

namespace sitepod::builder {
namespace {

using Token = TemplateToken;
using Kind = TemplateOp::Kind;

// Includes can double themselves at every level; no honest theme comes near these.
constexpr std::size_t kMaxOps = 50'000;
constexpr std::size_t kMaxLiteralBytes = 4U << 20U;
constexpr std::size_t kMaxDepth = 32;

std::string_view kind_name(FieldKind kind) {
  switch (kind) {
    case FieldKind::Text:
      return "text";
    case FieldKind::Html:
      return "HTML";
    case FieldKind::Flag:
      return "a flag";
    case FieldKind::Record:
      return "a record";
    case FieldKind::List:
      return "a list";
  }
  return "";
}

bool is_name(std::string_view word) {
  if (word.empty() || !((word[0] >= 'a' && word[0] <= 'z') || word[0] == '_')) return false;
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

// Whether everything from here to the end follows from the record in `field` of the root, but for marks: literal texts
// that are written where a text of the record is one of the document. Requires: no loop is open at `begin`.
bool is_part(const std::vector<TemplateOp>& ops, std::size_t begin, std::size_t end, const Field* field) {
  const auto is_of_record = [&](const TemplatePath& path) {
    return path.slot > 0 || (!path.records.empty() && path.records.front() == field);
  };
  for (std::size_t i = begin; i < end; ++i) {
    const TemplateOp& op = ops[i];
    const bool has_path = op.kind == Kind::Value || op.kind == Kind::Unless || op.kind == Kind::LoopOpen;
    if (has_path && !is_of_record(op.path)) return false;
    if (op.kind == Kind::Jump && (op.target < begin || op.target > end)) return false;
    const bool is_mark = !op.negated && op.target == i + 2 && ops[i + 1].kind == Kind::Literal;
    if (op.equals && (!is_mark || op.equals->slot > 0)) return false;
  }
  return true;
}

void find_parts(std::vector<TemplateOp>& ops) {
  std::size_t loops = 0;
  for (std::size_t i = 0; i < ops.size(); ++i) {
    TemplateOp& op = ops[i];
    if (op.kind == Kind::LoopOpen) ++loops;
    if (op.kind == Kind::LoopNext) --loops;
    if (loops > 0 || op.kind != Kind::Unless || op.negated || op.equals || !op.path.records.empty()) continue;
    const Field* field = op.path.field;
    const bool is_shared = field != nullptr && field->kind == FieldKind::Record && field->shape().key != nullptr;
    op.opens_part = is_shared && is_part(ops, i + 1, op.target, field);
  }
}

std::string known_names(const Shape& shape) {
  std::string names;
  for (const Field& field : shape.fields) names.append(names.empty() ? "" : ", ").append(field.name);
  return names;
}

}  // namespace

// Recursive descent over the tokens of one file; includes are compiled where they stand, so that they see the loops
// around them.
class TemplateCompiler {
 public:
  TemplateCompiler(std::string_view name, const FindTemplate& find, const Shape& root)
      : find_(find), root_(root), context_(format_of(name)) {}

  Result<Template> compile(std::string_view name) {
    SITEPOD_TRY(compile_file(name, "1"));
    if (!context_.is_at_rest()) return invalid("invalid_template", std::string(name) + ": ends inside a tag");
    find_parts(made_.ops_);
    return std::move(made_);
  }

 private:
  struct Scope {
    std::string_view name;
    const Shape* shape;
  };
  struct File {
    std::string_view name;
    std::vector<Token> tokens;
    std::size_t at = 0;
    std::uint32_t line = 1;
  };

  Error mistake(const File& file, std::string_view what) const {
    return invalid("invalid_template",
                   std::string(file.name) + ":" + std::to_string(file.line) + ": " + std::string(what));
  }

  Result<void> compile_file(std::string_view name, std::string_view asked_from) {
    const auto text = find_(name);
    if (!text)
      return invalid("invalid_template",
                     std::string(asked_from) + ": there is no template \"" + std::string(name) + "\"");
    const Format format = format_of(name);
    auto tokens =
        cut_template(*text, format == Format::Html || format == Format::Xml ? Indentation::Drop : Indentation::Keep);
    if (!tokens) return invalid("invalid_template", std::string(name) + ":" + tokens.error().message);
    File file{name, std::move(*tokens)};
    including_.push_back(name);
    SITEPOD_TRY(compile_nodes(file, {}));
    including_.pop_back();
    return {};
  }

  // Until the end of the file, or until one of `stops`, which is left for the caller.
  Result<void> compile_nodes(File& file, std::initializer_list<std::string_view> stops) {
    if (++depth_ > kMaxDepth) return mistake(file, "blocks are nested too deeply");
    for (; file.at < file.tokens.size(); ++file.at) {
      const Token& token = file.tokens[file.at];
      file.line = token.line;
      if (made_.ops_.size() > kMaxOps || literal_bytes_ > kMaxLiteralBytes)
        return mistake(file, "the template is too large");
      if (token.kind == Token::Kind::Literal) {
        SITEPOD_TRY(compile_literal(file, token));
      } else if (token.kind == Token::Kind::Value) {
        SITEPOD_TRY(compile_value(file, token));
      } else if (std::find(stops.begin(), stops.end(), token.words[0]) != stops.end()) {
        --depth_;
        return {};
      } else {
        SITEPOD_TRY(compile_block(file, token));
      }
    }
    --depth_;
    if (stops.size() != 0) return mistake(file, "\"" + std::string(*(stops.end() - 1)) + "\" is missing");
    return {};
  }

  Result<void> compile_literal(const File& file, const Token& token) {
    if (const auto problem = context_.read(token.literal)) return mistake(file, *problem);
    literal_bytes_ += token.literal.size();
    auto& ops = made_.ops_;
    if (!ops.empty() && ops.back().kind == Kind::Literal && ops.size() > last_target_) {
      ops.back().literal += token.literal;
      return {};
    }
    TemplateOp op;
    op.literal = token.literal;
    ops.push_back(std::move(op));
    return {};
  }

  Result<void> compile_value(const File& file, const Token& token) {
    if (token.words.size() != 1) return mistake(file, "a value is one name");
    TemplateOp op;
    op.kind = Kind::Value;
    op.path = SITEPOD_TRY(resolve(file, token.words[0]));
    std::string problem;
    const auto place = context_.place(problem);
    if (!place) return mistake(file, problem);
    op.place = *place;
    SITEPOD_TRY(check_value(file, token.words[0], op));
    context_.wrote_value();
    made_.ops_.push_back(std::move(op));
    return {};
  }

  Result<void> check_value(const File& file, std::string_view name, const TemplateOp& op) const {
    const auto kind = op.path.field == nullptr ? FieldKind::Record : op.path.field->kind;
    const bool is_text = kind == FieldKind::Text || kind == FieldKind::Html;
    if (op.path.special != TemplatePath::Special::None ||
        (!is_text && !(kind == FieldKind::Flag && op.place == Place::Json)))
      return mistake(file, "\"" + std::string(name) + "\" is " + std::string(kind_name(kind)) + ", not text");
    if (kind == FieldKind::Html && op.place != Place::Text && op.place != Place::Xml && op.place != Place::Json)
      return mistake(file, "\"" + std::string(name) + "\" is HTML and cannot stand here");
    return {};
  }

  Result<void> compile_block(File& file, const Token& token) {
    const std::string_view word = token.words[0];
    if (word == "if") return compile_if(file, token);
    if (word == "for") return compile_for(file, token);
    if (word == "include") return compile_include(file, token);
    return mistake(file, "unknown or misplaced block \"" + std::string(word) +
                             "\" (there are if, else, endif, for, endfor, include)");
  }

  Result<void> compile_if(File& file, const Token& token) {
    SITEPOD_TRY(reach_block(file));
    const std::size_t unless = made_.ops_.size();
    made_.ops_.push_back(SITEPOD_TRY(condition(file, token)));
    const TemplateContext before = context_;
    ++file.at;
    SITEPOD_TRY(compile_nodes(file, {"else", "endif"}));
    SITEPOD_TRY(reach_block(file));
    TemplateContext after = context_;
    context_ = before;
    if (file.tokens[file.at].words[0] == "else") {
      const std::size_t jump = made_.ops_.size();
      made_.ops_.emplace_back().kind = Kind::Jump;
      land(unless);
      ++file.at;
      SITEPOD_TRY(compile_nodes(file, {"endif"}));
      SITEPOD_TRY(reach_block(file));
      land(jump);
    } else {
      land(unless);
    }
    if (!(context_ == after))
      return mistake(file, "the branches end in different places (a tag or a quote is open in one)");
    return {};
  }

  Result<TemplateOp> condition(const File& file, const Token& token) {
    std::vector<std::string_view> words(token.words.begin() + 1, token.words.end());
    TemplateOp op;
    op.kind = Kind::Unless;
    if (!words.empty() && words[0] == "not") {
      op.negated = true;
      words.erase(words.begin());
    }
    if (words.size() != 1 && !(words.size() == 3 && words[1] == "is"))
      return mistake(file, "write \"if name\", \"if not name\" or \"if name is name\"");
    op.path = SITEPOD_TRY(resolve(file, words[0]));
    if (op.path.field == nullptr && op.path.special == TemplatePath::Special::None)
      return mistake(file, "\"" + std::string(words[0]) + "\" is always there");
    if (words.size() == 3) {
      op.equals = SITEPOD_TRY(resolve(file, words[2]));
      for (const TemplatePath* path : {&op.path, &*op.equals})
        if (path->field == nullptr || path->field->kind != FieldKind::Text)
          return mistake(file, "\"is\" compares text with text");
    }
    return op;
  }

  Result<void> compile_for(File& file, const Token& token) {
    if (token.words.size() != 4 || token.words[2] != "in" || !is_name(token.words[1]))
      return mistake(file, "write \"for name in list\"");
    SITEPOD_TRY(reach_block(file));
    TemplateOp open;
    open.kind = Kind::LoopOpen;
    open.path = SITEPOD_TRY(resolve(file, token.words[3]));
    if (open.path.field == nullptr || open.path.field->kind != FieldKind::List)
      return mistake(file, "\"" + std::string(token.words[3]) + "\" is not a list");
    SITEPOD_TRY(check_loop_name(file, token.words[1]));
    scopes_.push_back({token.words[1], &open.path.field->shape()});
    made_.deepest_loop_ = std::max(made_.deepest_loop_, static_cast<std::uint32_t>(scopes_.size()));
    const std::size_t begin = made_.ops_.size();
    made_.ops_.push_back(std::move(open));
    const TemplateContext before = context_;
    ++file.at;
    SITEPOD_TRY(compile_nodes(file, {"endfor"}));
    SITEPOD_TRY(reach_block(file));
    if (!(context_ == before))
      return mistake(file, "the loop ends in another place than it begins (a tag or a quote is open)");
    TemplateOp next;
    next.kind = Kind::LoopNext;
    next.target = static_cast<std::uint32_t>(begin + 1);
    made_.ops_.push_back(std::move(next));
    land(begin);
    scopes_.pop_back();
    return {};
  }

  Result<void> check_loop_name(const File& file, std::string_view name) const {
    const bool is_taken = name == "loop" || root_.find(name) != nullptr ||
                          std::any_of(scopes_.begin(), scopes_.end(), [&](const Scope& s) { return s.name == name; });
    if (is_taken) return mistake(file, "the name \"" + std::string(name) + "\" is taken");
    return {};
  }

  Result<void> compile_include(File& file, const Token& token) {
    const std::string where = std::string(file.name) + ":" + std::to_string(file.line);
    if (token.words.size() != 2 || token.words[1].size() < 3 || token.words[1].front() != '"' ||
        token.words[1].back() != '"')
      return mistake(file, "write include \"name\"");
    const std::string_view name = token.words[1].substr(1, token.words[1].size() - 2);
    if (std::find(including_.begin(), including_.end(), name) != including_.end())
      return mistake(file, "\"" + std::string(name) + "\" includes itself");
    if (format_of(name) != format_of(including_.front()))
      return mistake(file, "an include has the format of the file around it");
    return compile_file(name, where);
  }

  // A name from the templates, innermost loop first.
  Result<TemplatePath> resolve(const File& file, std::string_view dotted) const {
    TemplatePath path;
    std::string_view first = dotted.substr(0, dotted.find('.'));
    std::string_view rest = first.size() < dotted.size() ? dotted.substr(first.size() + 1) : std::string_view{};
    if (first == "loop") return resolve_loop(file, rest);
    const Shape* shape = &root_;
    const auto scope = std::find_if(scopes_.begin(), scopes_.end(), [&](const Scope& s) { return s.name == first; });
    if (scope != scopes_.end()) {
      path.slot = static_cast<std::uint32_t>(scope - scopes_.begin()) + 1;
      shape = scope->shape;
      if (first.size() == dotted.size()) return path;
    } else {
      rest = dotted;
    }
    while (true) {
      const std::string_view name = rest.substr(0, rest.find('.'));
      const Field* field = shape->find(name);
      if (field == nullptr)
        return mistake(file, "\"" + std::string(shape->name) + "\" has no \"" + std::string(name) + "\" (it has " +
                                 known_names(*shape) + ")");
      if (name.size() == rest.size()) {
        path.field = field;
        return path;
      }
      if (field->kind != FieldKind::Record)
        return mistake(file,
                       "\"" + std::string(name) + "\" is " + std::string(kind_name(field->kind)) + " and has no parts");
      path.records.push_back(field);
      shape = &field->shape();
      rest.remove_prefix(name.size() + 1);
    }
  }

  Result<TemplatePath> resolve_loop(const File& file, std::string_view name) const {
    TemplatePath path;
    if (scopes_.empty()) return mistake(file, "\"loop\" outside of a loop");
    path.slot = static_cast<std::uint32_t>(scopes_.size());
    if (name == "first") path.special = TemplatePath::Special::LoopFirst;
    if (name == "last") path.special = TemplatePath::Special::LoopLast;
    if (path.special == TemplatePath::Special::None) return mistake(file, "\"loop\" has first and last");
    return path;
  }

  Result<void> reach_block(const File& file) {
    if (const auto problem = context_.reach_block()) return mistake(file, *problem);
    return {};
  }

  // The operation at `from` goes to what is compiled next.
  void land(std::size_t from) {
    made_.ops_[from].target = static_cast<std::uint32_t>(made_.ops_.size());
    last_target_ = made_.ops_.size();
  }

  const FindTemplate& find_;
  const Shape& root_;
  TemplateContext context_;
  Template made_;
  std::vector<Scope> scopes_;
  std::vector<std::string_view> including_;
  std::size_t literal_bytes_ = 0;
  std::size_t last_target_ = 0;  // literals before it must stay apart from those behind it
  std::size_t depth_ = 0;
};

Result<Template> Template::compile(std::string_view name, const FindTemplate& find, const Shape& root) {
  return TemplateCompiler(name, find, root).compile(name);
}

}  // namespace sitepod::builder
