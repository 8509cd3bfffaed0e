#!/usr/bin/env python3
"""Turns docs/openapi.yaml into a C++ source with the same document as JSON.  usage: embed_openapi.py IN.yaml OUT.cpp"""
import json
import sys

import yaml

LITERAL_BYTES = 4000  # of one string literal: short enough for every compiler


def main(source, target):
    with open(source, encoding="utf-8") as file:
        document = yaml.safe_load(file)
    text = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    pieces = [text[i:i + LITERAL_BYTES] for i in range(0, len(text), LITERAL_BYTES)]
    if any(')openapi"' in piece for piece in pieces):
        sys.exit(f"{source}: contains the end of a raw string literal")
    lines = ['#include "control/openapi_json.hpp"', "", "namespace sitepod::control {", "", "std::string_view openapi_json() {", "  return"]
    lines += [f'      R"openapi({piece})openapi"' for piece in pieces]
    lines += ["      ;", "}", "", "}  // namespace sitepod::control", ""]
    with open(target, "w", encoding="ascii") as file:
        file.write("\n".join(lines))


main(*sys.argv[1:])
