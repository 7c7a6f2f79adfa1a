"""Processes that write to the store until they are killed, and what must hold afterwards."""

from __future__ import annotations

import multiprocessing
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any

import pytest
from coded_stores import SETTINGS
from sqlalchemy import Connection
from store_digest import store_digest
from stores import ACTOR, noon, ready

from scoring.administration.credential.issuing_office import IssuingOffice
from scoring.administration.keys.key_store import KeyStore
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.map.sources import SourceSpec
from scoring.store.audit.verify import verify
from scoring.store.facts import storing
from scoring.store.facts.importing import import_source
from scoring.store.people.clock import confirm_clock
from scoring.store.standing import assessing, batch, code_issuing
from scoring.store.standing.entering import TypedFacts
from scoring.store.standing.recording import MakeFact, Recorder
from scoring.store.tables.database import Database
from scoring.store.tables.migrate import change, newest
from scoring.store.tables.writing import Clock

DAY = date(2026, 6, 30)
SAMPLE = Path(__file__).resolve().parents[2] / "data" / "sample"
NOTHING = {"lost": 0, "duplicated": 0, "half-made": 0, "corrupt": 0}
"""Damage of a store that is whole."""
PRELOADED = [
    "scoring.store.standing.assessing",
    "scoring.store.facts.importing",
    "scoring.store.standing.recording",
    "scoring.store.tables.migrate",
    "crashing",
]


def clock_of(day: date) -> Clock:
    """A clock that shows a day from noon on, and in no process an earlier time than in the one before."""
    # The machine's own clock since its start is one for all processes; ten thousand times slower it stays
    # in the afternoon for years.
    return lambda: noon(day) + timedelta(seconds=time.monotonic() / 10_000)


def clock() -> datetime:
    """The time of writing: the afternoon of ``DAY``."""
    return clock_of(DAY)()


def vouch(database: Database, day: date) -> None:
    """Lets somebody vouch for a clock that went on to a day."""
    confirm_clock(database, ACTOR, clock_of(day))


def policy() -> ResolvedPolicy:
    """The policy of the harnesses."""
    return load_policy("quzhou-demo", DAY)


@contextmanager
def opened(path: Path) -> Iterator[Database]:
    """A store, closed at the end."""
    database = Database(str(path))
    try:
        yield database
    finally:
        database.close()


def stored(path: Path, source: Path = SAMPLE) -> Path:
    """Makes a store of a folder's facts, scored as of ``DAY``."""
    with opened(path) as database:
        ready(database, clock)
        import_source(database, SourceSpec("canonical", source), ACTOR, clock)
        assessing.score_store(database, policy(), DAY, ACTOR, clock)
    return path


def enterprises(connection: Connection, count: int) -> list[str]:
    """Some enterprises that stand in a colour."""
    return list(
        connection.exec_driver_sql(
            f"SELECT enterprise_id FROM standing ORDER BY enterprise_id LIMIT {count}"
        ).scalars()
    )


def fact(number: int, enterprise_id: str) -> MakeFact:
    """An order that moves points, entered as ``sise record add`` enters it."""
    columns = {
        "record_id": f"crash:{number}",
        "kind": "rectification_order",
        "field": "food",
        "scope": "own",
        "severity": "general",
        "decided_on": str(DAY),
        "authority": f"第{number}所",
    }
    return TypedFacts(DAY).add(enterprise_id, columns, "现场检查")


def record_until_killed(path: str, first: int, acks: Pipe) -> None:
    """Records facts one after another and says so after each commit."""
    database = Database(path)
    recorder, version = Recorder(database, ACTOR, clock), policy()
    with database.read() as connection:
        known = enterprises(connection, 250)
    number = first
    while True:
        with database.read() as connection:
            there = connection.exec_driver_sql(
                f"SELECT 1 FROM record_version WHERE record_id = 'crash:{number}'"
            ).first()
        if there is None:
            recorder.record(fact(number, known[number % len(known)]), version, DAY)
        acks.send(number)
        number += 1


def killed(
    target: Callable[..., None], arguments: tuple[Any, ...], when: Callable[[Pipe], object]
) -> tuple[bool, list[Any]]:
    """Runs ``target`` in a process of its own and kills it when ``when`` returns.

    Args:
        target: Gets the arguments and the end of a pipe to send on.
        arguments: Of the target, without the pipe.
        when: Gets the end to receive from; EOFError there means that the process ended by itself.

    Returns:
        Whether it was still running, and what it had sent that ``when`` did not take.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(*arguments, theirs), daemon=True)
    process.start()
    theirs.close()
    try:
        when(ours)
    finally:
        process.kill()
        process.join()
    return process.exitcode == -signal.SIGKILL, list(_rest(ours))


def _rest(ours: Pipe) -> Iterator[Any]:
    """What is left in a pipe whose other end is gone."""
    # A message that was cut by the kill has not been sent.
    with suppress(EOFError, OSError):
        while ours.poll():
            yield ours.recv()


def import_once(path: str, source: str, begun: Pipe | None = None) -> None:
    """Imports a folder, in parts so small that a kill falls between them too."""
    _begin(begun)
    with pytest.MonkeyPatch.context() as patched, opened(Path(path)) as database:
        patched.setattr(storing, "PART", 200)
        import_source(database, SourceSpec("canonical", Path(source)), ACTOR, clock)


def score_once(path: str, day: date, begun: Pipe | None = None) -> None:
    """Scores the store as of a day, in ranges so small that a kill falls between them too."""
    _begin(begun)
    with pytest.MonkeyPatch.context() as patched, opened(Path(path)) as database:
        patched.setattr(batch, "RANGE", 50)
        vouch(database, day)
        assessing.score_store(database, policy(), day, ACTOR, clock_of(day))


def score_with_codes(path: str, keys: str, begun: Pipe | None = None) -> None:
    """Scores the store two months later, when codes expire, and issues codes, a few in a transaction."""
    _begin(begun)
    day = DAY + timedelta(days=80)
    with pytest.MonkeyPatch.context() as patched, opened(Path(path)) as database:
        patched.setattr(batch, "RANGE", 50)
        patched.setattr(code_issuing, "TOGETHER", 20)
        database.codes = IssuingOffice(SETTINGS, KeyStore(Path(keys)))
        vouch(database, day)
        assessing.score_store(database, policy(), day, ACTOR, clock_of(day))


def migrate_once(path: str, begun: Pipe) -> None:
    """Raises a store's schema."""
    with opened(Path(path)) as database:
        _begin(begun)
        change(database, newest())


def _begin(begun: Pipe | None) -> None:
    if begun:
        begun.send(True)


def kill_recording(path: Path, first: int, chance: random.Random) -> list[int]:
    """Kills a recording process at a random moment after its first acknowledgement;
    what it had acknowledged.
    """
    acknowledged: list[int] = []

    def wait(ours: Pipe) -> None:
        """Waits for some acknowledgements and then a while."""
        for _ in range(chance.randint(1, 4)):
            acknowledged.append(ours.recv())
        time.sleep(chance.uniform(0, 0.15))

    running, rest = killed(record_until_killed, (str(path), first), wait)
    if not running:
        raise ChildProcessError("the recording process ended by itself")
    return acknowledged + rest


def digest(path: Path) -> str:
    """The store's facts and colours, whatever their order."""
    with opened(path) as database, database.read() as connection:
        return store_digest(connection)


def damage(path: Path, acknowledged: list[int]) -> dict[str, int]:
    """How many facts a crash has lost, duplicated or left half made,
    and whether pages are corrupt.
    """
    with opened(path) as database, database.read() as connection:
        record_ids = list(
            connection.exec_driver_sql(
                "SELECT record_id FROM record_version WHERE record_id LIKE 'crash:%'"
            ).scalars()
        )
        broken = connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() != ["ok"]
        findings = verify(connection).findings
    lost_ids = {f"crash:{number}" for number in acknowledged} - set(record_ids)
    return {
        "lost": len(lost_ids),
        "duplicated": len(record_ids) - len(set(record_ids)),
        "half-made": len(findings),
        "corrupt": int(broken),
    }
