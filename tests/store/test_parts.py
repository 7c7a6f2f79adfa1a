"""A long import goes in by parts: others write meanwhile, and readers see it whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd
import pytest
from stores import ACTOR, DAY, StoreHarness, ready

from scoring.analysis.synthetic import DistrictPlan, write_district
from scoring.errors import StoreError
from scoring.store.audit.replay import replay
from scoring.store.audit.verify import verify_store
from scoring.store.facts import storing
from scoring.store.standing.recording import Recorder
from scoring.store.tables.database import Database

WRITERS = int(os.environ.get("SISE_WRITERS_MEANWHILE", "6"))
"""Writers at once; a campaign sets a greater number."""
SIZE = 200
"""Rows of a part in these tests: their district comes in several."""


class StoppedError(Exception):
    """What stops an import here, as a kill would."""


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storing, "PART", SIZE)


@pytest.fixture(scope="module")
def more(district: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A canonical folder of other enterprises than the district's, with other records."""
    folder, everybody = tmp_path_factory.mktemp("more"), tmp_path_factory.mktemp("everybody")
    write_district(DistrictPlan(enterprises=150, as_of=DAY, seed=11), everybody)
    known = set(pd.read_parquet(district / "enterprises.parquet")["enterprise_id"])
    for file in ("enterprises", "records"):
        rows = pd.read_parquet(everybody / f"{file}.parquet", dtype_backend="pyarrow")
        rows = rows[~rows["enterprise_id"].isin(known)]
        if file == "records":
            rows = rows[rows["kind"] != "succession"].assign(
                record_id="N" + rows["record_id"], act_id="N" + rows["act_id"]
            )
        rows.to_parquet(folder / f"{file}.parquet", index=False)
    return folder


def others(more: Path) -> list[str]:
    """The enterprises of that folder."""
    return sorted(set(pd.read_parquet(more / "enterprises.parquet")["enterprise_id"]))


@contextmanager
def at_part(number: int, deed: Callable[[], object]) -> Iterator[None]:
    """Lets something happen before a part of an import is stored."""
    stored, inner = [0], storing._InParts._store_part

    def store_part(run: storing._InParts, *given: object) -> None:
        stored[0] += 1
        if stored[0] == number:
            deed()
        inner(run, *given)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(storing._InParts, "_store_part", store_part)
        yield


def stop() -> None:
    """Ends an import as it goes in."""
    raise StoppedError


def sound(store: StoreHarness) -> bool:
    """Whether nothing in a store is other than it was recorded, and all assessments follow from what was known."""
    replayed = replay(store.database, None, store.clock)
    assert not replayed.different and not replayed.refused and replayed.equal
    return not verify_store(store.database).findings


def test_parts_are_the_whole(empty: StoreHarness, district: Path, tmp_path: Path) -> None:
    """An import by parts leaves the facts of one in a single transaction, and what scoring makes of them."""
    empty.take(district)
    assert empty.count("import_part") > 5 and empty.count("import_run") == 1
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(storing, "PART", 1_000_000)
        database = Database(str(tmp_path / "whole.db"))
        whole = StoreHarness(database)
        ready(database, whole.clock)
        whole.take(district)
        assert whole.count("import_part") == 0
    for store in (empty, whole):
        store.score()
    assert empty.digest() == whole.digest()
    assert sound(empty) and sound(whole)
    database.close()


def test_half_of_an_import_is_seen_by_nobody(scored: StoreHarness, more: Path) -> None:
    """While it goes in, facts are recorded, scored, replayed and verified as if nothing of it were there."""
    before = scored.score().enterprises
    enterprise_id = scored.one("green")

    def record() -> None:
        scored.add(enterprise_id, kind="inspection", field="food", result="problem", occurred_on=str(DAY))
        run = scored.score()
        assert run.enterprises == before and run.looked_at < 5
        assert sound(scored)
        with pytest.raises(StoreError, match="record_of_unknown_enterprise"):
            scored.add(
                others(more)[0], kind="inspection", field="food", result="no_problem", occurred_on=str(DAY)
            )

    with at_part(4, record):
        taken = scored.take(more)
    run = scored.score()
    assert run.enterprises == before + len(others(more)) and run.looked_at >= len(others(more))
    assert taken.records and sound(scored)


@pytest.mark.parametrize("part", [1, 2, 5])
def test_a_stopped_import_goes_on(empty: StoreHarness, district: Path, tmp_path: Path, part: int) -> None:
    """Run again, it stores what is missing and nothing twice."""
    with pytest.raises(StoppedError), at_part(part, stop):
        empty.take(district)
    assert empty.score().enterprises == 0
    there = empty.count("enterprise_version") + empty.count("record_version")
    done = empty.take(district)
    assert done.enterprises + done.records == empty.count("enterprise_version") + empty.count(
        "record_version"
    )
    assert bool(there) == (part > 1) and there < done.enterprises + done.records
    empty.score()
    assert sound(empty)
    with ExitStack() as stack:
        database = Database(str(tmp_path / "whole.db"))
        stack.callback(database.close)
        whole = StoreHarness(database)
        ready(database, whole.clock)
        whole.take(district)
        whole.score()
        assert whole.digest() == empty.digest()


def test_another_import_ends_a_stopped_one(scored: StoreHarness, more: Path, tmp_path: Path) -> None:
    """What was stored of it is never seen; the same files again come whole."""
    with pytest.raises(StoppedError), at_part(3, stop):
        scored.take(more)
    other = tmp_path / "other"
    other.mkdir()
    for file in ("enterprises", "records"):
        rows = pd.read_parquet(more / f"{file}.parquet", dtype_backend="pyarrow")
        rows[rows["enterprise_id"].isin(others(more)[:60])].to_parquet(other / f"{file}.parquet", index=False)
    first = scored.take(other)
    second = scored.take(more)
    assert second.known == first.enterprises + first.records > 2 * SIZE
    assert scored.score().enterprises == 120 + len(others(more))
    assert sound(scored)


def test_what_others_changed_meanwhile_is_compared_anew(
    scored: StoreHarness, district: Path, tmp_path: Path
) -> None:
    """An import by parts that brings a change of a record that somebody corrects meanwhile begins again."""
    rows = pd.read_parquet(district / "records.parquet", dtype_backend="pyarrow")
    inspections = rows[(rows["kind"] == "inspection") & (rows["result"] == "problem")]
    changed = tmp_path / "changed"
    changed.mkdir()
    (changed / "enterprises.parquet").write_bytes((district / "enterprises.parquet").read_bytes())
    later = rows.copy()
    later["known_on"] = DAY
    later["document_no"] = "另一号"
    later.to_parquet(changed / "records.parquet", index=False)
    record_id = str(inspections.iloc[0]["record_id"])

    def correct() -> None:
        scored.enter(scored.facts.correct(record_id, {"severity": "serious"}, "test", None))

    with at_part(2, correct):
        taken = scored.take(changed)
    assert taken.counts is not None
    assert taken.counts.rejected
    scored.score()
    assert sound(scored)


def test_two_processes_do_not_store_one_import(scored: StoreHarness, more: Path) -> None:
    """Who begins the same import while another stores it goes on with it, and the other stops."""

    def same() -> None:
        again = StoreHarness(Database(scored.database.url.render_as_string(hide_password=False)))
        again.clock = scored.clock
        again.take(more)
        again.database.close()

    with pytest.raises(StoreError, match="import_elsewhere"), at_part(3, same):
        scored.take(more)
    assert scored.score().enterprises == 120 + len(others(more))
    assert sound(scored)


def test_many_write_while_an_import_goes_in(scored: StoreHarness, more: Path) -> None:
    """None of their facts is refused, lost or counted otherwise than it was."""
    known = scored.one("green"), scored.one("yellow")
    entered: list[int] = []

    def write(number: int) -> None:
        recorder = Recorder(scored.database, ACTOR, scored.clock)
        columns = {"kind": "inspection", "field": "food", "result": "problem", "occurred_on": str(DAY)}
        for enterprise_id in known:
            make = scored.facts.add(
                enterprise_id, {**columns, "record_id": f"w{number}-{enterprise_id}"}, "test"
            )
            entered.append(recorder.record(make, scored.version, scored.day).seq)

    with ThreadPoolExecutor(WRITERS + 1) as pool:
        importing = pool.submit(scored.take, more)
        list(pool.map(write, range(WRITERS)))
        assert importing.result().records
    with scored.database.read() as connection:
        text = "SELECT seq FROM record_version WHERE record_id LIKE 'w%'"
        stored = set(connection.exec_driver_sql(text.replace("%", "%%")).scalars())
    assert stored == set(entered) and len(entered) == WRITERS * len(known)
    assert sound(scored)
