#include "builder/template.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "builder/views.hpp"

namespace sitepod::builder {

struct FruitView {
  std::string name;
  std::string url;
  bool is_ripe = false;
};
struct BasketView {
  std::string title;
  SafeHtml html;
  FruitView best;
  const FruitView* gift = nullptr;
  std::vector<FruitView> fruits;
  std::vector<const FruitView*> picked;
  bool is_full = false;
};

template <>
const Shape& shape_of<FruitView>() {
  using V = FruitView;
  static const Shape shape =
      make_shape<V>("fruit", {field<&V::name>("name"), field<&V::url>("url"), field<&V::is_ripe>("is_ripe")});
  return shape;
}
template <>
const Shape& shape_of<BasketView>() {
  using V = BasketView;
  static const Shape shape = make_shape<V>(
      "basket", {field<&V::title>("title"), field<&V::html>("html"), field<&V::best>("best"), field<&V::gift>("gift"),
                 field<&V::fruits>("fruits"), field<&V::picked>("picked"), field<&V::is_full>("is_full")});
  return shape;
}

namespace {

using Files = std::map<std::string, std::string, std::less<>>;

Result<Template> compile(const Files& files, std::string_view name) {
  return Template::compile(
      name,
      [&](std::string_view file) -> std::optional<std::string_view> {
        const auto at = files.find(file);
        return at == files.end() ? std::nullopt : std::optional<std::string_view>(at->second);
      },
      shape_of<BasketView>());
}

std::string rendered(const std::string& text, const BasketView& basket, const std::string& name = "t.html") {
  const Files files = {{name, text}};
  const auto made = compile(files, name);
  if (!made) return made.error().message;
  std::string out;
  made->render(&basket, out);
  return out;
}

std::string mistake_in(const std::string& text, const std::string& name = "t.html") {
  const Files files = {{name, text}};
  const auto made = compile(files, name);
  return made ? "compiled" : made.error().message;
}

BasketView basket_named(std::string title) {
  BasketView basket;
  basket.title = std::move(title);
  return basket;
}

TEST(Template, EscapesAValueForThePlaceWhereItStands) {
  const BasketView evil = basket_named("<b>\"&'</b>");
  EXPECT_EQ(rendered("<p>{{ title }}</p>", evil), "<p>&lt;b&gt;&quot;&amp;&#39;&lt;/b&gt;</p>");
  EXPECT_EQ(rendered("<p title=\"{{ title }}\">", evil), "<p title=\"&lt;b&gt;&quot;&amp;&#39;&lt;/b&gt;\">");
  EXPECT_EQ(rendered("<title>{{ title }}</title>", evil), "<title>&lt;b&gt;&quot;&amp;&#39;&lt;/b&gt;</title>");
  EXPECT_EQ(rendered("{{ title }}", evil, "t.xml"), "&lt;b&gt;&quot;&amp;&#39;&lt;/b&gt;");
  EXPECT_EQ(rendered("{\"a\":{{ title }}}", evil, "t.json"), "{\"a\":\"\\u003Cb\\u003E\\\"\\u0026'\\u003C/b\\u003E\"}");
  EXPECT_EQ(rendered("{{ title }}", evil, "t.txt"), "<b>\"&'</b>");
}

TEST(Template, WritesJsonIntoAScriptOfDataAndNothingElse) {
  EXPECT_EQ(
      rendered("<script type=\"application/ld+json\">{\"n\":{{ title }}}</script>", basket_named("</script><script>")),
      "<script type=\"application/ld+json\">{\"n\":\"\\u003C/script\\u003E\\u003Cscript\\u003E\"}</script>");
  EXPECT_EQ(mistake_in("<script>let a = {{ title }};</script>"), "t.html:1: a value inside <script>");
  EXPECT_EQ(mistake_in("<style>{{ title }}</style>"), "t.html:1: a value inside <style>");
  EXPECT_EQ(mistake_in("<script type=\"application/ld+json\">{\"n\":\"{{ title }}\"}</script>"),
            "t.html:1: a value inside a JSON string (a value brings its own quotes)");
}

TEST(Template, LetsOnlyHarmlessAddressesIntoLinks) {
  for (const char* bad : {"javascript:alert(1)", "JaVaScRiPt:x", "java\nscript:x", " javascript:x", "\x01javascript:x",
                          "data:text/html,x", "vbscript:x", "blob:x", "java\tscript:x"})
    EXPECT_EQ(rendered("<a href=\"{{ title }}\">", basket_named(bad)), "<a href=\"#\">") << bad;
  for (const char* good :
       {"/docs/", "https://a.example/?q=1", "mailto:a@b.example", "#part", "docs/a:b", "?a=b:c", "TEL:123"})
    EXPECT_EQ(rendered("<a href='{{ title }}'>", basket_named(good)), "<a href='" + html_escaped(good) + "'>") << good;
  EXPECT_EQ(rendered("<img src=\"{{ title }}\">", basket_named("x\" onerror=\"alert(1)")),
            "<img src=\"x&quot; onerror=&quot;alert(1)\">");
}

TEST(Template, EncodesPartsOfAddresses) {
  EXPECT_EQ(rendered("<a href=\"/tags/{{ title }}/\">", basket_named("a b/ä?")), "<a href=\"/tags/a%20b/%C3%A4%3F/\">");
  EXPECT_EQ(rendered("<a href=\"/s?q={{ title }}\">", basket_named("a&b=c/d")), "<a href=\"/s?q=a%26b%3Dc%2Fd\">");
}

TEST(Template, WritesHtmlOfTheBuilderAsItIsAndRefusesItInAttributes) {
  BasketView basket;
  basket.html = SafeHtml::from_rendered_markdown("<b>x</b>", {});
  EXPECT_EQ(rendered("<div>{{ html }}</div>", basket), "<div><b>x</b></div>");
  EXPECT_EQ(rendered("<c>{{ html }}</c>", basket, "t.xml"), "<c>&lt;b&gt;x&lt;/b&gt;</c>");
  EXPECT_EQ(mistake_in("<a title=\"{{ html }}\">"), "t.html:1: \"html\" is HTML and cannot stand here");
}

TEST(Template, RefusesValuesWhereNoEscapingIsSafe) {
  EXPECT_EQ(mistake_in("\n<a href={{ title }}>"), "t.html:2: a value in an attribute without quotes");
  EXPECT_EQ(mistake_in("<{{ title }}>"), "t.html:1: a value inside a tag's or attribute's name");
  EXPECT_EQ(mistake_in("<a {{ title }}>"), "t.html:1: a value inside a tag's or attribute's name");
  EXPECT_EQ(mistake_in("<a onclick=\"{{ title }}\">"), "t.html:1: a value inside the attribute \"onclick\"");
  EXPECT_EQ(mistake_in("<a style=\"{{ title }}\">"), "t.html:1: a value inside the attribute \"style\"");
  EXPECT_EQ(mistake_in("<!-- {{ title }} -->"), "t.html:1: a value inside a comment");
}

TEST(Template, NamesFileAndLineOfUnknownNames) {
  const Files files = {{"a.html", "<p>\n{% include \"b.html\" %}\n</p>"}, {"b.html", "\n\n{{ best.colour }}"}};
  EXPECT_EQ(compile(files, "a.html").error().message,
            "b.html:3: \"fruit\" has no \"colour\" (it has name, url, is_ripe)");
  EXPECT_EQ(mistake_in("{{ nothing }}").substr(0, 38), "t.html:1: \"basket\" has no \"nothing\" (i");
  EXPECT_EQ(mistake_in("{% include \"c.html\" %}"), "t.html:1: there is no template \"c.html\"");
  EXPECT_EQ(mistake_in("{{ best }}"), "t.html:1: \"best\" is a record, not text");
  EXPECT_EQ(mistake_in("{{ title.length }}"), "t.html:1: \"title\" is text and has no parts");
  EXPECT_EQ(mistake_in("{% for f in title %}{% endfor %}"), "t.html:1: \"title\" is not a list");
}

TEST(Template, ChoosesByTextFlagsRecordsAndLists) {
  BasketView basket = basket_named("a");
  EXPECT_EQ(rendered("{% if title %}yes{% else %}no{% endif %}", basket), "yes");
  EXPECT_EQ(rendered("{% if not is_full %}empty{% endif %}", basket), "empty");
  EXPECT_EQ(rendered("{% if gift %}{{ gift.name }}{% else %}none{% endif %}", basket), "none");
  EXPECT_EQ(rendered("[{{ gift.name }}]", basket), "[]");
  EXPECT_EQ(rendered("{% if fruits %}some{% else %}none{% endif %}", basket), "none");
  const FruitView plum{"plum", "", true};
  basket.gift = &plum;
  EXPECT_EQ(rendered("{% if gift %}{{ gift.name }}{% endif %}", basket), "plum");
  basket.best.name = "a";
  EXPECT_EQ(rendered("{% if title is best.name %}same{% endif %}", basket), "same");
  EXPECT_EQ(rendered("{% if not title is best.url %}other{% endif %}", basket), "other");
}

TEST(Template, LoopsOverRecordsAndPointersWithFirstAndLast) {
  BasketView basket;
  basket.fruits = {{"fig", "", true}, {"kiwi", "", false}, {"plum", "", true}};
  basket.picked = {&basket.fruits[2], &basket.fruits[0]};
  EXPECT_EQ(rendered("{% for f in fruits %}{{ f.name }}{% if not loop.last %}, {% endif %}{% endfor %}", basket),
            "fig, kiwi, plum");
  EXPECT_EQ(rendered("{% for f in picked %}{% if loop.first %}>{% endif %}{{ f.name }} {% endfor %}", basket),
            ">plum fig ");
  EXPECT_EQ(rendered("{% for a in picked %}{% for b in fruits %}{% if a.name is b.name %}{{ b.name }};{% endif %}{% "
                     "endfor %}{% endfor %}",
                     basket),
            "plum;fig;");
  EXPECT_EQ(mistake_in("{% for title in fruits %}{% endfor %}"), "t.html:1: the name \"title\" is taken");
}

TEST(Template, RefusesBranchesThatEndInDifferentPlaces) {
  EXPECT_EQ(mistake_in("<a {% if title %}href=\"{% endif %}x\">"),
            "t.html:1: the branches end in different places (a tag or a quote is open in one)");
  EXPECT_EQ(mistake_in("{% for f in fruits %}<a {% endfor %}"),
            "t.html:1: the loop ends in another place than it begins (a tag or a quote is open)");
  EXPECT_EQ(mistake_in("<a href=\"x"), "t.html: ends inside a tag");
  EXPECT_EQ(rendered("<a class=\"x{% if title %} y{% endif %}\"{% if is_full %} hidden{% endif %}>", basket_named("t")),
            "<a class=\"x y\">");
}

TEST(Template, RefusesBlocksThatDoNotMatch) {
  EXPECT_EQ(mistake_in("{% if title %}"), "t.html:1: \"endif\" is missing");
  EXPECT_EQ(mistake_in("{% endif %}").substr(0, 47), "t.html:1: unknown or misplaced block \"endif\" (t");
  EXPECT_EQ(mistake_in("a\n{{ title"), "t.html:2: \"{{\" is never closed");
  EXPECT_EQ(mistake_in("{% include \"t.html\" %}"), "t.html:1: \"t.html\" includes itself");
}

TEST(Template, LeavesOutCommentsIndentationAndLinesOfBlocks) {
  EXPECT_EQ(rendered("<ul>\n  {# note #}\n  {% if title %}\n  <li>{{ title }}</li>\n  {% endif %}\n</ul>\n",
                     basket_named("x")),
            "<ul>\n<li>x</li>\n</ul>\n");
}

TEST(Template, KeysDifferWhereverRecordsDiffer) {
  BasketView a = basket_named("x");
  BasketView b = a;
  EXPECT_EQ(key_of_fields(a), key_of_fields(b));
  b.fruits.push_back({"fig", "", false});
  EXPECT_FALSE(key_of_fields(a) == key_of_fields(b));
  BasketView c = basket_named("");
  c.best.name = "x";
  EXPECT_FALSE(key_of_fields(a) == key_of_fields(c));
}

// What documents share is rendered once; whoever shares it must see no difference.
TEST(Template, WritesTheSameBytesWithPartsThatDocumentsShare) {
  const std::string text =
      "{% if sidebar %}<p>{{ sidebar.title }}</p>{% for link in sidebar.links %}{% if not loop.first %}, {% endif %}"
      "<a href=\"{{ link.url }}\"{% if link.url is here.url %} here{% endif %}>{{ link.title }}</a>"
      "{% if link.method %} {{ link.method }}{% else %} -{% endif %}{% endfor %}"
      "{% if sidebar.url is here.area %}!{% endif %}{% else %}none{% endif %}; {{ here.url }}"
      // Not to be shared: it shows more of the document than marks.
      "{% if sidebar %}{{ here.group }}{% endif %}"
      "{% if sidebar %}{% if not sidebar.url is here.url %}elsewhere{% endif %}{% endif %}";
  const auto made = Template::compile(
      "t.html", [&](std::string_view) { return std::optional<std::string_view>(text); }, shape_of<DocumentView>());
  ASSERT_TRUE(made.ok()) << made.error().message;
  SidebarView docs{"A & B", "/docs/", {{"One", "/1", "", ""}, {"<Two>", "/2", "GET", "get"}}, {}, false, false, {}};
  SidebarView other{"Other", "/2", {{"Three", "/3", "", ""}}, {}, false, false, {}};
  for (SidebarView* sidebar : {&docs, &other}) sidebar->key = key_of_fields(*sidebar);
  RenderedParts parts;
  for (const SidebarView* sidebar : {&docs, &other, &docs, static_cast<SidebarView*>(nullptr)})
    for (const char* url : {"/1", "/2", "/3", "", "/docs/"}) {
      DocumentView document;
      document.sidebar = sidebar;
      document.here = {url, "/docs/", "a group"};
      std::string alone;
      made->render(&document, alone);
      std::string shared;
      made->render(&document, parts, shared);
      EXPECT_EQ(shared, alone);
      EXPECT_EQ(alone.find(" here>") != std::string::npos,
                sidebar != nullptr && std::any_of(sidebar->links.begin(), sidebar->links.end(),
                                                  [&](const LinkView& link) { return link.url == url; }));
    }
}

}  // namespace
}  // namespace sitepod::builder
