"""Past assessments computed again from what was known then: the facts up to their ``seq``, their policy, day and prior band.

Each assessment is scored as an enterprise of its own, so that one query computes hundreds, of whatever days and states of the store.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from scoring.engine.cases import Case
from scoring.engine.duckdb import DuckEngine
from scoring.engine.results import DecidedRows
from scoring.entities import Progress, silent
from scoring.errors import UsageError
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.link.versions import Linker
from scoring.store.standing.computed import KEPT, Computed, computed
from scoring.store.standing.policies import stored_version
from scoring.store.tables.database import Database
from scoring.store.tables.orm import (
    Assessment,
    Base,
    EnterpriseVersion,
    Erased,
    RecordVersion,
    SourceMapVersion,
    table_of,
)
from scoring.store.tables.writing import Clock, writing

AT_ONCE = 400
"""Assessments that one query computes."""
TOLD = (*KEPT, "reasons", "coverage", "n_records", "given")
"""Columns of an assessment that follow from facts, policy, day and prior band."""

Fact = Mapping[str, Any]


@dataclass(frozen=True)
class Auditor:
    """Who may look at what restoration has since taken out of use, and what for.

    Attributes:
        name: The account.
        purpose: Why; it is logged before anything is computed.
    """

    name: str
    purpose: str


@dataclass(frozen=True)
class Different:
    """A past assessment that does not follow from what was known: the column, what is stored, what was computed."""

    number: int
    enterprise_id: str
    column: str
    stored: object
    computed: object


@dataclass
class Replayed:
    """Verdicts.

    Attributes:
        equal: How many assessments follow from what was known.
        gone: (assessment, deletion event): not replayable, because a fact behind it was lawfully deleted.
        withheld: Assessments that use a record which was restored after their day, as long as no auditor asks.
        different: What does not follow: the only failure.
    """

    equal: int = 0
    gone: list[tuple[int, int]] = field(default_factory=list)
    withheld: list[int] = field(default_factory=list)
    different: list[Different] = field(default_factory=list)


@dataclass(frozen=True)
class _Past:
    """One assessment, and what was known of its enterprise and branches."""

    row: Fact
    enterprises: Sequence[Fact]
    records: Sequence[Fact]
    deletion: int | None
    restored: bool


def replay(
    database: Database,
    numbers: Sequence[int] | None,
    clock: Clock,
    auditor: Auditor | None = None,
    progress: Progress = silent,
) -> Replayed:
    """Computes past assessments again.

    Args:
        database: The store.
        numbers: Which; ``None`` for all.
        clock: The time, for the log entry of an auditor's look.
        auditor: Who looks at records that have been restored since, and why.
        progress: Called with the stage and the share done.

    Raises:
        UsageError: An auditor without a name or a purpose.
    """
    if auditor and not (auditor.name.strip() and auditor.purpose.strip()):
        raise UsageError(
            "重算会用到已修复的记录，须写明审计人和目的，例如 --auditor 审计甲 --purpose “复核申请 2026-15”",
            'replaying what has been restored needs the auditor and a purpose, e.g. --auditor a.chen --purpose "request 2026-15"',
        )
    with database.read() as connection:
        wanted = sorted(
            connection.execute(select(Assessment.number)).scalars() if numbers is None else numbers
        )
    if auditor:
        with writing(database, auditor.name, clock) as w:
            w.log(
                "replayed",
                {
                    "role": "auditor",
                    "purpose": auditor.purpose,
                    "assessments": len(wanted),
                    "last": max(wanted, default=0),
                },
            )
    found = Replayed()
    with database.read() as connection, DuckEngine(2) as engine:
        reader = _Reader(connection)
        for start in range(0, len(wanted), AT_ONCE):
            progress("replay", start / len(wanted))
            _judge(
                found,
                list(reader.pasts(wanted[start : start + AT_ONCE])),
                reader,
                engine,
                with_restored=auditor is not None,
            )
    progress("replay", 1.0)
    return found


def _judge(
    found: Replayed, pasts: Sequence[_Past], reader: _Reader, engine: DuckEngine, *, with_restored: bool
) -> None:
    """Adds the verdicts over some assessments."""
    found.withheld += [past.row["number"] for past in pasts if past.restored and not with_restored]
    shown = [past for past in pasts if with_restored or not past.restored]
    results = dict(_computed(shown, reader, engine))
    for past in shown:
        number = past.row["number"]
        wrong = _difference(past.row, results.get(number))
        if wrong is None:
            found.equal += 1
        elif past.deletion is not None:
            found.gone.append((number, past.deletion))
        else:
            found.different.append(wrong)


def _difference(row: Fact, result: Computed | None) -> Different | None:
    for column in TOLD:
        now = getattr(result, column, None)
        if result is None or now != row[column]:
            return Different(row["number"], row["enterprise_id"], column, row[column], now)
    return None


def _computed(pasts: Sequence[_Past], reader: _Reader, engine: DuckEngine) -> Iterator[tuple[int, Computed]]:
    """Results by number, a query for each policy and set of covered kinds."""

    def kind(past: _Past) -> tuple[str, list[str]]:
        return past.row["policy_sha256"], sorted(reader.covers(past.row["event"]))

    for (sha256, covers), group in groupby(sorted(pasts, key=kind), key=kind):
        version = reader.policy(sha256)
        bands = [band.id for band in version.policy.bands]
        enterprises: list[Fact] = []
        records: list[Fact] = []
        cases: list[Case] = []
        for past in group:
            own, prior = str(past.row["number"]), past.row["prior_band"]
            for rows, linked in zip((enterprises, records), reader.linked(past), strict=True):
                rows += [{**row, "enterprise_id": own} for row in linked]
            cases.append(Case(own, own, past.row["as_of"], bands.index(prior) if prior in bands else None))
        wide = DecidedRows.of(
            engine.cases(version, cases, frozenset(covers), engine.hold(enterprises, records)),
            version.policy,
        )
        yield from ((int(result.enterprise_id), result) for result in computed(wide, version))


class _Reader:
    """Reads what was known when; keeps policies and covered kinds, which are few."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._linker = connection, Linker()
        self._policies: dict[str, ResolvedPolicy] = {}
        maps = connection.execute(select(SourceMapVersion.event, SourceMapVersion.covers)).all()
        self._maps = [(event, frozenset(json.loads(covers))) for event, covers in maps]
        told = table_of(RecordVersion).c
        restored = select(told.record_id, told.restored_on).where(told.restored_on.is_not(None))
        self._restored: dict[str, date] = {}
        for record_id, day in connection.execute(restored):
            self._restored[record_id] = min(day, self._restored.get(record_id, day))

    def covers(self, event: int) -> frozenset[str]:
        """Kinds that the store's sources covered when an entry was written."""
        return frozenset().union(*(kinds for brought, kinds in self._maps if brought < event))

    def policy(self, sha256: str) -> ResolvedPolicy:
        """A policy as it scored, from the store's own copy."""
        if sha256 not in self._policies:
            self._policies[sha256] = stored_version(self._connection, sha256)
        return self._policies[sha256]

    def linked(self, past: _Past) -> tuple[list[Fact], list[Fact]]:
        """Versions of the enterprise and its records as the engine takes them."""
        return self._linker.link(past.enterprises, past.records, past.row["enterprise_id"])

    def pasts(self, numbers: Sequence[int]) -> Iterator[_Past]:
        """Assessments with what was known of their enterprises."""
        rows = self._rows(Assessment, "number", numbers)
        branches = self._branches({row["enterprise_id"] for row in rows})
        everybody = {*branches, *(one for group in branches.values() for one in group)}
        enterprises = self._by_enterprise(self._rows(EnterpriseVersion, "enterprise_id", sorted(everybody)))
        records = self._by_enterprise(self._rows(RecordVersion, "enterprise_id", sorted(everybody)))
        erased = self._by_enterprise(self._rows(Erased, "enterprise_id", sorted(everybody)))
        for row in rows:
            family = [row["enterprise_id"], *branches[row["enterprise_id"]]]
            listed, told, gone = (_until(row["seq"], of, family) for of in (enterprises, records, erased))
            used = any(self._restored.get(fact["record_id"], date.min) > row["as_of"] for fact in told)
            yield _Past(row, listed, told, max((fact["event"] for fact in gone), default=None), used)

    def _branches(self, ids: set[str]) -> dict[str, list[str]]:
        """Whoever has ever named an enterprise as legal person; the linking asks for the version that counts."""
        found: dict[str, list[str]] = {one: [] for one in ids}
        listed = table_of(EnterpriseVersion).c
        for part in _parts(sorted(ids)):
            named = select(listed.parent_id, listed.enterprise_id).where(listed.parent_id.in_(part))
            for parent, branch in self._connection.execute(named.distinct()):
                if branch != parent:
                    found[parent].append(branch)
        return found

    def _rows(self, model: type[Base], column: str, values: Sequence[Any]) -> list[Fact]:
        table = table_of(model)
        parts = (select(table).where(table.c[column].in_(part)) for part in _parts(values))
        return [dict(row) for part in parts for row in self._connection.execute(part).mappings()]

    @staticmethod
    def _by_enterprise(rows: Sequence[Fact]) -> Mapping[str, list[Fact]]:
        found: dict[str, list[Fact]] = defaultdict(list)
        for row in rows:
            found[row["enterprise_id"]].append(row)
        return found


def _until(seq: int, facts: Mapping[str, list[Fact]], family: Sequence[str]) -> list[Fact]:
    return [fact for one in family for fact in facts.get(one, ()) if fact["seq"] <= seq]


def _parts(items: Sequence[Any], size: int = 500) -> Iterator[Sequence[Any]]:
    for at in range(0, len(items), size):
        yield items[at : at + size]
