"""Fifty inspectors who record visits at once, by a rate that waits for nobody, and a server that may be killed."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from casework import DAY, OWN, Counter, firm, row_of
from readers import allow
from stores import ready
from visits import OFFICERS, QUIET, items_of, quiet

from scoring.administration.identity.api_tokens import give_token
from scoring.store.people.grants import Grant
from scoring.store.tables.database import Database

INSPECTORS, HOT = 50, 20
HERE = Path(__file__).parent
PATIENCE = 90.0
"""Seconds for which somebody sends the same again before he gives up."""


def make_hot_town(address: str, folder: Path) -> tuple[Counter, list[str]]:
    """Twenty enterprises in a store, and the tokens of fifty inspectors."""
    town = Counter(Database(address), DAY, folder)
    ready(town.database, town.clock)
    town.reuse()
    town.take(town.file("hot", *(row_of(name, **QUIET) for name in quiet(HOT))))
    town.score()
    allow(address, "admin", Grant("", "admin", "t"))
    tokens = []
    for number in range(INSPECTORS):
        name, until = f"inspector{number}", DAY + timedelta(days=30)
        allow(address, name, Grant("", "inspector", "t", departments=frozenset({OWN})))
        tokens.append(give_token(town.database, name, ["record"], until, "load", "admin", town.clock))
    return town, tokens


def body_of(number: int) -> bytes:
    """A visit as JSON; in one of ten something is found."""
    answers: dict[str, Any] = {item: {"answer": "fine"} for item in items_of("food")}
    if number % 10 == 0:
        answers["food_pests"] = {"answer": "problem", "severity": "minor", "note": f"{number}"}
    visit = {
        "visited_on": DAY.isoformat(),
        "officers": [{"name": one.name, "certificate": one.certificate} for one in OFFICERS],
        "occasion": "random",
        "order_no": f"检通〔2026〕{number}号",
        "task_no": f"任务〔2026〕{number}号",
        "act_no": act_of(number),
        "received_by": "店长丙某",
        "receipt": "signed",
        "departments": [{"office": OWN, "answers": answers}],
    }
    return json.dumps(visit).encode()


def act_of(number: int) -> str:
    """The number of the act of a visit."""
    return f"浙行〔2026〕{number:06d}"


@dataclass
class VisitsServer:
    """A server as a process of its own."""

    store: str
    folder: Path
    port: int = 0
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it, on the same port as before, and waits until it answers."""
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        path = os.pathsep.join([str(HERE), str(HERE.parent.parent)])
        command = [sys.executable, str(HERE / "visits_server.py"), self.store, str(self.port)]
        with (self.folder / "server.log").open("ab") as log:
            environment = {**os.environ, "PYTHONPATH": path}
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.1)
        raise AssertionError((self.folder / "server.log").read_text())

    def kill(self) -> None:
        """Kills it without a word."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@dataclass
class Sent:
    """What became of the requests.

    Attributes:
        acknowledged: Visit -> its number on file, of what was answered as recorded.
        took: Seconds from the moment at which each was due.
        wrong: Answers that were neither.
        unanswered: How often nobody answered, and the same was sent again.
    """

    acknowledged: dict[int, int] = field(default_factory=dict)
    took: list[float] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    unanswered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def p95(self) -> float:
        """Seconds within which 95 of 100 were answered."""
        return sorted(self.took)[int(len(self.took) * 0.95)]


class Inspectors:
    """Fifty inspectors and the line of each to the server."""

    def __init__(self, port: int, tokens: Sequence[str]) -> None:
        self.port, self.tokens, self.sent = port, tokens, Sent()
        self.lines = threading.local()
        self.opened: list[http.client.HTTPConnection] = []

    def offer(self, numbers: Sequence[int], rate: float, again: int = 10) -> Sent:
        """Sends visits at a rate that waits for no answer; one in ``again`` is sent twice at the same time."""
        with ThreadPoolExecutor(len(self.tokens)) as pool:
            begun, waiting = time.perf_counter() + 0.2, list[Future[None]]()
            for place, number in enumerate(numbers):
                due = begun + place / rate
                time.sleep(max(0.0, due - time.perf_counter()))
                for _ in range(2 if number % again == 0 else 1):
                    waiting.append(pool.submit(self._send, number, due))
            for one in waiting:
                one.result()
        for line in self.opened:
            line.close()
        return self.sent

    def _send(self, number: int, due: float) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                status, answer = self._post(number)
            except (OSError, http.client.HTTPException):
                self.lines.open.close()
                self.lines.open = None
                with self.sent.lock:
                    self.sent.unanswered += 1
                time.sleep(0.25)
                continue
            with self.sent.lock:
                self.sent.took.append(time.perf_counter() - due)
                if status in (200, 201):
                    first = self.sent.acknowledged.setdefault(number, answer["number"])
                    if first != answer["number"]:
                        self.sent.wrong.append(f"{number} is {first} and {answer['number']}")
                else:
                    self.sent.wrong.append(f"{number}: {status} {answer}")
            return
        self.sent.wrong.append(f"{number}: never answered")

    def _post(self, number: int) -> tuple[int, Any]:
        if getattr(self.lines, "open", None) is None:
            self.lines.open = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            self.opened.append(self.lines.open)
        who = quote(firm(f"penalty-quiet{number % HOT}"), safe="")
        headers = {
            "Authorization": f"Bearer {self.tokens[number % len(self.tokens)]}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"load-visit-{number}",
        }
        self.lines.open.request("POST", f"/inspect/api/e/{who}/visits", body_of(number), headers)
        answer = self.lines.open.getresponse()
        return answer.status, json.loads(answer.read())
