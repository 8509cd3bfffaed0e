#!/usr/bin/env python3
"""Does every #include follow the rooms' declarations?

Each room declares in src/<room>/CMakeLists.txt which rooms it MAY_INCLUDE. This compares the declarations with every #include "…",
refuses cycles, upward arrows and the arrows that must never exist, and prints file and line of what is wrong.
usage: check_layers.py [ROOT]       --self-test proves that each kind of mistake is found.
"""
import pathlib
import re
import sys
import tempfile

FLOORS = [["base"], ["model", "net"], ["http", "tree", "manuscript"], ["builder", "media", "blob", "meta", "api", "serve"], ["deploy", "certs", "identity", "domains"],
          ["content", "publish"], ["control"], ["app", "cli"], ["main"]]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
# A visitor's request must not be able to reach SQL or the deploy machinery even by accident.
NEVER = {"serve": {"meta", "blob", "deploy", "control", "publish"}, "http": {"serve", "meta", "blob"}, "net": {"http", "serve", "meta"},
         "deploy": {"serve", "publish"}, "control": {"serve"}, "cli": {"meta", "blob", "serve", "deploy", "control"}}
DECLARATION = re.compile(r"sitepod_room\(\s*(\w+)\s+MAY_INCLUDE\s*([^)]*?)(?:\bLIBRARIES\b|\bTEST_LIBRARIES\b|\))", re.S)
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
SOURCES = {".cpp", ".hpp", ".h", ".c", ".inc"}


def declarations(src):
    rooms, problems = {}, []
    for folder in sorted(p for p in src.iterdir() if p.is_dir()):
        lists = folder / "CMakeLists.txt"
        if folder.name == "main":
            continue
        found = DECLARATION.search(lists.read_text()) if lists.exists() else None
        if not found or found.group(1) != folder.name:
            problems.append(f"{lists}: no sitepod_room({folder.name} MAY_INCLUDE …)")
            continue
        rooms[folder.name] = set(found.group(2).split())
    return rooms, problems


def check_declarations(src, rooms):
    problems = []
    for room, allowed in sorted(rooms.items()):
        where = f"{src / room / 'CMakeLists.txt'}:1"
        if room not in FLOOR:
            problems.append(f"{where}: room '{room}' has no floor in tools/check_layers.py")
            continue
        for other in sorted(allowed):
            if other not in rooms:
                problems.append(f"{where}: '{room}' may include '{other}', which is no room")
            elif other in NEVER.get(room, ()):
                problems.append(f"{where}: '{room}' must never include '{other}'")
            elif FLOOR.get(other, 0) > FLOOR[room]:
                problems.append(f"{where}: '{room}' reaches up to '{other}'")
    return problems + find_cycles(src, rooms)


def find_cycles(src, rooms):
    problems, done = [], set()

    def visit(room, path):
        if room in path:
            problems.append(f"{src / room / 'CMakeLists.txt'}:1: cycle {' → '.join([*path[path.index(room):], room])}")
            return
        if room in done:
            return
        for other in sorted(rooms.get(room, ())):
            visit(other, [*path, room])
        done.add(room)

    for room in sorted(rooms):
        visit(room, [])
    return problems


def check_includes(src, rooms):
    problems = []
    for file in sorted(p for p in src.rglob("*") if p.suffix in SOURCES):
        room = file.relative_to(src).parts[0]
        text = file.read_text(errors="replace")
        for found in INCLUDE.finditer(text):
            target = found.group(1)
            other = target.split("/")[0]
            line = text.count("\n", 0, found.start()) + 1
            if "/" not in target or ".." in target or other not in rooms:
                problems.append(f'{file}:{line}: "{target}" does not name a room; write "room/file.hpp"')
            elif room != "main" and other != room and other not in rooms.get(room, ()):
                problems.append(f"{file}:{line}: '{room}' includes '{target}' but does not declare '{other}'")
    return problems


def check(root):
    src = pathlib.Path(root) / "src"
    rooms, problems = declarations(src)
    return problems + check_declarations(src, rooms) + check_includes(src, rooms)


def self_test():
    """A small tree with each mistake once: every one must be reported, and the tree without it must be clean."""
    good = {"base/CMakeLists.txt": "sitepod_room(base\n  MAY_INCLUDE\n  LIBRARIES fmt)", "base/a.hpp": "#pragma once\n",
            "net/CMakeLists.txt": "sitepod_room(net\n  MAY_INCLUDE base)", "net/n.hpp": '#include "base/a.hpp"\n',
            "meta/CMakeLists.txt": "sitepod_room(meta MAY_INCLUDE base LIBRARIES sqlite)", "meta/m.hpp": '#include "base/a.hpp"\n',
            "serve/CMakeLists.txt": "sitepod_room(serve MAY_INCLUDE net base)", "serve/s.cpp": '#include "net/n.hpp"\n#include <vector>\n'}
    mistakes = {
        "an undeclared include": {"net/x.cpp": '\n#include "meta/m.hpp"\n'},
        "the data plane naming the database": {"serve/CMakeLists.txt": "sitepod_room(serve MAY_INCLUDE meta net base)"},
        "an upward arrow": {"base/CMakeLists.txt": "sitepod_room(base MAY_INCLUDE net)"},
        "a cycle": {"meta/CMakeLists.txt": "sitepod_room(meta MAY_INCLUDE serve base)", "serve/CMakeLists.txt": "sitepod_room(serve MAY_INCLUDE meta base)"},
        "a relative include": {"net/x.cpp": '#include "../meta/m.hpp"\n'},
        "an include without a room": {"net/x.cpp": '#include "n.hpp"\n'},
        "an unknown room": {"net/CMakeLists.txt": "sitepod_room(net MAY_INCLUDE attic base)"},
        "a room without a declaration": {"api/a.hpp": "#pragma once\n"},
    }
    for name, change in {"nothing wrong": {}, **mistakes}.items():
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**good, **change}.items():
                file = pathlib.Path(folder) / "src" / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            problems = check(folder)
            if bool(problems) != bool(change):
                sys.exit(f"check_layers.py: self-test '{name}' reported {problems}")
    print(f"check_layers.py: all {len(mistakes)} kinds of mistake are found")


def main():
    if "--self-test" in sys.argv:
        return self_test()
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[1]
    problems = check(root)
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
