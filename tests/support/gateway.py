"""A gateway of the kind of 浙政钉 and 浙里办 on this machine: checks signatures, exchanges a code once, tells who it is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY, SECRET, APP = "key-of-the-app", "secret-of-the-app", "2002200000"
TOKEN_PATH, IDENTITY_PATH = "/restapi/prod/1/uc/sso/access_token", "/restapi/prod/2/uc/sso/getUserInfo"
TOLERANCE = 90
"""Seconds by which the time of a request may be off."""


@dataclass
class Gateway:
    """The gateway, and what a test makes of its answers.

    Attributes:
        origin: Where it is served.
        people: By code that nobody used yet, who he is.
        tokens: By token, who he is.
        instead: By path, the bytes that it answers instead.
        status: The status of what it answers instead.
        waits: Seconds before it answers.
        asked: What it was asked for.
        refusals: Why it refused.
    """

    origin: str = ""
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    instead: dict[str, bytes] = field(default_factory=dict)
    status: int = 200
    waits: float = 0.0
    asked: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    hurry: threading.Event = field(default_factory=threading.Event)

    def code_for(self, **identity: Any) -> str:
        """The one-time code with which the app opens our page for somebody."""
        code = secrets.token_hex(8)
        self.people[code] = identity
        return code

    def answer(self, path: str, headers: Any, question: dict[str, Any]) -> tuple[int, bytes]:
        """What it answers."""
        self.asked.append(path)
        self.hurry.wait(self.waits)
        if path in self.instead:
            return self.status, self.instead[path]
        if wrong := _wrong(path, headers):
            self.refusals.append(wrong)
            return 401, _json({"success": False, "errorCode": wrong})
        if path == TOKEN_PATH:
            who = self.people.pop(str(question.get("ticketId")), None)
            if who is None or question.get("appId") != APP:
                self.refusals.append("ticket")
                return 200, _json({"success": False, "errorCode": "ticket", "errorMsg": "票据无效"})
            token = secrets.token_hex(8)
            self.tokens[token] = who
            return 200, _json({"success": True, "data": {"accessToken": token, "expiresIn": "7200"}})
        if path == IDENTITY_PATH and question.get("token") in self.tokens:
            return 200, _json({"success": True, "data": self.tokens[question["token"]]})
        return 404, _json({"success": False, "errorCode": "path"})


def _wrong(path: str, headers: Any) -> str:
    """What is wrong in the headers of a request: nothing, or why it is refused."""
    at, key = headers.get("X-BG-DATE-TIME", ""), headers.get("X-BG-HMAC-ACCESS-KEY", "")
    if key != KEY or headers.get("X-BG-HMAC-ALGORITHM") != "hmac-sha256":
        return "key"
    if abs(parsedate_to_datetime(at).timestamp() - time.time()) > TOLERANCE:
        return "time"
    text = f"POST\n{path}\n\n{key}\n{at}\n"
    signature = base64.b64encode(hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()).decode()
    return "" if hmac.compare_digest(signature, headers.get("X-BG-HMAC-SIGNATURE", "")) else "signature"


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


@contextmanager
def opened_gateway() -> Iterator[Gateway]:
    """The gateway on a free port of this machine, while the block lasts."""
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        """One request."""

        def do_POST(self) -> None:
            """Answers it."""
            length = int(self.headers.get("Content-Length", 0))
            status, body = gateway.answer(self.path, self.headers, json.loads(self.rfile.read(length)))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    gateway.origin = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield gateway
    gateway.hurry.set()
    server.shutdown()
    server.server_close()
    thread.join(timeout=5)
