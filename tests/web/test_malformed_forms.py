"""Malformed forms and uploads of every audience: never a fault of the server, bounded memory, every row explained.

The campaign sends 10,000; a run of the tests some of them.
"""

from __future__ import annotations

import gc
import io
import os
import re
import socket
from collections import Counter as Tally
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import chromium
import pytest
from access_table import ACTIONS, may
from access_town import ALL, TARGET, AccessTown, Visitor, everybody
from malformed_forms import Sending, sending
from readers import token_of

from web.reading import COOKIE

FORMS = int(os.environ.get("SISE_FORMS", "130"))
"""How many are sent."""
WARM = max(60, FORMS // 2)
"""So many are sent before memory is measured: what is loaded once and what is kept is there by then."""
SPOKEN = 500
"""After so many it is said how far it is."""
LARGEST_GROWTH, HIGHEST_MOMENT = 64 << 20, 128 << 20
"""Bytes by which the process may grow, and at its greatest moment, with thirteen megabytes on their way three times."""
MOST_FILES = 8
"""Files that may be open more at the end."""
pytestmark = [
    # An upload that is refused halfway leaves its temporary file to the collector.
    pytest.mark.filterwarnings("ignore:Unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FILED = (
    "firm.open_case",
    "firm.case",
    "desk.case",
    "desk.proposal",
    "desk.record",
    "desk.window",
    "desk.statements",
    "inspect.visit",
    "inspect.recorded",
)
"""Routes that put something on file."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AccessTown]:
    """The town, with everything at its target."""
    with pytest.MonkeyPatch.context() as patch:
        made = AccessTown(tmp_path_factory.mktemp("forms"), {TARGET: ALL}, patch)
        yield made
        made.database.close()
        made.counter.database.close()


@pytest.fixture(scope="module")
def people(town: AccessTown) -> list[tuple[Visitor, list[str]]]:
    """Who may send something, with what: the public its log-ins, the others what they file."""
    sending_ones = []
    for number, (role, place) in enumerate(everybody()):
        if place in ("no session", "own", "area"):
            is_filed = {action: ACTIONS[action].about != "nothing" for action in ACTIONS}
            actions = [a for a, right in ACTIONS.items() if may(right, role, place)]
            own = [a for a in actions if is_filed[a] or role == "public" or a == "log out"]
            sending_ones.append((town.visitor(role, place, number), own))
    return sending_ones


def sent_by(visitor: Visitor, one: Sending, number: int) -> Any:
    """The answer to a request that is put together by hand, from an address of its own."""
    environ = {
        "REQUEST_METHOD": one.method,
        "PATH_INFO": one.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": one.query.decode("latin-1"),
        "CONTENT_LENGTH": str(len(one.body)) if one.length is None else one.length,
        "REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}",
        "wsgi.input": io.BytesIO(one.body),
    }
    if one.content_type is not None:
        environ["CONTENT_TYPE"] = one.content_type
    for name, value in one.headers:
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return visitor.client.open(environ_overrides=environ)


def resident() -> tuple[int, int, int]:
    """Bytes that the process holds now, and at its greatest moment; and how many files are open."""
    gc.collect()
    text = Path("/proc/self/status").read_text(encoding="ascii")
    held = {name: int(kilobytes) * 1024 for name, kilobytes in re.findall(r"(VmRSS|VmHWM):\s+(\d+)", text)}
    return held["VmRSS"], held["VmHWM"], len(os.listdir("/proc/self/fd"))


def explained(before: dict[str, int], after: dict[str, int], status: int, endpoint: str) -> str:
    """What is wrong with what an answer left behind; nothing where each row is explained."""
    grown = {table: after[table] - count for table, count in before.items() if after[table] != count}
    looked = grown.pop("viewing", 0)
    if looked not in (0, 1):
        return f"{looked} looked"
    if endpoint == "desk.statements" and before["statement"] and not grown:
        return ""  # the month was stated before, and nothing has changed since
    if status == 303 and endpoint == "inspect.visit" and not grown:
        return ""  # the same visit under the same key once more
    if status == 303 and endpoint in FILED:
        return "" if grown.get("audit_event", 0) >= 1 and min(grown.values()) > 0 else f"filed {grown}"
    return f"{status} left {grown}" if grown else ""


def one_more(visitor: Visitor, action: str, seed: int) -> tuple[Sending, int, bytes]:
    """One request that follows from a seed, and its answer."""
    town = visitor.town
    sent = sending(seed, lambda text: town.filled(text, TARGET), visitor.token, action)
    with sent_by(visitor, sent, seed) as answer:
        return sent, answer.status_code, answer.data


def comes_again(visitor: Visitor) -> None:
    """Logs in whoever has just logged out, or lost his cookies."""
    if visitor.session:
        visitor.session = token_of(visitor.town.store, visitor.account, visitor.town.counter.clock)
        visitor.client.set_cookie(COOKIE, visitor.session)


def test_malformed_forms(town: AccessTown, people: list[tuple[Visitor, list[str]]]) -> None:
    """No answer is a fault of the server, memory stays within bounds, and only what is filed leaves rows."""
    statuses: Tally[int] = Tally()
    wrong, begun = [], (0, 0, 0)
    before = town.counts()
    for seed in range(FORMS):
        if seed == WARM:
            begun = resident()
        if seed and seed % SPOKEN == 0:
            print(f"{seed} of {FORMS}: {(resident()[0] - begun[0]) >> 20} MB more", flush=True)
        visitor, actions = people[seed % len(people)]
        sent, status, body = one_more(visitor, actions[seed // len(people) % len(actions)], seed)
        after = town.counts()
        rule = explained(before, after, status, ACTIONS[sent.action].endpoint)
        is_plain = b"Traceback" not in body and b"/tmp/" not in body
        if status >= 500 or rule or not is_plain:
            wrong.append((seed, sent.action, status, rule, sent.broken, sent.path[:60]))
        if status == 303:
            town.forget()
        if sent.action == "log out":
            comes_again(visitor)
            after = town.counts()
        before = after
        statuses[status] += 1
    grown, peak, files = (now - then for now, then in zip(resident(), begun, strict=True))
    print(f"\n{FORMS} forms: {dict(sorted(statuses.items()))}; {grown >> 20} MB more, {peak >> 20} at most")
    assert [] == wrong
    assert grown < LARGEST_GROWTH and peak < HIGHEST_MOMENT and files < MOST_FILES
    assert set(statuses) >= {303, 400, 403, 404, 405, 409, 413}


NAMELESS = b"--x\r\nContent-Disposition: form-data\r\n\r\nvalue\r\n--x--\r\n"
NAMELESS_FILE = NAMELESS.replace(b"form-data", b'form-data; filename="a.pdf"')


@pytest.mark.parametrize("body", [NAMELESS, NAMELESS_FILE], ids=["a field", "a file"])
def test_fields_without_a_name(
    town: AccessTown, people: list[tuple[Visitor, list[str]]], body: bytes
) -> None:
    """Whoever sends something, wherever to: a part of a body that has no name is refused, and nothing is filed."""
    before, answers = town.counts(), {}
    for visitor, actions in people:
        for action in actions:
            path = town.filled(ACTIONS[action].path, TARGET)
            multipart = "multipart/form-data; boundary=x"
            for host in ("localhost", "evil.example"):
                sent = {"data": body, "content_type": multipart, "headers": {"Host": host}}
                with visitor.client.post(path, **sent) as answer:
                    answers[action, host] = answer.status_code
    assert {} == {what: status for what, status in answers.items() if status != 400}
    assert len(answers) > 40
    assert before == town.counts()


RAW: tuple[bytes, ...] = (
    b"",
    b"\x00\x01\x02\x03\r\n\r\n",
    b"GET\r\n\r\n",
    b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    b"GET /" + b"a" * 300_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 300_000 + b"\r\n\r\n",
    b"GET /%00%ff%zz/../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET http://evil.example/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n X: folded\r\nbroken\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\nContent-Length: 20\r\n\r\nname=x",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -5\r\n\r\nname=x",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99999999999999\r\n\r\nname=x",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000\r\n\r\nname=x",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\nname=x&password=y",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nname\r\n0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked, identity\r\nContent-Length: 3\r\n\r\nabc",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nExpect: 100-continue\r\nContent-Length: 6\r\n\r\nname=x",
    b"POST /login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=x\r\nContent-Length: 9\r\n\r\n--x\r\n\r\n--",
)
"""What no browser sends."""


def heard(address: str, request: bytes) -> bytes:
    """What a server answers to some bytes; the line is closed by whoever has had enough."""
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.settimeout(2)
        received = b""
        try:
            line.sendall(request)
            line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65_536):
                received += piece
        except OSError:
            pass
    return received


def test_what_no_browser_sends(town: AccessTown) -> None:
    """The real server refuses it or closes the line, leaves no row, and answers the next one as before."""
    before = town.counts()
    with chromium.served(town.app) as address:
        wrong = {}
        for request in RAW:
            answer = heard(address, request)
            status = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
            # 501 is the server's word for a transfer that it does not know
            is_refused = not answer or (status is not None and int(status[1]) in (*range(100, 500), 501))
            next_one = heard(address, b"GET /healthz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            if not is_refused or b" 200 " not in next_one.split(b"\r\n")[0] or b"Traceback" in answer:
                wrong[request[:70]] = (answer[:200], next_one[:40])
    assert {} == wrong
    assert before == town.counts()
