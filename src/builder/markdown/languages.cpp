#include "builder/markdown/languages.hpp"

#include <iterator>
#include <string>
#include <vector>

#include "builder/markdown/text.hpp"

namespace sitepod::builder::markdown {
namespace {

constexpr std::uint32_t kC = kCalls;
constexpr std::string_view kCTypes =
    "bool char char8_t char16_t char32_t double float int int8_t int16_t int32_t int64_t long short signed size_t "
    "ssize_t uint8_t uint16_t "
    "uint32_t uint64_t unsigned void wchar_t FILE";

constexpr Language kLanguages[] = {
    {"javascript js jsx mjs cjs node", CodeForm::kWords,
     kLongBackticks | kRegexps | kAtMarks | kTypesAreCapital | kKeys | kCalls, "//", "/*", "*/", "\"'`",
     "as async await break case catch class const continue debugger default delete do else export extends finally for "
     "from function get if "
     "import in instanceof let new of return set static super switch this throw try typeof var void while with yield",
     "Array Boolean Date Error JSON Map Math Number Object Promise Proxy RegExp Set String Symbol console document "
     "fetch globalThis module "
     "process require window setTimeout setInterval",
     "true false null undefined NaN Infinity"},
    {"typescript ts tsx mts cts", CodeForm::kWords,
     kLongBackticks | kRegexps | kAtMarks | kTypesAreCapital | kKeys | kCalls, "//", "/*", "*/", "\"'`",
     "abstract as asserts async await break case catch class const continue debugger declare default delete do else "
     "enum export extends "
     "finally for from function get if implements import in infer instanceof interface is keyof let namespace new of "
     "override private "
     "protected public readonly return satisfies set static super switch this throw try type typeof var void while "
     "with yield",
     "any bigint boolean never number object string symbol unknown Array Boolean Date Error JSON Map Math Number "
     "Object Partial Promise "
     "Record RegExp Set String Symbol console document fetch globalThis module process require window",
     "true false null undefined NaN Infinity"},
    {"python py python3 gyp ipython", CodeForm::kWords, kTripleQuotes | kAtMarks | kCalls, "#", "", "", "\"'",
     "and as assert async await break case class continue def del elif else except finally for from global if import "
     "in is lambda match "
     "nonlocal not or pass raise return try while with yield",
     "abs all any bool bytes callable dict dir enumerate filter float format frozenset getattr hasattr hash id input "
     "int isinstance "
     "issubclass iter len list map max min next object open print property range repr reversed round self set setattr "
     "slice sorted "
     "staticmethod str sum super tuple type vars zip",
     "True False None Ellipsis NotImplemented"},
    {"c h", CodeForm::kWords, kHashDirectives | kC, "//", "/*", "*/", "\"'",
     "auto break case const continue default do else enum extern for goto if inline register restrict return sizeof "
     "static struct switch "
     "typedef union volatile while _Atomic _Generic _Noreturn _Static_assert",
     kCTypes, "NULL true false"},
    {"cpp c++ cc cxx hpp h++ hh arduino cuda", CodeForm::kWords, kHashDirectives | kC, "//", "/*", "*/", "\"'",
     "alignas alignof and asm auto break case catch class co_await co_return co_yield concept const const_cast "
     "consteval constexpr constinit "
     "continue decltype default delete do dynamic_cast else enum explicit export extern final for friend goto if "
     "import inline module mutable "
     "namespace new noexcept not operator or override private protected public register reinterpret_cast requires "
     "return sizeof static "
     "static_assert static_cast struct switch template this thread_local throw try typedef typeid typename union using "
     "virtual volatile while",
     "bool char char8_t char16_t char32_t double float int int8_t int16_t int32_t int64_t long short signed size_t "
     "uint8_t uint16_t uint32_t "
     "uint64_t unsigned void wchar_t std string vector map set unique_ptr shared_ptr optional cout cin cerr endl",
     "true false nullptr NULL"},
    {"objectivec objc obj-c mm", CodeForm::kWords, kHashDirectives | kAtMarks | kC, "//", "/*", "*/", "\"'",
     "auto break case const continue default do else enum extern for goto if in inline return self sizeof static "
     "struct super switch typedef "
     "union volatile while",
     "BOOL NSString NSArray NSDictionary NSNumber NSInteger NSUInteger CGFloat id int char float double void long",
     "YES NO nil NULL true false"},
    {"csharp cs c#", CodeForm::kWords, kHashDirectives | kTypesAreCapital | kCalls, "//", "/*", "*/", "\"'",
     "abstract as async await base break case catch checked class const continue default delegate do else enum event "
     "explicit extern finally "
     "fixed for foreach get goto if implicit in init interface internal is lock namespace new operator out override "
     "params partial private "
     "protected public readonly record ref required return sealed set sizeof stackalloc static struct switch this "
     "throw try typeof unchecked "
     "unsafe using var virtual volatile when where while with yield",
     "bool byte char decimal double dynamic float int long nint object sbyte short string uint ulong ushort void",
     "true false null"},
    {"java jsp", CodeForm::kWords, kAtMarks | kTypesAreCapital | kCalls | kTripleQuotes, "//", "/*", "*/", "\"'",
     "abstract assert break case catch class const continue default do else enum exports extends final finally for "
     "goto if implements import "
     "instanceof interface module native new non-sealed package permits private protected public record requires "
     "return sealed static strictfp "
     "super switch synchronized this throw throws transient try var volatile while yield",
     "boolean byte char double float int long short void", "true false null"},
    {"kotlin kt kts", CodeForm::kWords, kAtMarks | kTypesAreCapital | kCalls | kTripleQuotes, "//", "/*", "*/", "\"'",
     "abstract actual annotation as break by catch class companion const constructor continue crossinline data do "
     "dynamic else enum expect "
     "external final finally for fun get if import in infix init inline inner interface internal is lateinit noinline "
     "object open operator out "
     "override package private protected public reified return sealed set super suspend tailrec this throw try "
     "typealias typeof val var vararg "
     "when where while",
     "println print listOf mapOf setOf arrayOf", "true false null"},
    {"scala sc", CodeForm::kWords, kAtMarks | kTypesAreCapital | kCalls | kTripleQuotes, "//", "/*", "*/", "\"'",
     "abstract case catch class def do else enum export extends extension final finally for forSome given if implicit "
     "import inline lazy match "
     "new object opaque override package private protected return sealed super then this throw trait transparent try "
     "type using val var while "
     "with yield",
     "println Option Some List Seq Map", "true false null None Nil"},
    {"groovy gradle", CodeForm::kWords, kAtMarks | kTypesAreCapital | kCalls | kTripleQuotes | kKeys, "//", "/*", "*/",
     "\"'",
     "abstract as assert break case catch class const continue def default do else enum extends final finally for if "
     "implements import in "
     "instanceof interface new package private protected public return static super switch this throw throws trait try "
     "var void while",
     "boolean byte char double float int long short println", "true false null"},
    {"go golang", CodeForm::kWords, kLongBackticks | kCalls, "//", "/*", "*/", "\"'`",
     "break case chan const continue default defer else fallthrough for func go goto if import interface map package "
     "range return select "
     "struct switch type var",
     "any append bool byte cap clear close complex64 complex128 comparable copy delete error float32 float64 int int8 "
     "int16 int32 int64 len "
     "make max min new panic print println recover rune string uint uint8 uint16 uint32 uint64 uintptr",
     "true false nil iota"},
    {"rust rs", CodeForm::kWords, kLifetimes | kTypesAreCapital | kCalls | kLongStrings, "//", "/*", "*/", "\"'",
     "as async await become box break const continue crate dyn else enum extern fn for if impl in let loop macro match "
     "mod move mut pub ref "
     "return self Self static struct super trait type union unsafe use where while yield",
     "bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize Box Option Result String Vec Some Ok "
     "Err println print format "
     "vec panic assert assert_eq",
     "true false None"},
    {"swift", CodeForm::kWords, kAtMarks | kTypesAreCapital | kCalls | kTripleQuotes, "//", "/*", "*/", "\"",
     "actor any as associatedtype async await break case catch class continue default defer deinit do else enum "
     "extension fallthrough "
     "fileprivate final for func get guard if import in indirect init inout internal is isolated lazy let mutating "
     "nonisolated open operator "
     "override precedencegroup private protocol public repeat required rethrows return self Self set some static "
     "struct subscript super switch "
     "throw throws try typealias unowned var weak where while",
     "Any Array Bool Character Dictionary Double Float Int Optional Set String Void print", "true false nil"},
    {"dart", CodeForm::kWords, kAtMarks | kTypesAreCapital | kCalls | kTripleQuotes, "//", "/*", "*/", "\"'",
     "abstract as assert async await base break case catch class const continue covariant default deferred do else "
     "enum export extends "
     "extension external factory final finally for get hide if implements import in interface is late library mixin "
     "new on operator part "
     "required rethrow return sealed set show static super switch sync this throw try typedef var when while with "
     "yield",
     "bool double dynamic int num void print", "true false null"},
    {"zig", CodeForm::kWords, kAtMarks | kCalls, "//", "", "", "\"'",
     "align allowzero and asm async await break callconv catch comptime const continue defer else enum errdefer error "
     "export extern fn for if "
     "inline noalias or orelse packed pub resume return struct suspend switch test threadlocal try union unreachable "
     "usingnamespace var volatile "
     "while",
     "anyopaque anytype bool f32 f64 i8 i16 i32 i64 isize noreturn type u8 u16 u32 u64 usize void",
     "true false null undefined"},
    {"php php3 php4 php5 php7 php8", CodeForm::kWords,
     kDollarNames | kTypesAreCapital | kCalls | kIgnoresCase | kLongStrings, "// #", "/*", "*/", "\"'",
     "abstract and array as break case catch class clone const continue declare default do echo else elseif empty "
     "enddeclare endfor endforeach "
     "endif endswitch endwhile enum exit extends final finally fn for foreach function global goto if implements "
     "include include_once "
     "instanceof insteadof interface isset list match namespace new or print private protected public readonly require "
     "require_once return "
     "static switch throw trait try unset use var while xor yield",
     "bool callable float int iterable mixed never object self string void parent", "true false null"},
    {"ruby rb gemspec podspec irb", CodeForm::kWords, kRegexps | kTypesAreCapital | kCalls | kLongStrings, "#",
     "=begin", "=end", "\"'",
     "alias and begin break case class def defined? do else elsif end ensure for if in include extend module next not "
     "or prepend private "
     "protected public redo require require_relative rescue retry return self super then undef unless until when while "
     "yield attr_accessor "
     "attr_reader attr_writer raise lambda proc",
     "puts print p loop gets", "true false nil"},
    {"perl pl pm", CodeForm::kWords, kDollarNames | kCalls | kLongStrings, "#", "=pod", "=cut", "\"'",
     "and cmp continue do else elsif eq for foreach ge given gt if last le local lt my ne next no not or our package "
     "redo require return say "
     "state sub unless until use when while xor",
     "bless chomp chop close defined delete die each eof exists grep join keys length map open pop print printf push "
     "ref reverse scalar shift "
     "sort splice split sprintf substr uc lc undef unshift values warn",
     ""},
    {"lua luau pluto", CodeForm::kWords, kCalls, "--", "--[[", "]]", "\"'",
     "and break do else elseif end for function goto if in local not or repeat return then until while",
     "assert error getmetatable io ipairs math next os pairs pcall print require select self setmetatable string table "
     "tonumber tostring type",
     "true false nil"},
    {"r", CodeForm::kWords, kCalls | kLongStrings, "#", "", "", "\"'`",
     "break else for function if in next repeat return while library require",
     "c cat data.frame length list matrix mean paste print sum", "TRUE FALSE NULL NA NaN Inf"},
    {"julia jl", CodeForm::kWords, kAtMarks | kTypesAreCapital | kTripleQuotes | kCalls, "#", "#=", "=#", "\"",
     "abstract baremodule begin break catch const continue do else elseif end export finally for function global if "
     "import in isa let local "
     "macro module mutable primitive quote return struct try type using where while",
     "println print length push! map", "true false nothing missing Inf NaN"},
    {"matlab octave", CodeForm::kWords, kCalls, "% #", "%{", "%}", "\"",
     "break case catch classdef continue else elseif end enumeration events for function global if methods otherwise "
     "parfor persistent "
     "properties return spmd switch try while",
     "disp fprintf length numel ones plot printf size zeros", "true false pi Inf NaN"},
    {"haskell hs", CodeForm::kWords, kLifetimes | kTypesAreCapital, "--", "{-", "-}", "\"'",
     "case class data default deriving do else family forall foreign hiding if import in infix infixl infixr instance "
     "let mdo module newtype of "
     "proc qualified rec then type where",
     "map filter foldr foldl putStrLn print return show", "True False Nothing"},
    {"elm", CodeForm::kWords, kTypesAreCapital | kTripleQuotes, "--", "{-", "-}", "\"'",
     "alias as case else exposing if import in infix let module of port then type where", "", "True False"},
    {"ocaml ml fsharp fs f#", CodeForm::kWords, kLifetimes | kTypesAreCapital, "//", "(*", "*)", "\"",
     "and as assert begin class constraint do done downto else end exception external for fun function functor if in "
     "include inherit "
     "initializer lazy let match method module mutable namespace new object of open or private rec sig struct then to "
     "try type val virtual when "
     "while with yield",
     "bool char float int list option string unit printfn", "true false None"},
    {"elixir ex exs", CodeForm::kWords, kAtMarks | kTypesAreCapital | kTripleQuotes | kCalls | kKeys, "#", "", "",
     "\"'",
     "after alias and case catch cond def defdelegate defexception defguard defimpl defmacro defmodule defp "
     "defprotocol defstruct do else end "
     "fn for if import in not or quote raise receive require rescue super throw try unless unquote use when with",
     "IO Enum Map String List", "true false nil"},
    {"erlang erl", CodeForm::kWords, kCalls, "%", "", "", "\"'",
     "after and andalso begin bnot bor case catch cond div end fun if let not of or orelse receive rem try when xor",
     "", "true false undefined"},
    {"clojure clj cljs edn lisp scheme racket elisp emacs-lisp common-lisp", CodeForm::kWords,
     kHyphenNames | kLongStrings, ";", "#|", "|#", "\"",
     "and case cond def define defmacro defmethod defn defn- defprotocol defrecord defun defvar do doseq else fn for "
     "if if-let if-not lambda "
     "let let* letrec loop ns or progn quote recur require set! setq when when-let when-not while",
     "assoc car cdr concat conj cons count first format get list map nth println reduce rest str",
     "true false nil t #t #f"},
    {"sql mysql postgres postgresql pgsql plsql sqlite tsql", CodeForm::kWords, kIgnoresCase | kLongStrings | kCalls,
     "--", "/*", "*/", "'\"",
     "add all alter and any as asc begin between by cascade case check column commit conflict constraint create cross "
     "current database declare "
     "default delete desc distinct do drop else end except exists explain fetch filter for foreign from full function "
     "grant group having if in "
     "index inner insert intersect into is join key language left like limit lock materialized not nothing of offset "
     "on or order outer over "
     "partition primary procedure references replace returning returns revoke right rollback row rows schema select "
     "sequence set some table "
     "temporary then to transaction trigger truncate union unique update using values view when where window with",
     "array bigint bigserial blob boolean bytea char date decimal double float int integer interval json jsonb numeric "
     "precision real serial "
     "smallint text time timestamp timestamptz tinyint uuid varchar avg coalesce count max min sum now",
     "true false null"},
    {"graphql gql", CodeForm::kWords, kAtMarks | kTypesAreCapital | kDollarNames | kTripleQuotes | kKeys, "#", "", "",
     "\"",
     "directive enum extend fragment implements input interface mutation on query repeatable scalar schema "
     "subscription type union",
     "Boolean Float ID Int String", "true false null"},
    {"protobuf proto", CodeForm::kWords, kCalls, "//", "/*", "*/", "\"'",
     "enum extend extensions import map message oneof option optional package public repeated required reserved "
     "returns rpc service stream syntax",
     "bool bytes double fixed32 fixed64 float int32 int64 sfixed32 sfixed64 sint32 sint64 string uint32 uint64",
     "true false"},
    {"bash sh shell zsh ksh fish", CodeForm::kWords, kDollarNames | kHashNeedsSpace | kLongStrings | kHyphenNames, "#",
     "", "", "\"'`", "case do done elif else esac fi for function if in select then until while",
     "alias apt apt-get awk brew bun cat cd chmod chown cp curl cut declare deno docker echo env eval exec exit export "
     "find git go grep head "
     "kill kubectl ln local ls make mkdir mv node npm npx pip pip3 pnpm printf python python3 pwd read readonly return "
     "rm sed set shift sleep "
     "sort source ssh sudo systemctl tail tar tee test touch trap uniq unset wc wget xargs yarn",
     "true false"},
    {"powershell ps ps1 pwsh", CodeForm::kWords, kDollarNames | kIgnoresCase | kHyphenNames | kLongStrings, "#", "<#",
     "#>", "\"'",
     "begin break catch class continue data do dynamicparam else elseif end exit filter finally for foreach from "
     "function if in param process "
     "return switch throw trap try until using while",
     "get-childitem get-content get-item get-process new-item new-object remove-item select-object set-content "
     "set-location where-object "
     "write-host write-output invoke-webrequest",
     "$true $false $null"},
    {"dos bat cmd batch", CodeForm::kWords, kIgnoresCase, "::", "", "", "\"",
     "call do else exit exist for goto if in not pause rem setlocal endlocal shift",
     "cd copy del dir echo mkdir move rmdir set start type", "nul"},
    {"dockerfile docker containerfile", CodeForm::kWords, kDollarNames | kHashNeedsSpace | kHyphenNames, "#", "", "",
     "\"'",
     "ADD ARG AS CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL STOPSIGNAL USER "
     "VOLUME WORKDIR",
     "", ""},
    {"makefile make mk", CodeForm::kWords, kDollarNames | kHashNeedsSpace | kHyphenNames | kKeys, "#", "", "", "\"'",
     "define else endef endif export ifdef ifeq ifndef ifneq include override unexport vpath", "", ""},
    {"cmake", CodeForm::kWords, kDollarNames | kIgnoresCase | kCalls, "#", "#[[", "]]", "\"",
     "break continue else elseif endforeach endfunction endif endmacro endwhile foreach function if include macro "
     "option project return set "
     "while",
     "add_executable add_library add_subdirectory add_test find_package install message target_compile_definitions "
     "target_include_directories "
     "target_link_libraries",
     "on off true false"},
    {"nginx nginxconf", CodeForm::kWords, kDollarNames | kHyphenNames, "#", "", "", "\"'",
     "events http if include listen location map return rewrite root server server_name set stream try_files types "
     "upstream user "
     "worker_processes proxy_pass proxy_set_header add_header alias index error_page access_log error_log "
     "ssl_certificate ssl_certificate_key",
     "", "on off"},
    {"hcl terraform tf", CodeForm::kWords, kDollarNames | kHyphenNames | kCalls, "# //", "/*", "*/", "\"",
     "backend data dynamic for for_each if in locals module output provider provisioner resource terraform variable",
     "any bool list map number object set string", "true false null"},
    {"nix", CodeForm::kWords, kDollarNames | kHyphenNames | kLongStrings, "#", "/*", "*/", "\"",
     "assert else if in inherit let or rec then with", "builtins derivation import map throw toString",
     "true false null"},
    {"vim viml", CodeForm::kWords, kCalls, "", "", "", "'",
     "augroup autocmd call colorscheme command else elseif endfor endfunction endif endtry execute for function if in "
     "let map nmap nnoremap "
     "noremap return set silent source syntax try unlet vmap while",
     "", ""},
    {"latex tex", CodeForm::kWords, kAtMarks, "%", "", "", "", "", "", ""},
    {"solidity sol", CodeForm::kWords, kTypesAreCapital | kCalls, "//", "/*", "*/", "\"'",
     "abstract assembly break calldata catch constant constructor continue contract delete do else emit enum error "
     "event external fallback for "
     "function if immutable import indexed interface internal is library mapping memory modifier new override payable "
     "pragma private public pure "
     "receive return returns revert storage struct throw try type unchecked using view virtual while",
     "address bool byte bytes bytes32 int int256 string uint uint8 uint256 require assert msg block tx", "true false"},
    {"wasm wat", CodeForm::kWords, kDollarNames, ";;", "(;", ";)", "\"",
     "block br br_if call data elem else end export func global if import local loop memory module mut param result "
     "return start table then type",
     "i32 i64 f32 f64", ""},
    {"x86asm asm nasm armasm", CodeForm::kWords, kIgnoresCase, "; //", "/*", "*/", "\"'",
     "add and call cmp dec div idiv imul inc int ja jae jb jbe je jg jge jl jle jmp jne jnz jz lea loop mov movsx "
     "movzx mul neg nop not or pop "
     "push ret rol ror sal sar sbb shl shr sub syscall test xchg xor section global extern db dw dd dq",
     "al ah ax bx cx dx eax ebx ecx edx esi edi esp ebp rax rbx rcx rdx rsi rdi rsp rbp r8 r9 r10 r11 r12 r13 r14 r15",
     ""},
    {"svelte vue html xml xhtml htm svg rss atom xsl plist astro handlebars hbs mustache njk jinja jinja2 twig erb ejs "
     "liquid",
     CodeForm::kMarkup, 0, "", "", "", "", "", "", ""},
    {"css scss less sass stylus postcss", CodeForm::kStyle, 0, "//", "/*", "*/", "\"'", "", "", ""},
    {"json jsonc json5 webmanifest", CodeForm::kJson, 0, "//", "/*", "*/", "\"'", "", "", "true false null"},
    {"yaml yml", CodeForm::kYaml, 0, "#", "", "", "\"'", "", "", "true false null yes no on off ~"},
    {"ini toml conf cfg properties env dotenv editorconfig gitconfig desktop systemd", CodeForm::kIni, 0, "# ;", "", "",
     "\"'", "", "", "true false yes no on off"},
    {"diff patch", CodeForm::kDiff, 0, "", "", "", "", "", "", ""},
    {"console shellsession shell-session sh-session terminal", CodeForm::kConsole, 0, "", "", "", "", "", "", ""},
    {"markdown md mkd mdx", CodeForm::kProse, 0, "", "", "", "", "", "", ""},
};

template <typename Use>
void for_each_word(std::string_view words, const Use& use) {
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (end > 0) use(words.substr(0, end));
    words.remove_prefix(std::min(end + 1, words.size()));
  }
}

using Words = std::unordered_map<std::string_view, std::string_view>;

std::vector<Words> index_words() {
  std::vector<Words> index;
  for (const Language& language : kLanguages) {
    Words& words = index.emplace_back();
    for_each_word(language.keywords, [&](std::string_view word) { words.emplace(word, "keyword"); });
    for_each_word(language.literals, [&](std::string_view word) { words.emplace(word, "literal"); });
    for_each_word(language.built_ins, [&](std::string_view word) { words.emplace(word, "built_in"); });
  }
  return index;
}

}  // namespace

const Language* find_language(std::string_view name) {
  static const auto names = [] {
    std::unordered_map<std::string_view, const Language*> index;
    for (const Language& language : kLanguages)
      for_each_word(language.names, [&](std::string_view word) { index.emplace(word, &language); });
    return index;
  }();
  const auto found = names.find(name);
  return found == names.end() ? nullptr : found->second;
}

std::string_view class_of_word(const Language& language, std::string_view word) {
  static const std::vector<Words> words = index_words();
  const Words& index = words[static_cast<std::size_t>(&language - kLanguages)];
  const auto found = (language.traits & kIgnoresCase) != 0 ? index.find(lower_case(word)) : index.find(word);
  return found == index.end() ? std::string_view{} : found->second;
}

}  // namespace sitepod::builder::markdown
