"""A real provider of OpenID Connect on this machine, which holds us to PKCE, and can be made to answer wrongly."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import json
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import authlib.deprecate
import requests
from waitress.server import create_server
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Request

with warnings.catch_warnings():
    # Two that the provider's own imports bring: ``authlib.jose`` and ``httpx``.
    for module in ("authlib.jose", "The httpx"):
        warnings.filterwarnings("ignore", module, authlib.deprecate.AuthlibDeprecationWarning)
    import oidc_provider_mock

CLIENT, SECRET = "sise", "a secret of the two"
TOKEN = "/oauth2/token"
Answer = tuple[int, bytes]


@dataclass
class Provider:
    """The provider, and what a test makes of its answers.

    Attributes:
        app: The real provider.
        origin: Where it is served.
        host: The host by which it believes to be asked for a token, and so the issuer that it writes.
        client: For whom it believes a token to be.
        edit: Changes the answer of the token's address.
        instead: By path, an answer instead of its own.
        waits: Seconds before it answers for a token.
        paths: What it was asked for.
        bodies: With which forms for tokens.
        challenges: The challenge of each code that it gave.
    """

    app: Any
    origin: str = ""
    host: str | None = None
    client: str | None = None
    edit: Callable[[dict[str, Any]], object] | None = None
    instead: dict[str, Answer] = field(default_factory=dict)
    waits: float = 0.0
    paths: list[str] = field(default_factory=list)
    bodies: list[Mapping[str, str]] = field(default_factory=list)
    challenges: dict[str, str] = field(default_factory=dict)
    hurry: threading.Event = field(default_factory=threading.Event)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        """One request."""
        request = Request(environ)
        self.paths.append(request.path)
        if request.path in self.instead:
            status, body = self.instead[request.path]
            start_response(f"{status} X", [("Content-Type", "application/json")])
            return [body]
        if request.path == TOKEN:
            return self._token(request, environ, start_response)
        body, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        if request.path == "/oauth2/authorize" and "code=" in headers.get("Location", ""):
            code = parse_qs(urlsplit(headers["Location"]).query)["code"][0]
            assert "S256" == request.args["code_challenge_method"]
            self.challenges[code] = request.args["code_challenge"]
        start_response(status, headers.to_wsgi_list())
        return [b"".join(body)]

    def _token(self, request: Request, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        form = request.form.to_dict()
        self.bodies.append(form)
        self.hurry.wait(self.waits)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        proof = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if self.challenges.get(form.get("code", "")) != proof:
            start_response("400 X", [("Content-Type", "application/json")])
            return [b'{"error": "invalid_grant"}']
        environ["wsgi.input"] = io.BytesIO(urlencode(form).encode())
        environ["CONTENT_LENGTH"] = str(len(urlencode(form)))
        environ["HTTP_HOST"] = self.host or environ["HTTP_HOST"]
        if self.client:
            pair = base64.b64encode(f"{self.client}:{SECRET}".encode()).decode()
            environ["HTTP_AUTHORIZATION"] = f"Basic {pair}"
        body, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        content = b"".join(body)
        if self.edit:
            answer = json.loads(content)
            content = json.dumps(self.edit(answer) or answer).encode()
            headers["Content-Length"] = str(len(content))
        start_response(status, headers.to_wsgi_list())
        return [content]

    def user(self, subject: str, **claims: Any) -> None:
        """Tells it of somebody."""
        requests.put(f"{self.origin}/users/{subject}", json=claims, timeout=10).raise_for_status()

    def agrees(self, address: str, subject: str, **changed: str) -> str:
        """Somebody logs in at the address to which our page led; where the provider sends him back to.

        Args:
            address: The address.
            subject: Who he is.
            changed: Parameters of the address that somebody changed on the way.
        """
        parts = urlsplit(address)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()} | changed
        asked = urlunsplit(parts._replace(query=urlencode(query)))
        sent = requests.post(asked, data={"sub": subject}, allow_redirects=False, timeout=10)
        assert 302 == sent.status_code, sent.text[:500]
        return str(sent.headers["Location"])


@contextmanager
def provided(**options: Any) -> Iterator[Provider]:
    """The provider on a free port of this machine, while the block lasts."""
    provider = Provider(oidc_provider_mock.app(**options))
    server = create_server(provider, host="127.0.0.1", port=0, threads=4)
    provider.origin = f"http://127.0.0.1:{server.effective_port}"
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield provider
    provider.hurry.set()
    server.close()
    thread.join(timeout=5)


def unsigned(token: str, claims: Mapping[str, Any]) -> str:
    """A token with other claims that nobody signed (``alg`` is ``none``)."""
    payload = json.loads(_decoded(token.split(".")[1])) | claims
    return ".".join([_encoded({"alg": "none", "typ": "JWT"}), _encoded(payload), ""])


def resigned(token: str, claims: Mapping[str, Any], secret: str) -> str:
    """A token with other claims, signed by the secret that provider and client share."""
    payload = json.loads(_decoded(token.split(".")[1])) | claims
    text = ".".join([_encoded({"alg": "HS256", "typ": "JWT"}), _encoded(payload)])
    signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _encoded(part: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
