"""The running local stack that LATCHKEY_STACK names, by default the one of `make run`; and a stand-in for what a stack cannot do."""

import json
import os
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from latchkey_client import Latchkey

os.environ["no_proxy"] = "127.0.0.1"
ACL = [{"scope": {"organizationId": ["acme"]}, "permissions": ["read-invoices"]}]


@pytest.fixture(scope="session")
def demo():
    """The stack, its demo user logged in, an API key of that user for everything, and the client that has it."""
    file = os.environ.get("LATCHKEY_STACK", Path(__file__).parents[3] / ".local/stack.json")
    stack = json.loads(Path(file).read_text())
    place = {"url": stack["url"], "issuer": stack.get("issuer")}
    login = Latchkey(**place).login(stack["username"], stack["password"])
    key = login.keys.create("test", allow=["*"], in_="everywhere")
    latchkey = Latchkey(**place, api_key=key.token)
    # Calls in the user's name that need the API key too.
    service = latchkey.login(stack["username"], stack["password"], stay=True)
    yield SimpleNamespace(stack=stack, place=place, login=login, key=key, latchkey=latchkey, service=service)
    login.keys.delete(key.id)


def unique(prefix):
    return f"{prefix}-{uuid.uuid4().hex[:12]}"


def tampered(text):
    """The same text with one character changed."""
    at = len(text) - 10
    return text[:at] + ("B" if text[at] == "A" else "A") + text[at + 1 :]


@pytest.fixture
def serve():
    """Starts servers on free ports. `handle(request)` gets the handler, with the body in `text`, and gives status, headers and body; None
    is an answer that is lost."""
    servers = []

    def start(handle):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.text = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
                answer = handle(self)
                if answer is None:
                    self.close_connection = True
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            do_POST = do_GET

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


class StandIn:
    """An issuer whose keys are in the hands of the test."""

    def __init__(self, serve):
        self.published, self.keys, self.fetches = [], {}, 0
        self.url = serve(self.answer)
        self.add_key("k1")

    def answer(self, _):
        self.fetches += 1
        return 200, {"Content-Type": "application/json"}, json.dumps({"keys": self.published})

    def add_key(self, kid, algorithm="ES256"):
        rsa_key = algorithm == "RS256"
        key = rsa.generate_private_key(65537, 2048) if rsa_key else ec.generate_private_key(ec.SECP256R1())
        self.keys[kid] = key
        public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
        self.published.append({**public, "kid": kid, "alg": algorithm, "use": "sig"})

    def session(self, kid="k1", header=None, key=None, algorithm="ES256", **claims):
        """A session as Latchkey signs it, except for what is given; a claim that is None is left out."""
        now = int(time.time())
        usual = {"iss": self.url, "sub": "carol", "aud": self.url, "iat": now, "nbf": now - 30, "exp": now + 3600, "jti": "id"}
        payload = {**usual, "token_use": "session", "acl": ACL, "customClaims": {"plan": "gold"}, **claims}
        payload = {name: value for name, value in payload.items() if value is not None}
        headers = {name: value for name, value in {"typ": "JWT", "kid": kid, **(header or {})}.items() if value}
        return jwt.encode(payload, key or self.keys[kid], algorithm, headers)


@pytest.fixture
def issuer(serve):
    return StandIn(serve)
