#!/usr/bin/env python3
"""POST /plan in both forms: deploy API §2 rows 1–4, §4 names, §5; impossible things 1, 2, 3, 18, 21, 22."""
import base64
import datetime
import hashlib
import json
import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support import hashes  # noqa: E402
from support.api import check_no_nulls, unique  # noqa: E402
from support.case import HEX64, SANITIZED, ContractCase  # noqa: E402

A, B, C = (hashes.sha256(x) for x in (b"plan-a", b"plan-b", b"plan-c"))


def entry(path, name, size=6, **more):
    return {"path": path, "blake3": name, "size": size, **more}


class PlanCase(ContractCase):
    def plan(self, files, project=None, api=None, **more):
        return (api or self.user).post("/plan", {"project": project or unique("plan"), "files": files, **more})


class Forms(PlanCase):
    def test_the_map_form_answers_missing_as_hashes(self):
        answer = self.assert_ok(self.plan({"/index.html": A, "/app.js": B}))
        self.assertEqual(sorted(answer["missing"]), sorted([A, B]))
        self.assert_common(answer, [A, B], reusable=0)

    def test_the_array_form_answers_missing_as_objects_with_the_path_as_sent(self):
        answer = self.assert_ok(self.plan([entry("index.html", A), entry("js/app.js", B, 7)]))
        plan_id = answer["plan_id"]
        self.assertEqual(sorted(answer["missing"], key=lambda m: m["path"]),
                         [{"path": "index.html", "hash": A, "size": 6, "upload_url": f"/api/v1/upload/{plan_id}/{A}"},
                          {"path": "js/app.js", "hash": B, "size": 7, "upload_url": f"/api/v1/upload/{plan_id}/{B}"}])
        self.assert_common(answer, [A, B], reusable=0)

    def assert_common(self, answer, names, reusable):
        self.assertRegex(answer["plan_id"], r"^plan_[A-Za-z0-9_-]{11,}$")
        self.assertRegex(answer["content_hash"], HEX64)
        self.assertEqual(answer["upload_mode"], "direct")
        self.assertIs(type(answer["reusable"]), int)
        self.assertEqual(answer["reusable"], reusable)
        self.assertEqual(answer["upload_urls"], {n: f"/api/v1/upload/{answer['plan_id']}/{n}" for n in names})
        self.assert_timestamp(answer["expires_at"])
        expires = datetime.datetime.fromisoformat(answer["expires_at"].replace("Z", "+00:00"))
        hours = (expires - datetime.datetime.now(datetime.timezone.utc)).total_seconds() / 3600
        self.assertTrue(23.5 < hours < 24.5, hours)
        check_no_nulls(answer)

    def test_a_hash_at_several_paths_is_listed_once(self):
        answer = self.assert_ok(self.plan({"a": A, "b": A, "c": B}))
        self.assertEqual(sorted(answer["missing"]), sorted([A, B]))
        self.assertEqual(answer["reusable"], 1)
        answer = self.assert_ok(self.plan([entry("a", A), entry("b", A), entry("c", B)]))
        self.assertEqual(sorted(m["hash"] for m in answer["missing"]), sorted([A, B]))
        self.assertEqual(answer["reusable"], 1)

    def test_one_leading_slash_is_stripped_and_equal_entries_are_one(self):
        answer = self.assert_ok(self.plan({"/a.txt": A, "a.txt": A}))
        self.assertEqual((answer["missing"], answer["reusable"]), ([A], 0))

    def test_the_same_path_with_two_hashes_is_refused(self):
        self.assert_error(self.plan({"/a.txt": A, "a.txt": B}), 400)
        self.assert_error(self.plan([entry("a.txt", A), entry("a.txt", B)]), 400)
        self.assert_error(self.plan([entry("/a.txt", A), entry("a.txt", B)]), 400)
        raw = f'{{"project":"{unique("dup")}","files":{{"a.txt":"{A}","a.txt":"{B}"}}}}'.encode()
        self.assert_error(self.user.post("/plan", raw), 400)

    def test_the_same_path_twice_in_the_array_with_one_hash_is_one_entry(self):
        answer = self.assert_ok(self.plan([entry("a.txt", A), entry("/a.txt", A)]))
        self.assertEqual((len(answer["missing"]), answer["reusable"]), (1, 0))

    def test_unknown_fields_and_a_null_git_are_ignored(self):
        self.assert_ok(self.plan({"a": A}, git=None, colour="red", nested={"deep": [1]}))
        self.assert_ok(self.plan([entry("a", A, extra=True)], git={"commit": "abc", "branch": "main", "message": "m"}, message="hello"))

    def test_unknown_fields_are_ignored_however_long_they_are(self):
        long = "y" * 200_000
        self.assert_ok(self.plan({"a": A}, note=long, **{"z" * 100_000: 1}, nested={"deep": [long]}))
        self.assert_ok(self.plan([entry("a", A, note=long), entry("b", B)], git={"commit": "abc", "diff": long}))
        self.assert_error(self.plan({"a": A}, message=long), 400, "invalid_request")
        self.assert_error(self.plan({"a" * 200_000: A}), 400, "invalid_path")

    def test_null_stands_for_a_text_that_is_not_given_and_for_no_size(self):
        self.assert_ok(self.plan([entry("a", A, sha256=None, content_type=None)], message=None, git={"commit": None}))
        self.assert_error(self.plan([entry("a", A, size=None)]), 400, "invalid_request")

    def test_upper_case_hashes_are_accepted_and_answered_in_lower_case(self):
        self.assertEqual(self.assert_ok(self.plan({"a": A.upper()}))["missing"], [A])
        answer = self.assert_ok(self.plan([entry("a", A.upper())]))
        self.assertEqual(answer["missing"][0]["hash"], A)

    def test_sha256_in_the_array_form_may_be_base64_or_hex_or_empty(self):
        digest = hashlib.sha256(b"plan-a").digest()
        for value in (base64.b64encode(digest).decode(), digest.hex(), digest.hex().upper(), ""):
            with self.subTest(value=value):
                answer = self.assert_ok(self.plan([entry("a", hashes.blake3(b"plan-a"), sha256=value, content_type="")]))
                self.assertEqual(answer["missing"][0]["hash"], hashes.blake3(b"plan-a"))

    def test_a_sha256_that_is_no_digest_is_refused(self):
        for value in ("xyz", "0" * 63, "=" * 44, "AAAA"):
            with self.subTest(value=value):
                self.assert_error(self.plan([entry("a", A, sha256=value)]), 400)
        self.assert_error(self.plan([entry("a", A, sha256=7)]), 400)

    def test_two_plans_have_two_ids(self):
        project = unique("ids")
        ids = {self.assert_ok(self.plan({"a": A}, project))["plan_id"] for _ in range(20)}
        self.assertEqual(len(ids), 20)

    def test_the_content_hash_does_not_depend_on_the_order_of_the_files(self):
        project = unique("order")
        one = self.assert_ok(self.plan({"a": A, "b": B}, project))["content_hash"]
        two = self.assert_ok(self.plan({"b": B, "a": A}, project))["content_hash"]
        three = self.assert_ok(self.plan({"a": A, "b": C}, project))["content_hash"]
        self.assertEqual(one, two)
        self.assertNotEqual(one, three)


class Refusals(PlanCase):
    def test_files_must_be_a_non_empty_object_or_array(self):
        for files in ({}, [], None, "x", 7, True):
            with self.subTest(files=files):
                self.assert_error(self.plan(files), 400)
        self.assert_error(self.user.post("/plan", {"project": unique("none")}), 400)

    def test_wrong_types_are_refused(self):
        for files in ({"a": 7}, {"a": None}, {"a": [A]}, {"a": {"hash": A}}, [A], [7], [None], [[]], [{}], [{"path": "a"}], [{"blake3": A, "size": 1}],
                      [entry(7, A)], [entry("a", 7)], [entry("a", A, "6")], [entry("a", A, True)]):
            with self.subTest(files=files):
                self.assert_error(self.plan(files), 400)
        for project in (7, None, [], {}, ""):
            with self.subTest(project=project):
                self.assert_error(self.user.post("/plan", {"project": project, "files": {"a": A}}), 400)
        self.assert_error(self.user.post("/plan", {"files": {"a": A}}), 400)

    def test_sizes_that_are_negative_fractional_or_huge_are_refused(self):
        for size in ("-1", "-9223372036854775808", "1.5", "18446744073709551616", "1e400", "1e30", "99999999999999999999999"):
            with self.subTest(size=size):
                raw = f'{{"project":"{unique("size")}","files":[{{"path":"a","blake3":"{A}","size":{size}}}]}}'.encode()
                self.assert_error(self.user.post("/plan", raw), (400, 413))

    def test_paths_that_break_a_rule_answer_invalid_path(self):
        for path in ("", "/", "//", "//a", "a//b", "a/", "/a/", ".", "..", "./a", "../a", "a/./b", "a/../b", "a/..", "a/.", "a\\b", "..\\a", "a\x00b",
                     "a\nb", "a\tb", "a\x1fb", "a\x7fb", "a\x80b", "a\x9fb", "x" * 1025, "/".join(["seg"] * 300), "é" * 513):
            with self.subTest(path=path[:40]):
                self.assert_error(self.plan({path: A}), 400, "invalid_path")
                self.assert_error(self.plan([entry(path, A)]), 400, "invalid_path")

    def test_a_path_that_is_not_utf8_is_refused(self):
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"a\x80"):
            raw = b'{"project":"' + unique("utf").encode() + b'","files":{"' + bad + b'":"' + A.encode() + b'"}}'
            self.assert_error(self.user.post("/plan", raw), 400)
        raw = b'{"project":"' + unique("utf").encode() + b'","files":{"\\ud800":"' + A.encode() + b'"}}'
        self.assert_error(self.user.post("/plan", raw), 400)

    def test_hashes_that_are_not_64_hex_digits_answer_invalid_hash(self):
        for name in ("", "abc", A[:-1], A + "0", "g" * 64, "../" + A[3:], "%2e%2e%2f" + A[9:], A[:-1] + " ", "/" * 64, A[:32] + "\x00" + A[33:]):
            with self.subTest(name=name):
                self.assert_error(self.plan({"a": name}), 400, "invalid_hash")
                self.assert_error(self.plan([entry("a", name)]), 400, "invalid_hash")

    def test_malformed_json_is_refused(self):
        for raw in (b"", b"{", b"[]", b"null", b'{"project":"x","files":{"a":"' + A.encode() + b'"}', b'{"project":"x",}', b"\x00", b"{}garbage",
                    b'{"project":"x" "files":1}', b"[" * 10000, b'{"a":' * 10000, b'{"project":NaN}'):
            with self.subTest(raw=raw[:30]):
                self.assert_error(self.user.post("/plan", raw), 400)

    def test_bytes_that_are_not_a_plan_answer_invalid_json(self):
        self.assert_error(self.user.post("/plan", b"{not json"), 400, "invalid_json")

    def test_other_methods_answer_405_and_unknown_endpoints_404(self):
        for method in ("GET", "PUT", "DELETE", "PATCH"):
            answer = self.user.call(method, "/plan", b"{}" if method != "GET" else None)
            self.assert_error(answer, 405, "method_not_allowed")
            self.assertIn("POST", answer.get("allow"))
        for path in ("/nothing", "/plan/x", "/plan/", "/", "", "/uploadx", "/../plan"):
            with self.subTest(path=path):
                self.assert_error(self.user.post(path, {}), (400, 404))
        self.assert_error(self.user.call("GET", "/api/v2/plan"), 404, "not_found")


class OddButLegalPaths(PlanCase):
    PATHS = ["file with spaces.txt", "a+b&c=d%e#f?g;h'i.html", "100%.txt", "%41.txt", "%2e%2e", "中文/文件.html", "emoji/🎉🚀.txt", "Ünïcödé.css", "UPPER.HTML", "upper.html",
             "...", "....", "..a", "a..", ".hidden", ".well-known/security.txt", "a/.../b", "-dash", "~tilde", "a:b", "a|b", "a*b", "a\"b", "<x>", "x" * 1024,
             "/".join("abcdefghijkl"), "cafe\u0301.txt", "café.txt", "a\u200bb", "\u202etxt.exe", "con", "nul.txt", "index.html", "a ", " a", "trailing."]

    def test_everything_else_is_legal_and_kept_byte_for_byte(self):
        answer = self.assert_ok(self.plan([entry(path, hashes.sha256(path.encode())) for path in self.PATHS]))
        self.assertEqual({m["path"] for m in answer["missing"]}, set(self.PATHS))
        self.assert_ok(self.plan({path: A for path in self.PATHS}))


class Projects(PlanCase):
    def test_names_that_break_the_grammar_are_refused(self):
        for name in ("", " ", "-a", ".a", "_a", "a/b", "a\\b", "../a", "a..b", "..", "a b", "a\x00", "é", "日本", "x" * 101, "a%2fb", "a\n", "a:b", "*"):
            with self.subTest(name=name):
                self.assert_error(self.plan({"a": A}, project=name) if name else self.user.post("/plan", {"project": "", "files": {"a": A}}), 400)

    def test_a_name_of_100_characters_is_legal(self):
        self.assert_ok(self.plan({"a": A}, project=unique("n" * 70).ljust(100, "z")))

    def test_reserved_names_are_refused(self):
        for name in ("console", "welcome", "www", "api", "app", "admin", "static", "assets", "cdn", "mail", "email", "ftp", "ssh", "sitepod-www", "preview",
                     "WWW", "Admin", "_acme-challenge", "_x", unique("shop") + "-beta", unique("shop") + "-BETA"):
            with self.subTest(name=name):
                self.assert_error(self.plan({"a": A}, project=name), 400)

    def test_a_name_whose_subdomain_is_reserved_never_gets_that_subdomain(self):
        for name in ("www.", "app-", "api_", "x-beta."):
            answer = self.plan({"a": A}, project=name)
            self.assertIn(answer.status, (200, 400), answer)
            if answer.status == 200:
                projects = self.assert_ok(self.user.get("/projects?limit=200"))
                sub = next(p["subdomain"] for p in projects if p["name"] == name)
                self.assertNotIn(sub, ("www", "app", "api", "x-beta"))

    def test_case_does_not_make_another_project(self):
        name = unique("CaseName")
        self.assert_ok(self.plan({"a": A}, project=name))
        self.assert_error(self.plan({"a": A}, project=name.lower(), api=self.stranger), 403, "forbidden")
        self.assert_ok(self.plan({"a": A}, project=name.lower()))
        names = [p["name"] for p in self.assert_ok(self.user.get("/projects?limit=200"))]
        self.assertEqual(sum(n.lower() == name.lower() for n in names), 1)

    def test_names_with_one_subdomain_get_two_and_never_a_500(self):
        stem = unique("same")
        subs = set()
        for name in (stem + ".x", stem + "_x", stem + "-x", stem + "--x", (stem + ".X-").strip("-") + "_"):
            self.assert_ok(self.plan({"a": A}, project=name))
        for project in self.assert_ok(self.user.get("/projects?limit=200")):
            if project["name"].lower().startswith(stem):
                self.assertRegex(project["subdomain"], r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")
                self.assertNotIn("--", project["subdomain"])
                subs.add(project["subdomain"])
        self.assertEqual(len(subs), 5)

    def test_a_foreign_project_answers_403_and_an_admin_may(self):
        name = unique("mine")
        self.assert_ok(self.plan({"a": A}, project=name))
        self.assert_error(self.plan({"a": A}, project=name, api=self.stranger), 403, "forbidden")
        self.assert_ok(self.plan({"a": A}, project=name, api=self.admin))


class Presence(PlanCase):
    def test_a_hash_counts_as_present_only_for_the_account_that_uploaded_it(self):
        data = unique("secret").encode()
        name = hashes.sha256(data)
        self.user.make_image(unique("own"), {"a": data})
        own = self.assert_ok(self.plan({"a": name}))
        self.assertEqual((own["missing"], own["reusable"]), ([], 1))
        self.assertEqual(own["upload_urls"], {})
        foreign = self.assert_ok(self.plan({"a": name}, api=self.stranger))
        self.assertEqual((foreign["missing"], foreign["reusable"]), ([name], 0))
        self.assert_error(self.stranger.post("/commit", {"plan_id": foreign["plan_id"]}), 400, "missing_blobs")

    def test_both_digests_of_an_uploaded_file_are_found(self):
        data = unique("two names").encode()
        self.user.make_image(unique("own"), {"a": data})
        answer = self.assert_ok(self.plan([entry("a", hashes.blake3(data), len(data)), entry("b", hashes.blake3(data), len(data), sha256=hashes.sha256(data))]))
        self.assertEqual((answer["missing"], answer["reusable"]), ([], 2))

    def test_a_second_digest_is_only_a_claim_and_finds_nothing(self):
        data = unique("claimed").encode()
        self.user.make_image(unique("own"), {"a": data})
        other = hashes.blake3(unique("never uploaded").encode())
        answer = self.assert_ok(self.plan([entry("a", other, len(data), sha256=hashes.sha256(data))]))
        self.assertEqual([m["hash"] for m in answer["missing"]], [other])

    def test_an_uploaded_file_of_a_pending_plan_is_present_for_its_account(self):
        data = unique("pending").encode()
        name = hashes.sha256(data)
        first = self.assert_ok(self.plan({"a": name}))
        self.assert_ok(self.user.upload(first["plan_id"], name, data))
        self.assertEqual(self.assert_ok(self.plan({"a": name}))["missing"], [])


class Size(PlanCase):
    def test_ten_thousand_files_plan_in_well_under_a_second(self):
        files = {f"/d{i % 100}/{i}.html": hashlib.sha256(b"%d" % i).hexdigest() for i in range(10000)}
        body = json.dumps({"project": unique("many"), "files": files}).encode()
        start = time.monotonic()
        answer = self.assert_ok(self.user.post("/plan", body))
        seconds = time.monotonic() - start
        self.assertEqual(len(answer["missing"]), 10000)
        self.assertEqual(len(answer["upload_urls"]), 10000)
        if not SANITIZED:
            self.assertLess(seconds, 1.0)


if __name__ == "__main__":
    unittest.main()
