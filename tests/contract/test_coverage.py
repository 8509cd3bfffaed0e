#!/usr/bin/env python3
"""COVERAGE.md tells the truth: every test that it names exists, every section and every impossible thing has tests."""
import ast
import pathlib
import re
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
TEXT = (TESTS / "contract/COVERAGE.md").read_text()
TEXT = TEXT[TEXT.index("## Amendments"):]  # what comes before explains the notation
SECTIONS = list(range(17))


def names_in(file):
    return {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def unit_tests():
    found = set()
    for file in (TESTS.parent / "src").rglob("*_test.cpp"):
        found |= {f"{suite}.{name}" for suite, name in re.findall(r"^(?:TYPED_)?TEST(?:_F|_P)?\((\w+),\s*(\w+)\)", file.read_text(), re.M)}
    return found


class Coverage(unittest.TestCase):
    def test_every_named_test_exists(self):
        known = {}
        named = re.findall(r"`(?:(journeys)/)?([a-z0-9_]+)\.(test_\w+)`", TEXT)
        self.assertGreater(len(named), 200)
        for folder, topic, name in named:
            file = TESTS / (folder or "contract") / f"test_{topic}.py"
            if file not in known:
                self.assertTrue(file.exists(), f"{topic}.{name}: there is no {file.name}")
                known[file] = names_in(file)
            with self.subTest(test=f"{topic}.{name}"):
                self.assertIn(name, known[file])

    def test_every_named_script_and_unit_test_exists(self):
        for script in re.findall(r"`(crash/\w+\.py)`", TEXT):
            self.assertTrue((TESTS / script).exists(), script)
        units = unit_tests()
        named = re.findall(r"`unit ([\w.]+)`", TEXT)
        self.assertTrue(named)
        for name in named:
            with self.subTest(unit=name):
                self.assertIn(name, units)

    def test_nothing_in_code_marks_is_of_a_form_that_is_not_checked(self):
        known = re.compile(r"`(?:(?:journeys/)?[a-z0-9_]+\.test_\w+|crash/\w+\.py|unit \w+\.\w+)`")
        for mark in re.findall(r"`[^`]*(?:\.test_|test_\w+|\.py)[^`]*`", TEXT):
            self.assertRegex(mark, known)

    def test_every_section_and_every_impossible_thing_has_tests(self):
        parts = dict(re.findall(r"^## §(\d+) [^\n]*\n(.*?)(?=^## |\Z)", TEXT, re.M | re.S))
        self.assertEqual(sorted(map(int, parts)), SECTIONS)
        for number, part in parts.items():
            for line in re.findall(r"^(?:- |\d+\. )(.*)$", part, re.M):
                self.assertRegex(line, r"`", f"§{number} has a line without a test: {line}")
        things = re.findall(r"^(\d+)\. `\w+\.test_(\d+)_", parts["16"], re.M)
        self.assertEqual([(int(line), int(name)) for line, name in things], [(i, i) for i in range(1, 31)], "each begins with the test of its number")


if __name__ == "__main__":
    unittest.main()
