"""A bucket of its own in a real S3 server (radosgw.sh): the one that ctest has started for all tests, else one that ends with this process."""
import contextlib
import datetime
import hashlib
import hmac
import http.client
import os
import pathlib
import re
import secrets
import subprocess
import tempfile
import urllib.parse

_HERE = pathlib.Path(__file__).resolve().parent
_started = None


def endpoint():
    """(url, access key, secret key)"""
    global _started
    given = os.environ.get("SITEPOD_TEST_S3")
    if not given and _started is None:
        folder = tempfile.mkdtemp(prefix="sitepod-s3-")
        subprocess.run([str(_HERE / "radosgw.sh"), folder, str(os.getpid())], check=True, stdout=subprocess.DEVNULL)
        _started = os.path.join(folder, "endpoint")
    return tuple(pathlib.Path(given or _started).read_text().split())


class Bucket:
    def __init__(self):
        self.url, self.access_key, self.secret_key = endpoint()
        self.name = "journey-" + secrets.token_hex(8)
        assert self.ask("PUT")[0] == 200

    def env(self, url=None, **more):
        """For a server that may stand in for the one that had the bucket before: a test's servers come one after the other."""
        before = {"SITEPOD_S3_TAKE_OVER": self.owner()} if self.owner() else {}
        return {"SITEPOD_STORAGE_TYPE": "s3", "SITEPOD_S3_BUCKET": self.name, "SITEPOD_S3_ENDPOINT": url or self.url,
                "AWS_ACCESS_KEY_ID": self.access_key, "AWS_SECRET_ACCESS_KEY": self.secret_key, **before, **more}

    def owner(self):
        """The id of the server that has it; None: nobody has."""
        status, text = self.ask("GET", "sitepod-server.toml")
        return re.search('server = "(.*)"', text.decode()).group(1) if status == 200 else None

    def ask(self, method, key="", query=None, body=b""):
        """(status, body) of a request signed by AWS Signature Version 4: a second opinion on the server's own signatures."""
        host = urllib.parse.urlsplit(self.url).netloc
        path = "/" + self.name + ("/" + urllib.parse.quote(key) if key else "")
        line = "&".join(f"{urllib.parse.quote(n, safe='')}={urllib.parse.quote(v, safe='')}" for n, v in sorted((query or {}).items()))
        time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        payload = hashlib.sha256(body).hexdigest()
        canonical = f"{method}\n{path}\n{line}\nhost:{host}\nx-amz-content-sha256:{payload}\nx-amz-date:{time}\n\nhost;x-amz-content-sha256;x-amz-date\n{payload}"
        scope = f"{time[:8]}/us-east-1/s3/aws4_request"
        key_bytes = ("AWS4" + self.secret_key).encode()
        for part in (time[:8], "us-east-1", "s3", "aws4_request"):
            key_bytes = hmac.digest(key_bytes, part.encode(), "sha256")
        to_sign = f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
        signature = hmac.digest(key_bytes, to_sign.encode(), "sha256").hex()
        connection = http.client.HTTPConnection(host, timeout=30)
        connection.request(method, path + ("?" + line if line else ""), body, {
            "x-amz-date": time, "x-amz-content-sha256": payload,
            "Authorization": f"AWS4-HMAC-SHA256 Credential={self.access_key}/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={signature}"})
        answer = connection.getresponse()
        with contextlib.closing(connection):
            return answer.status, answer.read()

    def keys(self, prefix=""):
        _, xml = self.ask("GET", query={"list-type": "2", "prefix": prefix})
        return re.findall(r"<Key>([^<]*)</Key>", xml.decode())
