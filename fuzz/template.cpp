// Template texts: compiling never crashes or hangs; what compiles can be rendered; in HTML a value never adds a tag, an
// attribute or a script, whatever the text around it.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.hpp"
#include "builder/template.hpp"

namespace sitepod::builder {

struct InnerView {
  std::string text;
  std::vector<InnerView> inner;
};
struct OuterView {
  std::string text;
  SafeHtml html;
  bool flag = false;
  InnerView one;
  std::vector<InnerView> many;
};

template <>
const Shape& shape_of<InnerView>() {
  using V = InnerView;
  static const Shape shape = make_shape<V>("inner", {field<&V::text>("text"), field<&V::inner>("inner")});
  return shape;
}
template <>
const Shape& shape_of<OuterView>() {
  using V = OuterView;
  static const Shape shape = make_shape<V>("outer", {field<&V::text>("t"), field<&V::html>("h"), field<&V::flag>("f"),
                                                     field<&V::one>("o"), field<&V::many>("m")});
  return shape;
}

}  // namespace sitepod::builder

namespace {

using namespace sitepod::builder;

std::string render(const Template& made, const std::string& text) {
  OuterView view;
  view.text = text;
  view.one.text = text;
  view.many = {{text, {{text, {}}}}, {text, {}}};
  std::string out;
  made.render(&view, out);
  return out;
}

std::size_t count(const std::string& text, char wanted) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), wanted));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 4096) return 0;
  const char* const names[] = {"a.html", "a.xml", "a.json", "a.txt"};
  const std::string name = names[data[0] % 4];
  const std::string text(data + 1, data + size);
  const FindTemplate find = [&](std::string_view wanted) -> std::optional<std::string_view> {
    if (wanted == name) return text;
    if (wanted == "b.html") return "{% for i in m %}{{ i.text }}{% endfor %}";
    return std::nullopt;
  };
  const auto made = Template::compile(name, find, shape_of<OuterView>());
  if (!made) return 0;
  // Loops inside loops multiply what is written, never more than a few deep within 4 KiB of template.
  const std::string plain = render(*made, "x");
  const std::string evil = render(*made, "<script>\"'` onx=javascript:");
  // Values in JSON bring quotes of their own.
  if (name != "a.html" && name != "a.xml") return 0;
  const bool has_json = text.find("json") != std::string::npos;
  for (const char c : {'<', '>', '"', '\''}) SITEPOD_CHECK(has_json || count(plain, c) == count(evil, c));
  return 0;
}
