#!/usr/bin/env python3
"""Writes the tables of src/builder/markdown: HTML's character references and what heading ids need of Unicode.

The tables are checked in; run this only to follow a newer Unicode or HTML.  usage: make_markdown_tables.py
"""
import html.entities
import pathlib
import unicodedata

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "src/builder/markdown"
CODE_POINTS = [c for c in range(0x80, 0x110000) if not 0xD800 <= c < 0xE000]


def write(name, comment, rows, separator):
    """Rows one after the other; with " " as separator as many in a line as fit."""
    lines, line = [], ""
    for row in rows:
        if separator == "\n" or len(line) + len(row) + 1 > 118:
            lines.append(line)
            line = ""
        line += row + " "
    lines.append(line)
    text = "\n".join(part.rstrip() for part in lines if part)
    (FOLDER / name).write_text(f"// {comment}\n{text}\n")


def entities():
    for name, text in sorted((name[:-1], text) for name, text in html.entities.html5.items() if name.endswith(";")):
        octal = "".join(f"\\{byte:03o}" for byte in text.encode())
        yield f'{{"{name}", "{octal}"}},'


def is_word(code_point):
    category = unicodedata.category(chr(code_point))
    return category[0] in "LMN" or category == "Pc"


def word_ranges():
    start = last = None
    for code_point in filter(is_word, CODE_POINTS):
        if last is not None and code_point != last + 1:
            yield f"{{0x{start:X}, 0x{last:X}}},"
            start = code_point
        start = code_point if start is None else start
        last = code_point
    yield f"{{0x{start:X}, 0x{last:X}}},"


def lower_ranges():
    pairs = [(c, ord(chr(c).lower()) - c) for c in CODE_POINTS if len(chr(c).lower()) == 1 and ord(chr(c).lower()) != c]
    at = 0
    while at < len(pairs):
        first, distance = pairs[at]
        runs = []
        for step in (1, 2):
            end = at
            while end + 1 < len(pairs) and pairs[end + 1] == (pairs[end][0] + step, distance):
                end += 1
            runs.append((end - at, -step))
        length, step = max(runs)
        yield f"{{0x{first:X}, 0x{pairs[at + length][0]:X}, {-step}, {distance}}},"
        at += length + 1


unicode = f"Unicode {unicodedata.unidata_version}"
write("entities.inc", "The named character references of HTML (WHATWG, section 13.5) in ASCII order: name and UTF-8. Made from "
      "Python's html.entities.", entities(), "\n")
write("unicode_words.inc", f"Letters, marks, numbers and connectors above ASCII, {unicode}: first and last code point. Made from "
      "Python's unicodedata.", word_ranges(), " ")
write("unicode_lower.inc", f"Lower case above ASCII, {unicode}: first and last code point, step, distance. Made from Python's "
      "unicodedata.", lower_ranges(), " ")
