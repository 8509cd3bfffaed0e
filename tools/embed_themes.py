#!/usr/bin/env python3
"""The files of themes/<name>/ and of the libraries that every theme may use, as one C++ file.

usage: embed_themes.py THEMES KATEX_FOLDER MERMAID_FILE OUTPUT.cpp
"""
import hashlib
import pathlib
import re
import sys

PIECE = 12000  # compilers need to accept no more than 65,535 characters in one literal
MERMAID_LICENCE = b"/* mermaid 11.17.2, MIT licence, https://github.com/mermaid-js/mermaid */\n"


def fingerprinted(name, data):
    """As builder/theme.cpp names assets."""
    stem, _, ending = name.rpartition(".")
    return f"{stem}-{hashlib.sha256(data).hexdigest()[:12]}.{ending}"


def katex(folder):
    """Fonts only as woff2, which every browser with the rest of what pages need can read."""
    fonts = {path.name: path.read_bytes() for path in sorted((folder / "fonts").glob("*.woff2"))}
    css = (folder / "katex.min.css").read_text("utf-8")
    css = re.sub(r",url\(fonts/[^)]*\.(woff|ttf)\) format\(.(woff|truetype).\)", "", css)
    css = re.sub(r"url\(fonts/([^)]*\.woff2)\)", lambda found: f"url({fingerprinted(found[1], fonts[found[1]])})", css)
    if "fonts/" in css or "woff2" not in css:
        sys.exit(f"embed_themes.py: {folder}/katex.min.css names its fonts in a way that is not known here")
    return {"katex.css": css.encode(), "katex.js": (folder / "katex.min.js").read_bytes(), **fonts}


def literal(data):
    text = data.decode("utf-8")
    pieces = [text[i:i + PIECE] for i in range(0, len(text), PIECE)] or [""]
    return " ".join(f'R"~theme~({piece})~theme~"' for piece in pieces)


def main(themes, katex_folder, mermaid, output):
    themes, output = pathlib.Path(themes), pathlib.Path(output)
    own = {path.relative_to(themes).as_posix(): path.read_bytes()
           for path in themes.glob("*/**/*") if path.is_file() and not path.name.startswith(".")}
    libraries = {**katex(pathlib.Path(katex_folder)), "mermaid.js": MERMAID_LICENCE + pathlib.Path(mermaid).read_bytes()}
    lines = ["// Made by tools/embed_themes.py.", '#include "builder/theme_files.hpp"', "", "namespace sitepod::builder {", ""]
    names = {}
    # Literals of megabytes take compilers seconds, and fonts are no text: the assembler copies them.
    store = output.parent / "theme_libraries"
    store.mkdir(exist_ok=True)
    for number, (name, data) in enumerate(sorted(libraries.items())):
        (store / name).write_bytes(data)
        symbol = f"sitepod_theme_library_{number}"
        lines.append(f'asm(".pushsection .rodata\\n{symbol}: .incbin \\"{store / name}\\"\\n.byte 0\\n.popsection");')
        lines.append(f'extern const char kLibrary{number}[] asm("{symbol}");')
        names["libraries/" + name] = (f"{{kLibrary{number}, {len(data)}}}", data)
    names.update({path: (literal(data), data) for path, data in own.items()})
    lines += ["", "std::span<const ThemeFile> theme_files() {", "  static constexpr ThemeFile kFiles[] = {"]
    for path, (text, data) in sorted(names.items()):
        lines.append(f'      {{"{path}", {text}, "{hashlib.sha256(data).hexdigest()}"}},')
    lines += ["  };", "  return kFiles;", "}", "", "}  // namespace sitepod::builder", ""]
    output.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
