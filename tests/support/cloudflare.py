"""A stand-in for the part of Cloudflare's API (version 4) that concerns zones and their TXT records, on loopback with TLS. It takes no request that the
real one would refuse, answers in the same envelope, and puts the records into a real name server."""
import datetime
import http.server
import json
import os
import re
import secrets
import shutil
import ssl
import tempfile
import threading
import urllib.parse

from support.tls import Authority

PREFIX = "/client/v4"


class Refusal(Exception):
    """`chain` are the causes of an error."""

    def __init__(self, status, code, message, chain=(), retry_after=None):
        super().__init__(message)
        self.status, self.retry_after = status, retry_after
        self.errors = [{"code": code, "message": message, **({"error_chain": [{"code": c, "message": m} for c, m in chain]} if chain else {})}]


class Cloudflare:
    """`zones` are the names of those that the token may see; those of `pending` are not delegated to it. Without `permissions` the token may less. While
    `held`, records are taken and not shown yet. `outage` answers everything, when it is set; `echo` makes every refusal repeat what the client sent."""

    def __init__(self, dns, zones, pending=()):
        self.folder = tempfile.mkdtemp(prefix="sitepod-cloudflare-")
        authority = Authority(self.folder)
        certificate, key = authority.issue("api", "localhost")
        self.trusted = authority.file
        self.dns = dns
        self.token = "tok-" + secrets.token_hex(20)
        self.permissions = {"zone:read", "dns:edit"}
        self.zones = {secrets.token_hex(16): {"name": name, "status": "pending" if name in pending else "active"} for name in (*zones, *pending)}
        self.records = {}
        self.requests = []
        self.most_at_once = {}
        self.held, self.outage, self.echo = False, None, False
        self.lock = threading.Lock()
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Exchange", (Exchange,), {"api": self}))
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self):
        return {"CF_API_TOKEN": self.token, "SITEPOD_CLOUDFLARE_API": f"https://localhost:{self.server.server_port}{PREFIX}", "SSL_CERT_FILE": self.trusted,
                "SITEPOD_DNS_RESOLVERS": self.dns.server}

    def count(self, method, path=""):
        return sum(1 for asked, where in self.requests if asked == method and path in where)

    def add(self, name, content, comment=None, hours_old=0):
        """A record that is there already; its id."""
        created = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours_old)
        zone_id = next(i for i, zone in self.zones.items() if name.endswith("." + zone["name"]))
        record = {"id": secrets.token_hex(16), "zone_id": zone_id, "type": "TXT", "name": name, "content": content, "comment": comment, "ttl": 60, "proxied": False,
                  "created_on": created.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        self.records[record["id"]] = record
        return record["id"]

    def release(self):
        self.held = False
        with self.lock:
            for name in {record["name"] for record in self.records.values()}:
                self._show(name)

    # What each request does; called under the lock.
    def zones_named(self, query):
        if "zone:read" not in self.permissions:
            raise Refusal(403, 9109, "Unauthorized to access requested resource")
        if not 5 <= int(query.get("per_page", 20)) <= 50:
            raise Refusal(400, 1004, "per_page must be between 5 and 50")
        found = [{"id": i, **zone, "paused": False, "type": "full", "name_servers": ["tom.ns.test.example", "una.ns.test.example"]}
                 for i, zone in self.zones.items() if query.get("name", zone["name"]) == zone["name"]]
        return found, query, 20

    def records_of(self, zone_id, query):
        self._require_zone(zone_id, "GET")
        found = [r for r in self.records.values() if r["zone_id"] == zone_id and query.get("type", r["type"]) == r["type"] and query.get("name", r["name"]) == r["name"]]
        return found, query, 100

    def create(self, zone_id, body):
        zone = self._require_zone(zone_id, "POST")
        record = json.loads(body)
        if record.get("type") != "TXT" or not str(record.get("name", "")).endswith("." + zone["name"]):
            raise Refusal(400, 1004, "DNS Validation Error", [(9005, "Content for the record is invalid.")])
        if record.get("ttl") != 1 and not 60 <= record.get("ttl", 0) <= 86400:
            raise Refusal(400, 9021, "Invalid TTL. Must be between 60 and 86,400 seconds, or 1 for Automatic.")
        if not re.fullmatch(r'"[^"]{1,255}"', record.get("content", "")) or len(record.get("comment") or "") > 100:
            raise Refusal(400, 1004, "DNS Validation Error", [(9207, "Content for TXT record is invalid.")])
        if any(r["name"] == record["name"] and r["content"] == record["content"] for r in self.records.values()):
            raise Refusal(400, 81058, "An identical record already exists.")
        made = self.records[self.add(record["name"], record["content"], record.get("comment"))]
        if not self.held:
            self._show(record["name"])
        self.most_at_once[record["name"]] = max(self.most_at_once.get(record["name"], 0), sum(1 for r in self.records.values() if r["name"] == record["name"]))
        return made

    def remove(self, zone_id, record_id):
        self._require_zone(zone_id, "DELETE")
        if record_id not in self.records or self.records[record_id]["zone_id"] != zone_id:
            raise Refusal(404, 81044, "Record does not exist.")
        self._show(self.records.pop(record_id)["name"])
        return {"id": record_id}

    def _require_zone(self, zone_id, method):
        if zone_id not in self.zones:
            raise Refusal(404, 7003, f"Could not route to /zones/{zone_id}/dns_records, perhaps your object identifier is invalid?", [(7000, "No route for that URI")])
        if "dns:edit" not in self.permissions:
            raise Refusal(403, 10000, "Authentication error")
        return self.zones[zone_id]

    def _show(self, name):
        self.dns.clear_txt(name)
        for record in self.records.values():
            if record["name"] == name:
                self.dns.add_txt(name, record["content"].strip('"'))


class Exchange(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    api = None

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._answer()

    do_POST = do_DELETE = do_GET

    def _answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        try:
            with self.api.lock:
                self.api.requests.append((self.command, self.path))
                if self.api.outage:
                    raise self.api.outage
                self._check_token()
                self._send(200, self._route(parts.path.removeprefix(PREFIX), query, body))
        except Refusal as refusal:
            errors = refusal.errors
            if self.api.echo:
                errors = [{**error, "message": f"{error['message']} {self.headers.get('Authorization')}"} for error in errors]
            self._send(refusal.status, {"success": False, "errors": errors, "messages": [], "result": None}, refusal.retry_after)

    def _check_token(self):
        given = self.headers.get("Authorization", "")
        if not re.fullmatch(r"Bearer [A-Za-z0-9_-]{40,}", given):
            raise Refusal(400, 6003, "Invalid request headers", [(6111, "Invalid format for Authorization header")])
        if given != "Bearer " + self.api.token:
            raise Refusal(403, 9109, "Invalid access token")

    def _route(self, path, query, body):
        info = {}
        one = re.fullmatch(r"/zones/([0-9a-f]+)/dns_records/([0-9a-f]+)", path)
        many = re.fullmatch(r"/zones/([0-9a-f]+)/dns_records", path)
        if path == "/zones" and self.command == "GET":
            result, info = paged(*self.api.zones_named(query))
        elif many and self.command == "GET":
            result, info = paged(*self.api.records_of(many[1], query))
        elif many and self.command == "POST" and self.headers.get("Content-Type") == "application/json":
            result = self.api.create(many[1], body)
        elif one and self.command == "DELETE":
            result = self.api.remove(one[1], one[2])
        else:
            raise Refusal(400, 7003, f"Could not route to {path}, perhaps your object identifier is invalid?", [(7000, "No route for that URI")])
        return {"success": True, "errors": [], "messages": [], "result": result, **info}

    def _send(self, status, value, retry_after=None):
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if retry_after is not None:
            self.send_header("Retry-After", str(retry_after))
        self.end_headers()
        self.wfile.write(text)


def paged(found, query, default):
    page, size = int(query.get("page", 1)), int(query.get("per_page", default))
    part = found[(page - 1) * size:page * size]
    return part, {"result_info": {"page": page, "per_page": size, "count": len(part), "total_count": len(found), "total_pages": -(-len(found) // size)}}
