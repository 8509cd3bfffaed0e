#!/usr/bin/env python3
"""What proves a domain and what does not, against name servers that are right, absent, broken, lying and forged: deploy contract §9;
reliability row 105. The stub does what real servers and attackers do wrong; dnsmasq and pebble's server do what real ones do right."""
import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from support.api import Api, unique  # noqa: E402
from support.case import ContractCase  # noqa: E402
from support.dns import StubDns  # noqa: E402
from support.name_servers import ChallengeDns, Dnsmasq, free_port  # noqa: E402
from support.server import Server  # noqa: E402


class ProofCase(ContractCase):
    @classmethod
    def setUpClass(cls):
        cls.dns = cls.name_server()
        cls.addClassCleanup(cls.dns.close)
        cls.env = {"SITEPOD_DNS_RESOLVERS": cls.dns.server}
        super().setUpClass()

    def claim(self):
        """A project, a domain that it claims, and the token that would prove it."""
        project, domain = unique("proof"), unique("shop") + ".example"
        self.user.deploy(project, {"index.html": b"mine"})
        return project, domain, self.assert_ok(self.user.post("/domains", {"project": project, "domain": domain}), 201)["verification_token"]

    def verify(self, domain):
        answer = self.assert_ok(self.user.post(f"/domains/{domain}/verify"))
        self.assertEqual(answer["status"], "active" if answer["verified"] else "pending")
        self.assertEqual(self.fetch(domain).status, 200 if answer["verified"] else 404, "routed exactly when it is proven")
        return answer


class Stub(ProofCase):
    name_server = StubDns

    def setUp(self):
        self.dns.clear()

    def test_a_name_that_does_not_exist_is_not_found_yet(self):
        _, domain, token = self.claim()
        answer = self.verify(domain)
        self.assertFalse(answer["verified"])
        self.assertIn("Not found yet", answer["message"])
        self.assertIn(f"_sitepod.{domain}", answer["message"])
        self.assertIn(token, answer["message"])

    def test_a_server_that_fails_or_refuses_is_no_answer_and_says_so(self):
        for behaviour in ("servfail", "refuse", "garbage"):
            _, domain, token = self.claim()
            self.dns.set(f"_sitepod.{domain}", "TXT", token)
            self.dns.behaviour = behaviour
            answer = self.verify(domain)
            self.assertFalse(answer["verified"], behaviour)
            self.assertIn("gave no answer", answer["message"], behaviour)
            self.dns.behaviour = "answer"
            self.assertTrue(self.verify(domain)["verified"], f"once the server recovered from {behaviour}")

    def test_a_wildcard_proves_only_with_the_token(self):
        project, domain, token = self.claim()
        self.dns.set("*.example", "TXT", "v=spf1 -all")
        self.assertFalse(self.verify(domain)["verified"])
        self.dns.set("*.example", "CNAME", "parking.example")
        self.assertFalse(self.verify(domain)["verified"])
        self.dns.set("*." + domain, "TXT", token)
        self.assertTrue(self.verify(domain)["verified"], "whoever writes into the zone owns it")

    def test_a_truncated_answer_is_asked_for_again_over_tcp(self):
        _, domain, token = self.claim()
        self.dns.set(f"_sitepod.{domain}", "TXT", "y" * 4000, token)
        self.dns.behaviour = "truncate"
        before = self.dns.tcp_questions
        self.assertTrue(self.verify(domain)["verified"])
        self.assertGreater(self.dns.tcp_questions, before)

    def test_a_truncated_answer_that_stays_cut_proves_nothing(self):
        _, domain, token = self.claim()
        self.dns.set(f"_sitepod.{domain}", "TXT", token)
        for behaviour in ("truncate_always", "truncate_then_cut"):
            self.dns.behaviour = behaviour
            self.assertFalse(self.verify(domain)["verified"], behaviour)

    def test_an_answer_as_large_as_dns_allows_is_read_to_its_end(self):
        _, domain, token = self.claim()
        self.dns.behaviour = "truncate"
        self.dns.set(f"_sitepod.{domain}", "TXT", *["z" * 250] * 245, token)  # 64 KiB less a little, the token last
        self.assertTrue(self.verify(domain)["verified"])

    def test_an_answer_larger_than_was_asked_for_hurts_nobody(self):
        _, domain, token = self.claim()
        self.dns.set(f"_sitepod.{domain}", "TXT", *["z" * 250] * 200)
        self.assertFalse(self.verify(domain)["verified"])
        self.dns.set(f"_sitepod.{domain}", "TXT", token)
        self.assertTrue(self.verify(domain)["verified"])

    def test_a_long_text_is_no_proof_and_a_split_one_is_joined(self):
        _, domain, token = self.claim()
        for value in (token + "x" * 5000, "x" * 5000 + token, token[:-1], token.upper(), ""):
            self.dns.set(f"_sitepod.{domain}", "TXT", value)
            self.assertFalse(self.verify(domain)["verified"], value[:60])

    def test_forged_answers_prove_nothing(self):
        for behaviour in ("forge_id", "forge_question", "forge_sender", "other_owner", "other_class", "other_section", "error_with_answer"):
            project, domain, token = self.claim()
            self.dns.set(f"_sitepod.{domain}", "TXT", token)
            self.dns.set(domain, "CNAME", f"{project}.localhost")
            self.dns.behaviour = behaviour
            self.assertFalse(self.verify(domain)["verified"], behaviour)
            self.dns.behaviour = "answer"
            self.assertTrue(self.verify(domain)["verified"], f"the same records without {behaviour} are a proof")

    def test_answers_that_cannot_be_read_prove_nothing_and_hurt_nobody(self):
        for behaviour in ("pointer_loop", "more_records_than_bytes", "garbage"):
            _, domain, token = self.claim()
            self.dns.set(f"_sitepod.{domain}", "TXT", token)
            self.dns.behaviour = behaviour
            self.assertFalse(self.verify(domain)["verified"], behaviour)
        self.assert_alive()


class Pebble(ProofCase):
    name_server = ChallengeDns

    def test_a_text_among_others_proves(self):
        _, domain, token = self.claim()
        self.assertFalse(self.verify(domain)["verified"])
        self.dns.add_txt(f"_sitepod.{domain}", "something else")
        self.assertFalse(self.verify(domain)["verified"])
        self.dns.add_txt(f"_sitepod.{domain}", token)
        self.assertTrue(self.verify(domain)["verified"])

    def test_an_alias_to_the_projects_host_proves(self):
        project, domain, _ = self.claim()
        self.dns.set_cname(domain, f"{project}.localhost")
        self.assertTrue(self.verify(domain)["verified"])

    def test_an_alias_to_another_projects_host_does_not(self):
        other, _, _ = self.claim()
        project, domain, _ = self.claim()
        self.dns.set_cname(domain, f"{other}.localhost")
        self.assertFalse(self.verify(domain)["verified"])

    def test_a_server_failure_proves_nothing_until_it_is_over(self):
        _, domain, token = self.claim()
        self.dns.add_txt(f"_sitepod.{domain}", token)
        self.dns.fail(f"_sitepod.{domain}")
        self.assertFalse(self.verify(domain)["verified"])
        self.dns.recover(f"_sitepod.{domain}")
        self.assertTrue(self.verify(domain)["verified"])


class RealDnsmasq(unittest.TestCase):
    def test_it_proves_by_text_and_alias_and_knows_what_is_absent(self):
        port = free_port()
        with Server(env={"SITEPOD_DNS_RESOLVERS": f"127.0.0.1:{port}"}) as server:
            Api(server.address).login()  # the admin, whose domains need no proof
            user = Api(server.address).login()
            user.deploy("real", {"index.html": b"real"})
            names = ["text.example", "alias.example", "absent.example", "wild.example", "long.example"]
            tokens = {name: user.must("POST", "/domains", {"project": "real", "domain": name})["verification_token"] for name in names}
            dns = Dnsmasq(port, [f"txt-record=_sitepod.text.example,{tokens['text.example']}", "cname=alias.example,real.localhost",
                                 "host-record=real.localhost,127.0.0.1", "address=/wild.example/127.0.0.1",
                                 *(f"txt-record=_sitepod.long.example,{str(i) * 200}" for i in range(40)),
                                 f"txt-record=_sitepod.long.example,{tokens['long.example']}"])
            try:
                proven = {name: user.must("POST", f"/domains/{name}/verify")["verified"] for name in names}
            finally:
                dns.close()
            self.assertEqual(proven, {"text.example": True, "alias.example": True, "absent.example": False, "wild.example": False, "long.example": True})


if __name__ == "__main__":
    unittest.main()
