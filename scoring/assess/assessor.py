"""Assesses enterprises whose tables are open in an engine.

This is what pages, histories and forecasts ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, cast

from scoring.engine import results
from scoring.engine.cases import Case, Relations
from scoring.engine.duckdb import DuckEngine
from scoring.engine.field_results import fields as field_results
from scoring.engine.results import DecidedRows
from scoring.engine.snapshot import NOT_KNOWN
from scoring.entities import Colour, Contribution, FieldResult, Score, codes
from scoring.errors import UnknownEnterpriseError
from scoring.policy.resolved import ResolvedPolicy
from scoring.sql.literals import literal

STATES = tuple(codes()["states"])
Record = Mapping[str, Any]
"""A version of a record: canonical columns by name."""
Trace = Mapping[str, object]
"""How a version of a record stood on a day."""


class Snapshot(NamedTuple):
    """The records known on a day: those that counted, and others with the rule that drops them."""

    counted: tuple[Record, ...]
    excluded: tuple[tuple[Record, str], ...]


class ScoredDay(NamedTuple):
    """A result of one enterprise on one day, with its points by indicator where they are not 0."""

    score: Score
    points: Mapping[str, int]


@dataclass(frozen=True)
class Assessed:
    """One enterprise assessed, with what an explanation needs.

    Attributes:
        score: The result.
        contributions: Its contributions, ordered by indicator id.
        enterprise: The version of the enterprise in force on the day.
        records: Its record versions, each with ``excluded`` (the rule that dropped it, or
            ``None``), ``age`` in days, ``weights``: percent by indicator id, and under a set of
            relations ``state``: open or mended.
        prior: Number of the band in effect before, where one was given (0 is best).
        change: What became of that band, as in ``changes.parquet``, where one was given and the
            enterprise is rated.
        fields: What it has in each field in which it is active, ordered by field.
    """

    score: Score
    contributions: tuple[Contribution, ...]
    enterprise: Mapping[str, object]
    records: tuple[Record, ...]
    prior: int | None = None
    change: Mapping[str, object] | None = None
    fields: tuple[FieldResult, ...] = ()

    @property
    def snapshot(self) -> Snapshot:
        """What counted that day and what did not."""
        counted = tuple(record for record in self.records if record["excluded"] is None)
        # What became known later was no part of that day, not even as something that does not count.
        excluded = [record for record in self.records if record["excluded"] not in (None, NOT_KNOWN)]
        return Snapshot(counted, tuple((record, str(record["excluded"])) for record in excluded))


class Assessor:
    """Assesses enterprises of one set of clustered tables under one policy, one or many at a time.

    Args:
        engine: An open DuckDB engine; the caller closes it.
        version: The policy.
        covers: Kinds that the sources cover.
        tables: The clustered tables in that engine.
        ranges: Bounds of their enterprise ids; needed for ``batch`` and ``only_id``.
        single: An open engine for queries on one enterprise; by default one is opened when needed.
    """

    def __init__(
        self,
        engine: DuckEngine,
        version: ResolvedPolicy,
        covers: frozenset[str],
        tables: Relations,
        ranges: Sequence[tuple[str, str]] = (),
        single: DuckEngine | None = None,
    ) -> None:
        self.engine, self.version, self.covers = engine, version, covers
        self.tables, self.ranges = tables, ranges
        self._single = single

    def batch(self, as_of: date) -> list[DecidedRows]:
        """All enterprises on one day; without any, one empty result."""
        ranges = self.ranges or [("", "")]
        tables = self.engine.batch(self.version, as_of, self.covers, self.tables, ranges)
        return [DecidedRows.of(table, self.version.policy) for table in tables]

    def only_id(self) -> str:
        """Id of the first enterprise, normalised as it was read.

        Raises:
            UnknownEnterpriseError: There is none.
        """
        if not self.ranges:
            raise UnknownEnterpriseError("enterprise_not_given")
        return self.ranges[0][0]

    def scores(self, enterprise_ids: Sequence[str], days: Sequence[date]) -> list[Score]:
        """Scores of every enterprise on every day, in one query; unknown enterprises give none."""
        cases = []
        for enterprise_id in enterprise_ids:
            cases += [Case(f"{enterprise_id}|{day}", enterprise_id, day) for day in days]
        if not cases:
            return []
        score_rows = results.scores(self._decide(cases), self.version).to_pylist()
        return list(map(to_score, score_rows))

    def timeline(self, enterprise_id: str, days: Sequence[date]) -> list[ScoredDay]:
        """Score and points by indicator of one enterprise on each day, in one query.

        ``scale_limit`` is one of the indicators. Days on which the enterprise was not known give none.
        """
        return self.scored([Case(str(day), enterprise_id, day) for day in days])

    def scored(self, cases: Sequence[Case]) -> list[ScoredDay]:
        """Score and points by indicator of many cases, in one query; who was not known that day gives none."""
        if not cases:
            return []
        decided_rows = self._decide(cases)
        scored_days = []
        scores = results.scores(decided_rows, self.version).to_pylist()
        for score_row, points in zip(scores, decided_rows.points.tolist(), strict=True):
            score = to_score(score_row)
            scored_days.append(ScoredDay(score, self._points_by_indicator(score, points)))
        return scored_days

    def _points_by_indicator(self, score: Score, points: Sequence[int]) -> dict[str, int]:
        policy = self.version.policy
        clipped = score.points - policy.scale.base - sum(points) if score.points is not None else 0
        indicator_ids = [*(indicator.id for indicator in policy.indicators), results.SCALE_LIMIT]
        pairs = zip(indicator_ids, [*points, clipped], strict=True)
        return {indicator_id: moved for indicator_id, moved in pairs if moved}

    def one(self, enterprise_id: str, as_of: date) -> tuple[Score, tuple[Contribution, ...]]:
        """Score and contributions of one enterprise on one day.

        Raises:
            UnknownEnterpriseError: No version of it is known on that day.
        """
        decided_rows = self._decide([Case(enterprise_id, enterprise_id, as_of)])
        _refuse_unknown(decided_rows, enterprise_id, as_of)
        return self._first(decided_rows)

    def full(self, enterprise_id: str, as_of: date) -> Assessed:
        """One enterprise with its records and why each counted or did not; raises as ``one``."""
        versions = self._versions(
            self.tables.of_bucket(enterprise_id).enterprises, enterprise_id, "known_on NULLS FIRST"
        )
        if not versions:
            raise _unknown(enterprise_id, as_of)
        facts = self.facts(enterprise_id)
        tables = self.single_engine.hold(versions, facts)
        today = Case(enterprise_id, enterprise_id, as_of, self._prior(enterprise_id))
        decided_table = self.single_engine.cases(self.version, [today], self.covers, tables)
        decided_rows = DecidedRows.of(decided_table, self.version.policy)
        _refuse_unknown(decided_rows, enterprise_id, as_of)
        score, contributions = self._first(decided_rows)
        traces = self.single_engine.trace(self.version, enterprise_id, as_of, tables)
        change = next(iter(results.changes(decided_rows).to_pylist()), None)
        enterprise = [version for version in versions if _believed(version, as_of)][-1]
        records = with_traces(facts, map(_trace, traces))
        in_fields = tuple(map(_to_field_result, field_results(decided_rows).to_pylist()))
        return Assessed(score, contributions, enterprise, records, decided_rows.prior, change, in_fields)

    @cached_property
    def single_engine(self) -> DuckEngine:
        """An engine of its own for queries on one enterprise.

        It holds that one in memory and plans for few rows.
        """
        return self._single or DuckEngine(threads=1, memory="300MB")

    def facts(self, enterprise_id: str) -> list[Record]:
        """All versions of the records of one enterprise, in the order that ``traced`` takes."""
        return self._versions(
            self.tables.of_bucket(enterprise_id).records, enterprise_id, "record_id, known_on"
        )

    def without(self, enterprise_id: str, record_ids: frozenset[str]) -> Assessor:
        """An assessor of one enterprise alone as if some of its records had never been."""
        versions = self._versions(
            self.tables.of_bucket(enterprise_id).enterprises, enterprise_id, "known_on NULLS FIRST"
        )
        facts = [fact for fact in self.facts(enterprise_id) if fact["record_id"] not in record_ids]
        tables = self.single_engine.hold(versions, facts)
        return Assessor(self.single_engine, self.version, self.covers, tables)

    def traces(self, enterprise_id: str, days: Iterable[date]) -> dict[date, list[Trace]]:
        """How each version of its records stood on some days, in the order of ``facts``; one query for all.

        Each has ``excluded``, ``age`` and ``weights`` (``Assessed.records``).
        """
        day_of_case = {str(day): day for day in days}
        if not day_of_case:
            return {}
        cases = [Case(case_id, enterprise_id, day) for case_id, day in day_of_case.items()]
        traces: dict[date, list[Trace]] = {day: [] for day in day_of_case.values()}
        for row in self.engine.trace_cases(self.version, cases, self.tables):
            traces[day_of_case[row["case_id"]]].append(_trace(row))
        return traces

    def _decide(self, cases: Sequence[Case]) -> DecidedRows:
        decided_table = self.engine.cases(self.version, cases, self.covers, self.tables)
        return DecidedRows.of(decided_table, self.version.policy)

    def _first(self, rows: DecidedRows) -> tuple[Score, tuple[Contribution, ...]]:
        score = to_score(results.scores(rows, self.version).to_pylist()[0])
        contributions = map(to_contribution, results.contributions(rows).to_pylist())
        return score, tuple(contributions)

    def _versions(self, table: str, enterprise_id: str, order: str) -> list[Record]:
        of_enterprise = f"WHERE enterprise_id = {literal(enterprise_id)}"
        versions = self.engine.select(f"SELECT * FROM {table} {of_enterprise} ORDER BY {order}")
        return list(versions.to_pylist())

    def _prior(self, enterprise_id: str) -> int | None:
        if self.tables.prior is None:
            return None
        of_enterprise = f"WHERE prior_enterprise_id = {literal(enterprise_id)}"
        prior_bands = self.engine.select(f"SELECT prior_band_no FROM {self.tables.prior} {of_enterprise}")
        return next((prior_row["prior_band_no"] for prior_row in prior_bands.to_pylist()), None)


def traced_cases(
    engine: DuckEngine,
    version: ResolvedPolicy,
    cases: Sequence[Case],
    tables: Relations,
    facts: Sequence[Record],
) -> dict[str, list[Record]]:
    """By enterprise, its versions of ``facts`` as they stood on the day of its case (``Assessor.traces``).

    Args:
        engine: The engine.
        version: The policy.
        cases: One case an enterprise, named by its id.
        tables: The tables that hold ``facts``.
        facts: Versions of records of those enterprises.
    """
    traces = {}
    for trace in engine.trace_cases(version, cases, tables):
        traces[trace["case_id"], trace["record_id"], trace["known_on"]] = _trace(trace)
    traced: dict[str, list[Record]] = {case.enterprise_id: [] for case in cases}
    for fact in facts:
        key = (fact["enterprise_id"], fact["record_id"], fact["known_on"])
        traced[fact["enterprise_id"]].append({**fact, **traces[key]})
    return traced


def to_score(row: Mapping[str, object]) -> Score:
    """A row of ``scores.parquet`` as a ``Score``."""
    lists = {column: tuple(cast(list[str], row[column])) for column in ("reasons", "vetoes", "caps")}
    colour = Colour(str(row["colour"])) if row["colour"] is not None else None
    return Score(**{**row, **lists, "colour": colour})  # type: ignore[arg-type]


def to_contribution(row: Mapping[str, object]) -> Contribution:
    """A row of ``contributions.parquet`` as a ``Contribution``."""
    values = {column: value for column, value in row.items() if column != "enterprise_id"}
    return Contribution(**values)  # type: ignore[arg-type]


def _to_field_result(row: Mapping[str, Any]) -> FieldResult:
    colour = Colour(row["colour"]) if row["colour"] is not None else None
    return FieldResult(row["field"], row["points"], row["band"], colour)


def _refuse_unknown(rows: DecidedRows, enterprise_id: str, as_of: date) -> None:
    if not rows.table.num_rows:
        raise _unknown(enterprise_id, as_of)


def _unknown(enterprise_id: str, as_of: date) -> UnknownEnterpriseError:
    return UnknownEnterpriseError("enterprise_not_known", enterprise_id=enterprise_id, as_of=as_of)


def with_traces(facts: Sequence[Record], traces: Iterable[Trace]) -> tuple[Record, ...]:
    """Versions of records with how they stood on a day (``Assessor.traces``)."""
    return tuple({**fact, **trace} for fact, trace in zip(facts, traces, strict=True))


def _trace(row: Mapping[str, object]) -> Trace:
    state = STATES[int(str(row["state"])) - 1] if row.get("state") else None
    return {
        "excluded": row["excluded"],
        "age": row["age"],
        "weights": row["weights"],
        "state": state,
    }


def _believed(version: Mapping[str, object], as_of: date) -> bool:
    since, until = cast(date | None, version["known_on"]), cast(date | None, version["known_until"])
    return (since is None or since <= as_of) and (until is None or until > as_of)
