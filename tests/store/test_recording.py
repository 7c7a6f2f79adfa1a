"""Single facts: one transaction, the batch's own result, and no way to a colour but facts."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from itertools import product
from typing import Any

import pytest
from sqlalchemy import Connection, select
from stores import StoreHarness

from scoring.errors import InputError, StoreError, UsageError
from scoring.store.standing.recording import RESCORERS, MakeFact, NewFact, Recorded, Recorder
from scoring.store.tables.orm import RecordVersion

LISTING = {"kind": "serious_violation_listing", "severity": "serious", "decided_on": "2026-09-30"}
PROBLEM = {
    "kind": "inspection",
    "field": "food",
    "result": "violation",
    "severity": "general",
    "occurred_on": "2026-09-29",
}


def test_single_facts_give_what_the_batch_gives(scored: StoreHarness) -> None:
    """After facts entered one by one, on branches and on shared acts too, a batch over
    everything changes nothing.
    """
    with scored.database.read() as connection:
        versions = connection.exec_driver_sql(
            "SELECT enterprise_id, record_id, act_id, kind FROM record_version ORDER BY seq"
        ).all()
        branches = connection.exec_driver_sql(
            "SELECT enterprise_id, parent_id FROM enterprise_version WHERE parent_id IS NOT NULL ORDER BY seq"
        ).all()
    shared = [version for version in versions if version[1] != version[2]][:3]
    for enterprise_id, _, act_id, _ in shared:
        scored.add(enterprise_id, **PROBLEM | {"act_id": act_id})
    for enterprise_id, _ in branches[:3]:
        scored.add(enterprise_id, **PROBLEM)
    for enterprise_id, record_id, _, _ in versions[:40:8]:
        scored.enter(scored.facts.end("withdrawn", record_id, scored.day, "test", "1", "court"))
        scored.add(enterprise_id, **PROBLEM)
    assert 0 == scored.score().changed


def test_a_fact_its_result_and_its_entry_are_one(scored: StoreHarness) -> None:
    """One fact adds one version, one log entry and the assessment that follows,
    which names both.
    """
    enterprise_id = scored.one("blue")
    before = [scored.count(table) for table in ("record_version", "audit_event", "assessment")]
    recorded = scored.add(enterprise_id, **LISTING)
    assert [count + 1 for count in before] == [
        scored.count(table) for table in ("record_version", "audit_event", "assessment")
    ]
    assert (recorded.event, recorded.seq) == (
        scored.latest(enterprise_id)["event"],
        scored.latest(enterprise_id)["seq"],
    )


def test_nothing_stays_when_the_entry_fails(scored: StoreHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault at the last step of a fact leaves neither version nor assessment nor entry."""
    tables = ("record_version", "audit_event", "assessment")
    before = scored.digest(), [scored.count(table) for table in tables]

    def fails(*given: object) -> int:
        """Takes the place of the log entry, which is written last."""
        raise RuntimeError("power")

    monkeypatch.setattr("scoring.store.tables.writing.Writing.log", fails)
    with pytest.raises(RuntimeError):
        scored.add(scored.one("blue"), **LISTING)
    assert before == (scored.digest(), [scored.count(table) for table in tables])


def test_versions_are_kept(scored: StoreHarness) -> None:
    """A correction and a withdrawal leave every earlier version as it was,
    with the ground of each.
    """
    enterprise_id = scored.one("green")
    scored.add(enterprise_id, **PROBLEM | {"record_id": "own:1"})
    scored.go_to(scored.day + timedelta(days=1))
    scored.enter(
        scored.facts.correct("own:1", {"severity": "minor"}, "typing error", "1", "recording_authority")
    )
    scored.enter(scored.facts.end("withdrawn", "own:1", scored.day, "annulled", "2", "court"))
    with scored.database.read() as connection:
        versions = (
            connection.execute(
                select(RecordVersion.__table__)
                .where(RecordVersion.record_id == "own:1")
                .order_by(RecordVersion.seq)
            )
            .mappings()
            .all()
        )
    history = [(version["severity"], version["withdrawn_on"], version["ground"]) for version in versions]
    assert [
        ("general", None, "test"),
        ("minor", None, "typing error"),
        ("minor", date(2026, 10, 1), "annulled"),
    ] == history


REFUSED: dict[str, tuple[type[Exception], Callable[[StoreHarness], object]]] = {
    "unknown enterprise": (StoreError, lambda t: t.add("demo:none", **PROBLEM)),
    "unknown kind": (InputError, lambda t: t.add(t.one("blue"), **PROBLEM | {"kind": "nothing"})),
    "unknown column": (InputError, lambda t: t.add(t.one("blue"), **PROBLEM | {"colour": "red"})),
    "no date": (InputError, lambda t: t.add(t.one("blue"), **PROBLEM | {"occurred_on": "yesterday"})),
    "no ground": (UsageError, lambda t: t.enter(t.facts.add(t.one("blue"), PROBLEM, " "))),
    "unknown record": (StoreError, lambda t: t.enter(t.facts.end("restored", "none", t.day, "test", "1"))),
    "nothing corrected": (UsageError, lambda t: t.enter(t.facts.correct("x", {}, "test"))),
    "fixed column": (
        UsageError,
        lambda t: t.enter(t.facts.correct("x", {"enterprise_id": "demo:2"}, "test")),
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(scored: StoreHarness, case: str) -> None:
    """A fact that does not fit is refused with a sentence, and nothing is changed."""
    before = scored.digest(), scored.count("audit_event")
    error, act = REFUSED[case]
    with pytest.raises(error):
        act(scored)
    assert before == (scored.digest(), scored.count("audit_event"))


def test_the_same_id_twice_is_refused(scored: StoreHarness) -> None:
    """A record id that is taken is refused, and so is an end that has come already."""
    enterprise_id = scored.one("green")
    scored.add(enterprise_id, **PROBLEM | {"record_id": "own:1"})
    with pytest.raises(StoreError):
        scored.add(enterprise_id, **PROBLEM | {"record_id": "own:1"})
    scored.enter(scored.facts.end("restored", "own:1", scored.day, "test", "1"))
    with pytest.raises(StoreError):
        scored.enter(scored.facts.end("restored", "own:1", scored.day, "test", "1"))


def test_a_faster_writer_is_noticed(scored: StoreHarness) -> None:
    """A fact whose enterprise another writer changed between scoring and lock is scored again,
    with the other's fact.
    """
    enterprise_id, entered = scored.one("blue"), threading.Event()
    make = scored.facts.add(enterprise_id, PROBLEM, "slow")

    def slow(connection: Connection) -> NewFact:
        """The fact; when it is made first, another writer is faster."""
        new_fact = make(connection)
        if not entered.is_set():
            entered.set()
            scored.add(enterprise_id, **LISTING)
        return new_fact

    recorded = Recorder(scored.database, "anna", scored.clock).record(slow, scored.version, scored.day)
    assert 2 == recorded.attempts
    assert 0 == scored.score().changed


def test_writers_at_once_lose_nothing(scored: StoreHarness) -> None:
    """Eight writers on two enterprises: every fact is there once, in the order of the log, and
    the colours are the batch's.
    """
    enterprise_ids = [scored.one("blue"), scored.one("green")]
    recorder, failed = Recorder(scored.database, "bert", scored.clock), []

    def work(writer: int) -> None:
        """Enters three facts, on the one enterprise and on the other in turn."""
        try:
            for turn in range(3):
                columns = PROBLEM | {"record_id": f"w{writer}:{turn}"}
                make = scored.facts.add(enterprise_ids[(writer + turn) % 2], columns, "test")
                recorder.record(make, scored.version, scored.day)
        except StoreError as error:
            failed.append(error)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with scored.database.read() as connection:
        recorded = connection.exec_driver_sql(
            "SELECT record_id, seq, event FROM record_version WHERE substr(record_id, 1, 1) = 'w' ORDER BY seq"
        ).all()
    assert [] == failed
    expected = {f"w{writer}:{turn}" for writer, turn in product(range(8), range(3))}
    assert expected == {version[0] for version in recorded} and 24 == len(recorded)
    assert [version[2] for version in recorded] == sorted(version[2] for version in recorded)
    assert 0 == scored.score().changed


def test_facts_that_wait_together(scored: StoreHarness) -> None:
    """Ten facts wait while both rescorers are busy: nine are entered, each with an entry and an id
    of its own; the refused one harms none.
    """
    recorder, facts = Recorder(scored.database, "tester", scored.clock), scored.facts
    go = threading.Event()
    enterprise_ids = [scored.one(colour) for colour in ("blue", "green", "yellow")]
    known = {version[0] for version in _records(scored)}

    def slow(make: MakeFact) -> MakeFact:
        """Keeps a rescorer busy until it may go on."""

        def made(connection: Connection) -> NewFact:
            """The fact, when it may be made."""
            assert go.wait(30)
            return make(connection)

        return made

    def enter(number: int) -> object:
        """Enters a fact; the fifth is of an enterprise that nobody knows."""
        make = facts.add("demo:nobody" if number == 5 else enterprise_ids[number % 3], PROBLEM, "test")
        try:
            return recorder.record(slow(make) if number < RESCORERS else make, scored.version, scored.day)
        except StoreError as error:
            return error

    with ThreadPoolExecutor(12) as pool:
        waiting = []
        for number in range(RESCORERS):
            waiting.append(pool.submit(enter, number))
            idle = RESCORERS - 1 - number
            until(lambda idle=idle: len(recorder._room.idle) == idle and not recorder._room.waiting)  # type: ignore[misc]
        waiting += [pool.submit(enter, number) for number in range(RESCORERS, 10 + RESCORERS)]
        until(lambda: len(recorder._room.waiting) == 10)
        go.set()
        outcomes = [outcome.result() for outcome in waiting]
    entered = [outcome for outcome in outcomes if isinstance(outcome, Recorded)]
    assert (9 + RESCORERS, 1) == (len(entered), sum(isinstance(outcome, StoreError) for outcome in outcomes))
    events = {outcome.event for outcome in entered}
    new_records = {version[0] for version in _records(scored)} - known
    assert len(entered) == len(events) == len(new_records)
    assert 0 == scored.score().changed


def until(holds: Callable[[], bool]) -> None:
    """Waits for another thread, half a minute at most."""
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def _records(scored: StoreHarness) -> list[Any]:
    with scored.database.read() as connection:
        return list(connection.exec_driver_sql("SELECT DISTINCT record_id FROM record_version").all())
