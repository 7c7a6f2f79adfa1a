"""The batch over what is stored: facts as of a ``seq``, the engine, and a new assessment only where the result or its state changed."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, func, select

from scoring.engine.cases import Relations
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.results import Wide
from scoring.errors import StoreError
from scoring.policy.load import PolicyVersion
from scoring.records.intake import id_ranges
from scoring.records.versions import cluster_versions
from scoring.store.bulk import insert_sealed, read_rows, upsert
from scoring.store.database import Database
from scoring.store.decision import IN_EFFECT, PROPOSED, Decision, Pending, decide
from scoring.store.facts import versions
from scoring.store.models import Assessment, Head, PolicyText, ScoreRun, SourceMapVersion, Standing
from scoring.store.pending import open_proposals
from scoring.store.results import KEPT, Computed, computed, key_of
from scoring.store.sealing import NOT_SEALED
from scoring.store.writing import Clock, Writing, writing

Progress = Callable[[str, float], None]
RANGE = 50_000
"""Enterprises whose assessments commit together: a killed run loses at most so many, and holds the lock for seconds."""
MEMORY = "500MB"


@dataclass(frozen=True)
class Stored:
    """What stood about an enterprise: band in effect, the latest assessment and what it said."""

    in_effect: int | None
    name: str | None
    colour: str | None
    band: str | None
    latest: int
    state: str
    policy_sha256: str
    key: tuple[object, ...]


@dataclass
class Scored:
    """What a run did.

    Attributes:
        enterprises: Enterprises scored.
        changed: New assessments.
        proposed: Those of them that wait.
        colours: Enterprises by computed colour (``None``: not rated).
    """

    as_of: date
    seq: int
    enterprises: int = 0
    changed: int = 0
    proposed: int = 0
    colours: Counter[str | None] = field(default_factory=Counter)


@dataclass(frozen=True)
class Changed:
    """A result that is not what the latest assessment said, with what becomes of it."""

    result: Computed
    decision: Decision
    prior: str | None
    before: Stored | None


def score_store(
    database: Database, version: PolicyVersion, as_of: date, actor: str, clock: Clock, *, progress: Progress = lambda step, share: None
) -> Scored:
    """Scores every enterprise and stores what changed; run again after a kill it does what was left.

    Args:
        database: The store.
        version: The policy.
        as_of: The day; not before the last one that was scored.
        actor: Who runs it.
        clock: The time.
        progress: Called with a step and the share done.

    Raises:
        StoreError: The day is before the last one that was scored.
        EnvironmentRefusedError: The database or the disk refuses.
    """
    with tempfile.TemporaryDirectory(prefix="sise-") as folder, DuckEngine(2, MEMORY, Path(folder) / "spill") as engine:
        with database.read() as connection:
            refuse_looking_back(connection, version.policy.id, as_of)
            found = Snapshot.take(connection, Path(folder), progress)
        run = Scored(as_of, found.seq)
        with writing(database, actor, clock) as w:
            if keep_policy(w, version):
                w.log("policy", {"policy": version.sha256})
        for n, ids in enumerate(found.ranges):
            progress("score", n / len(found.ranges))
            _score_range(database, version, run, found, engine, ids, actor, clock)
        with writing(database, actor, clock) as w:
            row = {"event": w.next_event, "policy_id": version.policy.id, "policy_sha256": version.sha256, "as_of": as_of, "seq": run.seq}
            w.insert(ScoreRun.__table__, [{**row, "enterprises": run.enterprises, "changed": run.changed}])
            w.log("scored", {"policy": version.sha256, "as_of": as_of.isoformat(), "seq": run.seq})
    progress("score", 1.0)
    return run


@dataclass(frozen=True)
class Snapshot:
    """The facts up to ``seq`` as clustered files, what the sources cover and the ranges of ids."""

    seq: int
    clustered: Clustered
    ranges: Sequence[tuple[str, str]]

    @classmethod
    def take(cls, connection: Connection, folder: Path, progress: Progress, seq: int | None = None) -> Snapshot:
        """Reads the facts of the connection's state, up to ``seq`` if it is given."""
        progress("facts", 0.0)
        upto = connection.execute(select(Head.seq)).scalar_one() if seq is None else seq
        kinds = covers(connection)
        paths = cluster_versions(versions(connection, "enterprises", seq), versions(connection, "records", seq), kinds, folder, memory=MEMORY)
        progress("facts", 1.0)
        return cls(upto, Clustered(*paths, kinds), id_ranges(paths[0], RANGE))


def covers(connection: Connection) -> frozenset[str]:
    """Kinds that the sources of the store cover together."""
    return frozenset(kind for (text,) in connection.execute(select(SourceMapVersion.covers)).all() for kind in json.loads(text))


def refuse_looking_back(connection: Connection, policy_id: str, as_of: date) -> None:
    """Refuses a day before the last one that was scored: a colour in effect does not change by looking back.

    Raises:
        StoreError: It is before.
    """
    last = connection.execute(select(func.max(ScoreRun.as_of)).where(ScoreRun.policy_id == policy_id)).scalar_one()
    if last is not None and as_of < last:
        raise StoreError(
            zh=f"{as_of} 早于上次评价日期 {last}；现行颜色不因回看而改变，请用 {last} 或以后的日期，回看请用 sise explain --db --as-of {as_of}",
            en=f"{as_of} is before the last day scored, {last}; looking back changes no colour: give {last} or later, "
            f"or look back with `sise explain --db --as-of {as_of}`",
        )


def keep_policy(w: Writing, version: PolicyVersion) -> bool:
    """Stores the text of a policy under its hash, once; whether it was new, for the caller's log entry."""
    if w.connection.execute(select(PolicyText.sha256).where(PolicyText.sha256 == version.sha256)).first():
        return False
    policy = version.policy
    row = {"sha256": version.sha256, "policy_id": policy.id, "version": policy.version, "status": version.status}
    content = policy.model_dump_json(by_alias=True, exclude_none=True)
    w.insert(PolicyText.__table__, [{**row, "content": content, "text": version.text}])
    return True


def _score_range(
    database: Database, version: PolicyVersion, run: Scored, found: Snapshot, engine: DuckEngine, ids: tuple[str, str], actor: str, clock: Clock
) -> None:
    with database.read() as connection:
        standing = stood(connection, version.policy.id, ids)
        pending = open_proposals(connection, version.policy)
    wide = _computed(engine, version, run.as_of, found, standing, ids)
    results = list(computed(wide, version))
    run.enterprises += len(results)
    run.colours.update(result.colour for result in results)
    changed = list(differing(results, standing, pending, version, run.as_of))
    if not changed:
        return
    with writing(database, actor, clock) as w:
        overtaken = _overtaken(w.connection, version.policy.id, ids, max((s.latest for s in standing.values()), default=0))
        kept = [change for change in changed if change.result.enterprise_id not in overtaken]
        if kept:
            store_assessments(w, version, run.as_of, run.seq, kept)
            w.log("assessed", {"policy": version.sha256, "as_of": run.as_of.isoformat(), "seq": run.seq, "covers": sorted(found.clustered.covers)})
            run.changed += len(kept)
            run.proposed += sum(change.decision.state == PROPOSED for change in kept)


def _computed(
    engine: DuckEngine, version: PolicyVersion, as_of: date, found: Snapshot, standing: dict[str, Stored], ids: tuple[str, str]
) -> Wide:
    policy = version.policy
    bands = [band.id for band in policy.bands]
    prior = [(who, bands.index(s.band)) for who, s in standing.items() if s.band in bands]
    tables: Relations = engine.with_prior(
        engine.files(found.clustered),
        pa.table(
            {"prior_enterprise_id": pa.array([who for who, _ in prior], pa.string()), "prior_band_no": pa.array([n for _, n in prior], pa.int32())}
        ),
    )
    return Wide.of(next(iter(engine.batch(policy, as_of, found.clustered.covers, tables, [ids]))), policy)


def stood(connection: Connection, policy_id: str, ids: tuple[str, str]) -> dict[str, Stored]:
    """What stood about the enterprises within two ids (both included)."""
    texts = ("name", "colour", "band", "state", "policy_sha256")
    form = pa.schema(
        [("enterprise_id", pa.string()), ("in_effect", pa.int64()), ("latest", pa.int64()), *((f"s_{n}", pa.string()) for n in texts),
         *((name, pa.int64() if name == "points" else pa.string()) for name in KEPT)]
    )  # fmt: skip
    text = (
        f"SELECT s.enterprise_id, s.in_effect, s.latest, s.name, s.colour, s.band, a.state, a.policy_sha256, {', '.join(f'a.{n}' for n in KEPT)} "
        "FROM standing s JOIN assessment a ON a.number = s.latest WHERE s.policy_id = ? AND s.enterprise_id BETWEEN ? AND ?"
    )
    found: dict[str, Stored] = {}
    for table in read_rows(connection, text, form, (policy_id, *ids)):
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            found[row[0]] = Stored(row[1], row[3], row[4], row[5], row[2], row[6], row[7], key_of(row[8:]))
    return found


def differing(
    results: Sequence[Computed], standing: dict[str, Stored], pending: dict[str, Pending], version: PolicyVersion, as_of: date, *,
    emergency: bool = False,
) -> Iterator[Changed]:
    """Results that the latest assessment does not say already, each with what becomes of it."""
    bands = [band.id for band in version.policy.bands]
    for result in results:
        before = standing.get(result.enterprise_id)
        prior = bands.index(before.band) if before and before.band in bands else None
        band = bands.index(result.band) if result.band is not None else None
        decision = decide(version.policy, as_of, prior, band, pending.get(result.enterprise_id), emergency=emergency)
        same = before and before.key == result.key and before.policy_sha256 == version.sha256 and before.state == decision.state
        if not same:
            yield Changed(result, decision, bands[prior] if prior is not None else None, before)


def _overtaken(connection: Connection, policy_id: str, ids: tuple[str, str], latest: int) -> set[str]:
    """Enterprises that somebody else has assessed since this range was read."""
    rows = connection.execute(
        select(Standing.enterprise_id).where(
            Standing.policy_id == policy_id, Standing.latest > latest, Standing.enterprise_id.between(*ids)
        )
    )
    return {row.enterprise_id for row in rows}


def store_assessments(w: Writing, version: PolicyVersion, as_of: date, seq: int, changed: Sequence[Changed]) -> range:
    """Adds assessments and moves the standings; the caller logs. Returns the numbers given."""
    numbers = w.assessments(len(changed))
    columns = [column for column in Assessment.__table__.columns if column.name not in NOT_SEALED]
    rows = [_assessment(change, number, version, as_of, seq, w.next_event) for change, number in zip(changed, numbers, strict=True)]
    table = pa.table([pa.array([row[c.name] for row in rows], _arrow(c)) for c in columns], names=[c.name for c in columns])
    w.binds("assessment", insert_sealed(w.connection, "assessment", table))
    standings = [_standing(change, number, version.policy.id) for change, number in zip(changed, numbers, strict=True)]
    names = [column.name for column in Standing.__table__.columns]
    upsert(w.connection, Standing.__table__, pa.table([pa.array([s[c.name] for s in standings], _arrow(c)) for c in Standing.__table__.columns], names=names))
    return numbers


def _arrow(column: Any) -> pa.DataType:
    kind = column.type.python_type
    return {int: pa.int64(), str: pa.string(), bool: pa.bool_(), date: pa.date32()}[kind]


def _assessment(change: Changed, number: int, version: PolicyVersion, as_of: date, seq: int, event: int) -> dict[str, Any]:
    result, decision = change.result, change.decision
    own = {name: value for name, value in vars(result).items() if name != "name"}
    return {
        "number": number, **own, "policy_id": version.policy.id, "policy_sha256": version.sha256, "as_of": as_of, "seq": seq,
        "prior_band": change.prior, "state": decision.state, "reviewers": decision.reviewers, "notice_until": decision.notice_until, "event": event,
    }  # fmt: skip


def _standing(change: Changed, number: int, policy_id: str) -> dict[str, Any]:
    result, before = change.result, change.before
    row = {"policy_id": policy_id, "enterprise_id": result.enterprise_id, "latest": number}
    if change.decision.state == IN_EFFECT or before is None:
        return {**row, "name": result.name, "colour": result.colour, "band": result.band, "in_effect": number, "proposed": False}
    return {**row, "name": before.name, "colour": before.colour, "band": before.band, "in_effect": before.in_effect, "proposed": True}
