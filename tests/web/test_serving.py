"""The real server: half-open connections, a proxy before it, and what it logs."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from urllib.request import Request, urlopen

import pytest
from typer.testing import CliRunner
from waitress.server import create_server

from scoring.cli import app as command_line
from web import create_app, request_log
from web.serve import SERVER, behind_proxy

HALF_OPEN, ASKED = 300, 40


@pytest.fixture(scope="module")
def address(served_store: str) -> Iterator[str]:
    """The pages as they are served behind a proxy on this machine."""
    pages = create_app(served_store, address="https://code.example.gov.cn")
    server = create_server(pages, host="127.0.0.1", port=0, **SERVER, **behind_proxy())
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


def answer(address: str, path: str, data: bytes | None = None, **headers: str) -> tuple[int, float]:
    """Status and seconds of a request."""
    begun = time.perf_counter()
    sent = Request(address + path, data=data, headers={"Host": "code.example.gov.cn", **headers})  # noqa: S310
    try:
        with urlopen(sent, timeout=20) as given:  # noqa: S310
            given.read()
            status = given.status
    except OSError as error:
        status = int(getattr(error, "code", 0))
    return status, time.perf_counter() - begun


def test_half_open_connections_take_no_place(address: str) -> None:
    """With 300 connections that never finish their request others are answered all the same."""
    host, port = address.removeprefix("http://").split(":")
    with ExitStack() as stack:
        for _ in range(HALF_OPEN):
            line = stack.enter_context(closing(socket.create_connection((host, int(port)), timeout=5)))
            line.sendall(b"GET / HTTP/1.1\r\nHost: code.example.gov.cn\r\nX: ")
        answers = [answer(address, "/healthz") for _ in range(ASKED)]
    assert {200} == {status for status, _ in answers}
    assert max(seconds for _, seconds in answers) < 5


def test_tries_are_counted_by_who_asks_the_proxy(address: str) -> None:
    """The proxy says from where a request came; what somebody claims of himself beside it counts for nothing."""
    page = urlopen(Request(f"{address}/login", headers={"Host": "code.example.gov.cn"}), timeout=20)  # noqa: S310
    cookie = str(page.headers["Set-Cookie"]).partition(";")[0]
    token = page.read().decode().partition('name="csrf_token" value="')[2].partition('"')[0]
    form = f"csrf_token={token}&password=x&name=somebody"
    statuses = []
    for number in range(70):
        # The last one is the proxy's own word; those before it are whoever's.
        came = f"198.51.100.{number}, 203.0.113.9"
        statuses.append(
            answer(address, "/login", f"{form}{number}".encode(), Cookie=cookie, **{"X-Forwarded-For": came})[
                0
            ]
        )
    assert 429 in statuses
    other, _ = answer(address, "/login", form.encode(), Cookie=cookie, **{"X-Forwarded-For": "203.0.113.10"})
    assert other == 403


def test_a_request_is_one_line_without_anybody(served_store: str, caplog: pytest.LogCaptureFixture) -> None:
    """Route, answer and time; no address, no account, no enterprise, nothing that somebody looked for."""
    client = create_app(served_store).test_client()
    with caplog.at_level(logging.INFO, request_log.LOG.name):
        client.get("/e/91330802SECRET?q=looked", headers={"Cookie": "sise_session=token"})
        client.get("/healthz")
    first, second = (json.loads(record.message) for record in caplog.records)
    assert ("public.enterprise", "GET", 404) == (first["route"], first["method"], first["status"])
    assert ("public.health", 200) == (second["route"], second["status"])
    assert first["milliseconds"] >= 0
    for word in ("SECRET", "looked", "token", "127.0.0.1"):
        assert word not in caplog.text


@pytest.mark.parametrize(
    "given", ["code.example.gov.cn", "https://", "https://a/b", "ftp://a", "https://u@a", "https://[a"]
)
def test_what_is_no_site_is_refused(served_store: str, given: str) -> None:
    """The address of the site is a scheme and a host."""
    told = CliRunner().invoke(
        command_line, ["serve", "--database", served_store, "--address", given, "--lang", "en"]
    )
    assert told.exit_code != 0
