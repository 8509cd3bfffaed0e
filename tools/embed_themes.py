#!/usr/bin/env python3
"""The files of themes/<name>/ as C++ raw strings.   usage: embed_themes.py THEMES OUTPUT.cpp"""
import pathlib
import sys

PIECE = 12000  # compilers need to accept no more than 65,535 characters in one literal


def literal(text):
    pieces = [text[i:i + PIECE] for i in range(0, len(text), PIECE)] or [""]
    return " ".join(f'R"~theme~({piece})~theme~"' for piece in pieces)


def main(themes, output):
    themes = pathlib.Path(themes)
    files = sorted(p for p in themes.glob("*/**/*") if p.is_file() and not p.name.startswith("."))
    lines = ["// Made by tools/embed_themes.py.", '#include "builder/theme_files.hpp"', "", "namespace sitepod::builder {", "",
             "std::span<const ThemeFile> theme_files() {", "  static constexpr ThemeFile kFiles[] = {"]
    for path in files:
        lines.append(f'      {{"{path.relative_to(themes).as_posix()}", {literal(path.read_text(encoding="utf-8"))}}},')
    lines += ["  };", "  return kFiles;", "}", "", "}  // namespace sitepod::builder", ""]
    pathlib.Path(output).write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
