"""One measure of the store in a process of its own: ``python -m benchmarks.store_measure WHAT ADDRESS SOURCE``; prints JSON.

Seconds of processor are those of this process: not those of a PostgreSQL server.

The floor of an import is the same rows of the same columns into tables without keys or indexes: ``executemany``, which is what
``sqlite3 .import`` does, and ``COPY``.
"""

from __future__ import annotations

import io
import json
import random
import statistics
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow.csv as pa_csv
from sqlalchemy import select

from benchmarks.measure import LATER, peak_megabytes
from benchmarks.store_hands import HANDS, clock, with_hands
from scoring.assess.folder import score_sources
from scoring.policy.load import load_policy
from scoring.records.map.sources import SourceSpec
from scoring.records.read.typed_record import RecordReader
from scoring.store.facts.importing import import_source
from scoring.store.facts.stored_facts import TABLES, schema, versions
from scoring.store.standing.assessing import score_store
from scoring.store.standing.entering import TypedFacts
from scoring.store.standing.recording import Recorder
from scoring.store.standing.rescorer import Rescorer
from scoring.store.tables.database import Database, raw_of
from scoring.store.tables.orm import Standing

Found = dict[str, float]
POLICY = load_policy("quzhou-demo", LATER)
HOT, WRITERS, FACTS, PER_SECOND = 20, 50, 2_000, 25
FACT = {
    "kind": "inspection",
    "field": "food",
    "result": "problem",
    "severity": "general",
    "occurred_on": str(LATER),
}


def imported(database: Database, source: Path) -> Found:
    """A district into an empty store."""
    with_hands(database)
    found = import_source(database, SourceSpec("canonical", source), HANDS[0], clock)
    return {"enterprises": found.enterprises, "records": found.records}


def again(database: Database, source: Path) -> Found:
    """The same district a second time."""
    return {"known": import_source(database, SourceSpec("canonical", source), HANDS[0], clock).known}


def rows(database: Database, source: Path) -> Found:
    """The same rows into tables without keys: the floor; reading them back is not counted."""
    spent = worked = 0.0
    with database.write() as target, database.read() as connection:
        for fact in TABLES:
            names = schema(fact).names
            target.exec_driver_sql(
                f"CREATE TABLE floor_{fact} ({', '.join(f'{name} TEXT' for name in names)})"
            )
            for part in versions(connection, fact):
                start, busy = time.perf_counter(), time.process_time()
                _into(database, raw_of(target), f"floor_{fact}", part)
                spent += time.perf_counter() - start
                worked += time.process_time() - busy
        start, busy = time.perf_counter(), time.process_time()
    spent += time.perf_counter() - start
    worked += time.process_time() - busy
    with database.write() as target:
        for fact in TABLES:
            target.exec_driver_sql(f"DROP TABLE floor_{fact}")
    return {"seconds": round(spent, 2), "cpu": round(worked, 2)}


def _into(database: Database, raw: object, table: str, part: object) -> None:
    if database.is_sqlite:
        cells = [column.cast("string").to_pylist() for column in part.columns]  # type: ignore[attr-defined]
        marks = ", ".join("?" * len(cells))
        raw.executemany(f"INSERT INTO {table} VALUES ({marks})", zip(*cells, strict=True))  # type: ignore[attr-defined]
        return
    sink = io.BytesIO()
    pa_csv.write_csv(part, sink, pa_csv.WriteOptions(include_header=False))
    with raw.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT csv)") as copy:  # type: ignore[attr-defined]
        copy.write(sink.getbuffer())


def scored(database: Database, source: Path) -> Found:
    """The batch over the store, assessments written."""
    return {"changed": score_store(database, POLICY, LATER, HANDS[0], clock).changed}


def parquet(database: Database, source: Path) -> Found:
    """The same district scored from its files into files: reading, clustering, scoring."""
    score_sources([SourceSpec("canonical", source)], POLICY, LATER, source.parent / "scored")
    return {}


def single(database: Database, source: Path) -> Found:
    """One hundred facts, one after the other, each checked, scored and committed."""
    scoring: list[float] = []
    inner = Rescorer.score

    def timed(self: Rescorer, *given: object) -> object:
        start = time.perf_counter()
        try:
            return inner(self, *given)  # type: ignore[arg-type]
        finally:
            scoring.append((time.perf_counter() - start) * 1000)

    Rescorer.score = timed  # type: ignore[method-assign,assignment]
    recorder, reader, rng = Recorder(database, HANDS[0], clock), RecordReader(), random.Random(1)
    ids, times = _ids(database, 2_000), []
    for _ in range(103):
        start = time.perf_counter()
        recorder.record(TypedFacts(LATER, reader).add(rng.choice(ids), FACT, "bench"), POLICY, LATER)
        times.append((time.perf_counter() - start) * 1000)
    return {"median_ms": _median(times[3:]), "p95_ms": _p95(times[3:]), "scoring_ms": _median(scoring[3:])}


def writers(database: Database, source: Path) -> Found:
    """Fifty writers on twenty enterprises, open loop: a fact is due every 40 ms whether or not the last one is done."""
    return _many(database, FACTS, PER_SECOND)


def closed(database: Database, source: Path) -> Found:
    """The same writers as fast as they go: for the order, and the throughput."""
    return _many(database, 400, None)


def _many(database: Database, facts: int, per_second: int | None) -> Found:
    recorder, reader, hot = Recorder(database, HANDS[0], clock), RecordReader(), _ids(database, HOT)
    for who in hot:  # a server has planned its questions long since
        recorder.record(TypedFacts(LATER, reader).add(who, FACT, "bench"), POLICY, LATER)
    history: list[tuple[str, float, float, int]] = []
    errors, begin, lock = [0], time.perf_counter() + 0.5, threading.Lock()

    def work(n: int) -> None:
        due = begin + n / per_second if per_second else time.perf_counter()
        time.sleep(max(0.0, due - time.perf_counter()))
        who = hot[n % HOT]
        try:
            seq = recorder.record(TypedFacts(LATER, reader).add(who, FACT, "bench"), POLICY, LATER).seq
        except (OSError, ValueError):
            errors[0] += 1
            return
        with lock:
            history.append((who, due, time.perf_counter(), seq))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(work, range(facts)))
    with database.read() as connection:
        kept = set(
            connection.exec_driver_sql("SELECT seq FROM record_version WHERE source = 'single'").scalars()
        )
    times = [(done - due) * 1000 for _, due, done, _ in history]
    spent = max(done for _, _, done, _ in history) - begin
    return {
        "facts": facts,
        "errors": errors[0],
        "lost": sum(seq not in kept for *_, seq in history),
        "disorder": _disorder(history),
        "median_ms": _median(times),
        "p95_ms": _p95(times),
        "per_second": round(facts / spent, 1),
    }


def _disorder(history: list[tuple[str, float, float, int]]) -> int:
    """Pairs of facts of one enterprise of which the one was done before the other began, yet came later."""
    wrong = 0
    for who in {one[0] for one in history}:
        mine = [one for one in history if one[0] == who]
        wrong += sum(a[2] < b[1] and a[3] > b[3] for a in mine for b in mine)
    return wrong


def _ids(database: Database, n: int) -> list[str]:
    with database.read() as connection:
        found = (
            select(Standing.enterprise_id)
            .where(Standing.colour.is_not(None))
            .order_by(Standing.enterprise_id)
            .limit(n)
        )
        return list(connection.execute(found).scalars())


def _median(times: list[float]) -> float:
    return round(statistics.median(times), 1)


def _p95(times: list[float]) -> float:
    return round(statistics.quantiles(times, n=20)[-1], 1)


MEASURES: dict[str, Callable[[Database, Path], Found]] = {
    "import": imported,
    "again": again,
    "rows": rows,
    "score": scored,
    "parquet": parquet,
    "single": single,
    "writers": writers,
    "closed": closed,
}


def main() -> None:
    """Runs one measure and prints its figures, the seconds and the peak of memory."""
    what, address, source = sys.argv[1:]
    database = Database(address)
    start, worked = time.perf_counter(), time.process_time()
    found = MEASURES[what](database, Path(source))
    seconds, cpu = time.perf_counter() - start, time.process_time() - worked
    measured = {"seconds": round(seconds, 2), "cpu": round(cpu, 2), "peak_mb": peak_megabytes()}
    print(json.dumps({**measured, **found}))


if __name__ == "__main__":
    main()
