#include "builder/markdown/highlight.hpp"

#include <gtest/gtest.h>

#include "builder/markdown/languages.hpp"
#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

std::string coloured(std::string_view language, std::string_view code) {
  std::string out;
  append_highlighted(code, language, out);
  return out;
}

// "[keyword:const] a": easier to read than spans.
std::string marks(std::string_view language, std::string_view code) {
  std::string out = coloured(language, code);
  for (std::size_t at = 0; (at = out.find("<span class=\"hljs-")) != std::string::npos;) {
    out.replace(at, 18, "[");
    out.replace(out.find("\">", at), 2, ":");
  }
  for (std::size_t at = 0; (at = out.find("</span>")) != std::string::npos;) out.replace(at, 7, "]");
  return decode_references(out);
}

const std::string_view kLanguages[] = {
    "js",      "ts",       "python", "c",          "cpp",  "objectivec", "csharp",   "java",   "kotlin",  "scala",
    "groovy",  "go",       "rust",   "swift",      "dart", "zig",        "php",      "ruby",   "perl",    "lua",
    "r",       "julia",    "matlab", "haskell",    "elm",  "ocaml",      "elixir",   "erlang", "clojure", "sql",
    "graphql", "protobuf", "bash",   "powershell", "bat",  "dockerfile", "makefile", "cmake",  "nginx",   "hcl",
    "nix",     "vim",      "latex",  "solidity",   "wasm", "x86asm",     "html",     "vue",    "css",     "scss",
    "json",    "yaml",     "ini",    "toml",       "diff", "console",    "markdown"};

TEST(Highlight, EveryLanguageKeepsTheCodeAndClosesItsSpans) {
  const std::string_view messy =
      "#include <a> // b\n/* c \"d */ e = 'f' + \"g\\\"h\" + `i ${j}`;\n@k l(m, 0x1F, 1.5e-3, .5, 1..2) # n\n<!-- o "
      "--><p q=\"r\" s='t'>&amp;"
      "</p><script>u = /v[/]w/g; x</script><style>a:hover{b:#c1d}</style>\n$y ${z} $(aa) --[[ bb ]] ''' cc ''' \"\"\" "
      "dd\n- ee: ff # gg\n[hh]\n"
      "ii = 'jj' ; kk\n+ll\n-mm\n@@ nn @@\n$ oo -p\n> qq `rr`\n\xC3\xA9t\xC3\xA9 \xFF\x01 {- ss -} 'tt \\uu % "
      "vv\n\"unclosed\n/* unclosed\n`unclosed\n<unclosed a=\"";
  for (const std::string_view language : kLanguages) {
    ASSERT_NE(find_language(language), nullptr) << language;
    for (std::size_t length = messy.size(); length > 0; length -= std::min<std::size_t>(length, 7)) {
      std::string html = coloured(language, messy.substr(0, length));
      std::size_t depth = 0;
      std::string text;
      for (std::size_t i = 0; i < html.size();) {
        if (html[i] != '<') {
          text += html[i++];
          continue;
        }
        const bool closes = html.compare(i, 7, "</span>") == 0;
        ASSERT_TRUE(closes || html.compare(i, 18, "<span class=\"hljs-") == 0) << language << html.substr(i, 40);
        ASSERT_TRUE(!closes || depth > 0);
        depth += closes ? std::size_t(-1) : 1;
        i = html.find('>', i) + 1;
      }
      EXPECT_EQ(depth, 0u) << language;
      std::string expected;
      append_escaped(messy.substr(0, length), expected);
      EXPECT_EQ(text, expected) << language;
    }
  }
}

TEST(Highlight, WordsStringsNumbersAndCallsAreTold) {
  EXPECT_EQ(marks("js", "export function f(a) { return /x\\/[/]/g.test(a) ?? `t`; }"),
            "[keyword:export] [keyword:function] [title function_:f](a) { [keyword:return] [regexp:/x\\/[/]/g].[title "
            "function_:test](a) ?? [string:`t`]; }");
  EXPECT_EQ(marks("ts", "type A = { b: string; }"),
            "[keyword:type] [title class_:A] = { [attr:b]: [built_in:string]; }");
  EXPECT_EQ(marks("python", "@d\ndef f(x=1.5e-3): # c\n  '''s\n'''"),
            "[meta:@d]\n[keyword:def] [title function_:f](x=[number:1.5e-3]): [comment:# c]\n  [string:'''s\n''']");
  EXPECT_EQ(marks("rust", "fn f<'a>(c: &'a str) -> char { 'x' }"),
            "[keyword:fn] [title function_:f]<[symbol:'a]>(c: &[symbol:'a] [built_in:str]) -> [built_in:char] { "
            "[string:'x'] }");
  EXPECT_EQ(marks("sql", "SELECT count(*) FROM t WHERE a = 'it''s' -- c"),
            "[keyword:SELECT] [built_in:count](*) [keyword:FROM] t [keyword:WHERE] a = [string:'it'][string:'s'] "
            "[comment:-- c]");
  EXPECT_EQ(marks("bash", "echo \"$HOME\" ${x} a#b # c"),
            "[built_in:echo] [string:\"$HOME\"] [variable:${x}] a#b [comment:# c]");
  EXPECT_EQ(marks("c", "#define A 1 // b\nint x = 0x1f;"),
            "[meta:#define A 1 ][comment:// b]\n[built_in:int] x = [number:0x1f];");
}

TEST(Highlight, LinesAndTagsAreTold) {
  EXPECT_EQ(marks("html", "<a href=\"x\">&amp;</a><!-- c -->"),
            "[tag:<[name:a] [attr:href]=[string:\"x\"]>][symbol:&amp;][tag:</[name:a]>][comment:<!-- c -->]");
  EXPECT_EQ(marks("css", ".a #b { color: red; margin: 1.5em }"),
            "[selector-class:.a] [selector-id:#b] { [attribute:color]: red; [attribute:margin]: [number:1.5em] }");
  EXPECT_EQ(marks("json", "{\"a\": [1, true, \"b\"]}"), "{[attr:\"a\"]: [[number:1], [literal:true], [string:\"b\"]]}");
  EXPECT_EQ(marks("yaml", "- a: \"b\" # c\n  d: 1\n"),
            "[bullet:-] [attr:a]: [string:\"b\"] [comment:# c]\n  [attr:d]: [number:1]\n");
  EXPECT_EQ(marks("toml", "[a]\nb = \"c\" # d\n"), "[section:[a]]\n[attr:b ]= [string:\"c\"] [comment:# d]\n");
  EXPECT_EQ(marks("diff", "@@ x @@\n-a\n+b\n c"), "[meta:@@ x @@]\n[deletion:-a]\n[addition:+b]\n c");
  EXPECT_EQ(marks("console", "$ ls -l\nout\n"), "[meta prompt_:$] [built_in:ls] -l\nout\n");
  EXPECT_EQ(marks("md", "# a\n- `b`\n"), "[section:# a]\n[bullet:-] [code:`b`]\n");
}

TEST(Highlight, WhatIsTooLongStaysPlain) {
  const std::string line = "const " + std::string(3000, 'a');
  EXPECT_EQ(coloured("js", line), line);
  std::string block;
  for (int i = 0; i < 10'000; ++i) block += "const a\n";
  EXPECT_EQ(coloured("js", block), block);
  EXPECT_EQ(coloured("unknown", "const <"), "const &lt;");
}

}  // namespace
}  // namespace sitepod::builder::markdown
