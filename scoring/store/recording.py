"""Single facts: the version, the assessments that follow from it and the log entry commit together, or nothing does."""

from __future__ import annotations

import queue
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from scoring.engine.cases import Case
from scoring.engine.duckdb import DuckEngine
from scoring.engine.results import Wide
from scoring.errors import StoreError
from scoring.policy.load import PolicyVersion
from scoring.records.versions import Linker
from scoring.store.assessing import covers
from scoring.store.database import Database
from scoring.store.family import Fact, branches_of, parents_of, versions_of
from scoring.store.models import Assessment, EnterpriseVersion, Head, RecordVersion, Standing
from scoring.store.pending import open_proposals
from scoring.store.policies import keep_policy
from scoring.store.results import KEPT, Computed, computed, key_of
from scoring.store.standing import Changed, Stored, differing, store_assessments
from scoring.store.writing import Clock, Writing, writing

BENCHES = 4
"""Facts that are scored at once: each takes a core and some 40 MB, and a fact that waits is scored once, not twice."""
ATTEMPTS = 50
"""How often a fact is scored again because another writer was faster: far more than fifty writers on one enterprise cause."""


@dataclass(frozen=True)
class Entry:
    """A fact to be entered.

    Attributes:
        kind: ``added``, ``corrected``, ``withdrawn`` or ``restored``: the log's word for it.
        row: Canonical columns of the new version.
        ground: Why.
        document: The document behind it.
        emergency: Ground of an emergency: a worse colour takes effect at once.
    """

    kind: str
    row: Fact
    ground: str
    document: str | None = None
    emergency: str | None = None


@dataclass(frozen=True)
class Recorded:
    """What became of a fact: its ``seq``, its log entry, and the assessments that it changed (with those of a legal person)."""

    seq: int
    event: int
    changed: tuple[Changed, ...]
    attempts: int


class Recorder:
    """Enters single facts; many threads may use one.

    Args:
        database: The store.
        actor: Who enters.
        clock: The time.
    """

    def __init__(self, database: Database, actor: str, clock: Clock) -> None:
        self.database, self.actor, self.clock = database, actor, clock
        self._benches: queue.LifoQueue[_Bench | None] = queue.LifoQueue()
        for _ in range(BENCHES):
            self._benches.put(None)

    def record(self, make: Callable[[Connection], Entry], version: PolicyVersion, as_of: date) -> Recorded:
        """Enters one fact and rescores its enterprise.

        Args:
            make: Gives the fact from what is stored; it may refuse. Asked again when another writer was faster.
            version: The policy.
            as_of: The day of the assessment.

        Raises:
            StoreError: The fact does not fit what is stored, or others keep being faster.
        """
        bench = self._benches.get() or _Bench()
        try:
            for attempt in range(1, ATTEMPTS + 1):
                with self.database.read() as connection:
                    entry = make(connection)
                    seen = _see(connection, entry, version)
                scored = bench.score(seen, version, as_of, entry.emergency is not None)
                with writing(self.database, self.actor, self.clock) as w:
                    if _moved(w.connection, seen, version):
                        continue
                    return self._commit(w, entry, scored, version, as_of, attempt)
        finally:
            self._benches.put(bench)
        raise StoreError(
            zh=f"这一户正被频繁改动，重试 {ATTEMPTS} 次仍未写入，未作任何改动；请稍后重试",
            en=f"this enterprise keeps being changed by others, {ATTEMPTS} tries were in vain, nothing was changed; try again later",
        )

    def _commit(self, w: Writing, entry: Entry, scored: Sequence[Changed], version: PolicyVersion, as_of: date, attempt: int) -> Recorded:
        seq = w.seqs(1)[0]
        w.insert(RecordVersion, [{**entry.row, "seq": seq, "ground": entry.ground, "document": entry.document}])
        if scored:
            keep_policy(w, version)
            store_assessments(w, version, as_of, seq, scored)
        payload = {"record_id": entry.row["record_id"], "seq": seq, "as_of": as_of.isoformat(), "policy": version.sha256}
        event = w.log(f"record {entry.kind}", payload | ({"emergency": entry.emergency} if entry.emergency else {}))
        return Recorded(seq, event, tuple(scored), attempt)


@dataclass(frozen=True)
class _Seen:
    """What was read before the lock: for each enterprise concerned its versions and its standing; and the mark that shows a conflict."""

    enterprises: Mapping[str, Sequence[Fact]]
    records: Mapping[str, Sequence[Fact]]
    standing: Mapping[str, Stored]
    pending: Mapping[str, Any]
    covers: frozenset[str]
    family: frozenset[str]
    mark: tuple[object, ...] = field(default=())


def _see(connection: Connection, entry: Entry, version: PolicyVersion) -> _Seen:
    own = entry.row["enterprise_id"]
    concerned = [own, *parents_of(connection, own)]
    branches = {one: [one, *branches_of(connection, one)] for one in concerned}
    family = frozenset(one for group in branches.values() for one in group)
    enterprises = versions_of(connection, EnterpriseVersion, family)
    new = dict.fromkeys(RecordVersion.__table__.columns.keys()) | dict(entry.row)
    records = [*versions_of(connection, RecordVersion, family), {**new, "seq": connection.execute(select(Head.seq)).scalar_one() + 1}]
    seen = _Seen(
        {one: [row for row in enterprises if row["enterprise_id"] in branches[one]] for one in concerned},
        {one: [row for row in records if row["enterprise_id"] in branches[one]] for one in concerned},
        _stood(connection, version.policy.id, concerned),
        open_proposals(connection, version.policy, concerned),
        covers(connection),
        family,
    )
    return replace(seen, mark=_mark(connection, family, version.policy.id))


def _mark(connection: Connection, family: frozenset[str], policy_id: str) -> tuple[object, ...]:
    """What another writer of these enterprises changes: their last fact, their last assessment, their steps."""
    ids = sorted(family)
    last = [
        connection.execute(select(func.max(t.seq)).where(t.enterprise_id.in_(ids))).scalar() for t in (EnterpriseVersion, RecordVersion)
    ]
    latest = select(func.max(Standing.latest)).where(Standing.policy_id == policy_id, Standing.enterprise_id.in_(ids))
    return (*last, connection.execute(latest).scalar(), connection.execute(select(Head.step)).scalar_one())


def _moved(connection: Connection, seen: _Seen, version: PolicyVersion) -> bool:
    return _mark(connection, seen.family, version.policy.id) != seen.mark


def _stood(connection: Connection, policy_id: str, ids: Sequence[str]) -> dict[str, Stored]:
    of = (Standing.enterprise_id, Standing.in_effect, Standing.name, Standing.colour, Standing.band, Standing.latest)
    kept = [getattr(Assessment, name) for name in KEPT]
    rows = connection.execute(
        select(*of, Assessment.state, Assessment.policy_sha256, Assessment.as_of, *kept)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(and_(Standing.policy_id == policy_id, or_(*(Standing.enterprise_id == one for one in ids))))
    ).all()
    return {row[0]: Stored(row[1], row[2], row[3], row[4], row[5], row[6], row[7], key_of(row[9:])) for row in rows}


class _Bench:
    """An engine and a linker of one thread."""

    def __init__(self) -> None:
        self.engine, self.linker = DuckEngine(threads=1, memory="300MB"), Linker()

    def score(self, seen: _Seen, version: PolicyVersion, as_of: date, emergency: bool) -> list[Changed]:
        """What changes for each enterprise concerned."""
        results = [result for one in seen.enterprises for result in self._one(one, seen, version, as_of)]
        return list(differing(results, seen.standing, seen.pending, version, as_of, emergency=emergency))

    def _one(self, enterprise_id: str, seen: _Seen, version: PolicyVersion, as_of: date) -> list[Computed]:
        tables = self.engine.hold(*self.linker.link(seen.enterprises[enterprise_id], seen.records[enterprise_id], enterprise_id))
        bands = [band.id for band in version.policy.bands]
        before = seen.standing.get(enterprise_id)
        prior = bands.index(before.band) if before and before.band in bands else None
        case = Case(enterprise_id, enterprise_id, as_of, prior)
        wide = Wide.of(self.engine.cases(version.policy, [case], seen.covers, tables), version.policy)
        return list(computed(wide, version))
