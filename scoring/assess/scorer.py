"""The one path from records to colours. Batch, single enterprise, page and notebook all come through here."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from difflib import get_close_matches
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple, cast

import pandas as pd

from scoring.assess.frames import frame_prior, to_frame
from scoring.engine import results
from scoring.engine.cases import Case, Relations
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.engine.results import Wide
from scoring.engine.snapshot import NOT_KNOWN
from scoring.entities import Colour, Contribution, Score, codes
from scoring.errors import InputError, UnknownEnterpriseError, UsageError
from scoring.policy.load import ResolvedPolicy, load_policy
from scoring.records.intake import Intake, id_ranges, write_tables
from scoring.sql.literals import literal

QUOTE = "'"  # set before values in the rejects file, so that no spreadsheet takes them for a formula
MOST_FAULTS = 3
"""Faults of DataFrames that are told one by one."""


class Assessment(NamedTuple):
    """Scores and contributions as DataFrames, columns as in ``scores.parquet`` and ``contributions.parquet``."""

    scores: pd.DataFrame
    contributions: pd.DataFrame


class Snapshot(NamedTuple):
    """The records known on a day: those that counted, and those that did not, each with the rule that dropped it."""

    counted: tuple[Mapping[str, object], ...]
    excluded: tuple[tuple[Mapping[str, object], str], ...]


@dataclass(frozen=True)
class Assessed:
    """One enterprise assessed, with what an explanation needs.

    Attributes:
        score: The result.
        contributions: Its contributions, ordered by indicator id.
        enterprise: The version of the enterprise in force on the day.
        records: Its record versions, each with ``excluded`` (the rule that dropped it, or ``None``), ``age`` in days and
            ``weights``: percent by indicator id.
        prior: Number of the band in effect before, where one was given (0 is best).
        change: What became of that band, as in ``changes.parquet``, where one was given and the enterprise is rated.
    """

    score: Score
    contributions: tuple[Contribution, ...]
    enterprise: Mapping[str, object]
    records: tuple[Mapping[str, object], ...]
    prior: int | None = None
    change: Mapping[str, object] | None = None

    @property
    def snapshot(self) -> Snapshot:
        """What counted that day and what did not."""
        known = [record for record in self.records if record["excluded"] != NOT_KNOWN]
        return Snapshot(
            tuple(record for record in known if record["excluded"] is None),
            tuple((record, str(record["excluded"])) for record in known if record["excluded"] is not None),
        )


class Assessor:
    """Assesses enterprises of one set of clustered tables under one policy, one at a time or many cases at once.

    Args:
        engine: An open DuckDB engine; the caller closes it.
        version: The policy.
        covers: Kinds that the sources cover.
        tables: The clustered tables in that engine.
        ranges: Bounds of their enterprise ids; needed for ``batch`` and ``only_id``.
    """

    def __init__(
        self,
        engine: DuckEngine,
        version: ResolvedPolicy,
        covers: frozenset[str],
        tables: Relations,
        ranges: Sequence[tuple[str, str]] = (),
    ) -> None:
        self.engine, self.version, self.covers, self.tables, self.ranges = (
            engine,
            version,
            covers,
            tables,
            ranges,
        )

    def batch(self, as_of: date) -> list[Wide]:
        """All enterprises on one day; without any, one empty result."""
        rows = self.engine.batch(
            self.version.policy, as_of, self.covers, self.tables, self.ranges or [("", "")]
        )
        return [Wide.of(table, self.version.policy) for table in rows]

    def only_id(self) -> str:
        """Id of the first enterprise, normalised as it was read.

        Raises:
            UnknownEnterpriseError: There is none.
        """
        if not self.ranges:
            raise UnknownEnterpriseError(
                zh="没有给出主体；enterprise 至少要有一行",
                en="no enterprise was given; `enterprise` needs a row",
            )
        return self.ranges[0][0]

    def scores(self, enterprise_ids: Sequence[str], days: Sequence[date]) -> list[Score]:
        """Scores of every enterprise on every day, in one query; unknown enterprises give none."""
        cases = [Case(f"{e}|{d}", e, d) for e in enterprise_ids for d in days]
        if not cases:
            return []
        wide = Wide.of(
            self.engine.cases(self.version.policy, cases, self.covers, self.tables), self.version.policy
        )
        return [to_score(row) for row in results.scores(wide, self.version).to_pylist()]

    def timeline(self, enterprise_id: str, days: Sequence[date]) -> list[tuple[Score, dict[str, int]]]:
        """Score and points by indicator (``scale_limit`` is one of them) of one enterprise on each day, in one query.

        Days on which the enterprise was not known yet give none; points of 0 are left out.
        """
        if not days:
            return []
        cases = [Case(str(day), enterprise_id, day) for day in days]
        wide = Wide.of(
            self.engine.cases(self.version.policy, cases, self.covers, self.tables), self.version.policy
        )
        ids, base = [i.id for i in self.version.policy.indicators], self.version.policy.scale.base
        found = []
        for row, points in zip(
            results.scores(wide, self.version).to_pylist(), wide.points.tolist(), strict=True
        ):
            limit = row["points"] - base - sum(points) if row["points"] is not None else 0
            parts = {
                name: given
                for name, given in zip([*ids, results.SCALE_LIMIT], [*points, limit], strict=True)
                if given
            }
            found.append((to_score(row), parts))
        return found

    def one(self, enterprise_id: str, as_of: date) -> tuple[Score, tuple[Contribution, ...]]:
        """Score and contributions of one enterprise on one day.

        Raises:
            UnknownEnterpriseError: No version of it is known on that day.
        """
        rows = self.engine.batch(
            self.version.policy, as_of, self.covers, self.tables, [(enterprise_id, enterprise_id)]
        )
        return self._told(self._found(Wide.of(next(iter(rows)), self.version.policy), enterprise_id, as_of))

    def _found(self, wide: Wide, enterprise_id: str, as_of: date) -> Wide:
        if not wide.table.num_rows:
            raise _unknown(enterprise_id, as_of)
        return wide

    def _told(self, wide: Wide) -> tuple[Score, tuple[Contribution, ...]]:
        found = [to_contribution(row) for row in results.contributions(wide).to_pylist()]
        return to_score(results.scores(wide, self.version).to_pylist()[0]), tuple(found)

    def full(self, enterprise_id: str, as_of: date) -> Assessed:
        """One enterprise with its records and why each counted or did not; raises as ``one``."""
        chosen = f"WHERE enterprise_id = {literal(enterprise_id)}"
        versions = self.engine.select(
            f"SELECT * FROM {self.tables.enterprises} {chosen} ORDER BY known_on NULLS FIRST"
        ).to_pylist()
        if not versions:
            raise _unknown(enterprise_id, as_of)
        facts, policy = self.facts(enterprise_id), self.version.policy
        tables = self.single_engine.hold(versions, facts)
        asked = Case(enterprise_id, enterprise_id, as_of, self._prior(enterprise_id))
        wide = self._found(
            Wide.of(self.single_engine.cases(policy, [asked], self.covers, tables), policy),
            enterprise_id,
            as_of,
        )
        score, contributions = self._told(wide)
        traces = self.single_engine.trace(policy, enterprise_id, as_of, tables).to_pylist()
        change = next(iter(results.changes(wide).to_pylist()), None)
        return Assessed(
            score,
            contributions,
            [v for v in versions if _known(v, as_of)][-1],
            _with_traces(facts, traces),
            wide.prior,
            change,
        )

    def _prior(self, enterprise_id: str) -> int | None:
        if self.tables.prior is None:
            return None
        text = f"SELECT prior_band_no FROM {self.tables.prior} WHERE prior_enterprise_id = {literal(enterprise_id)}"
        return next((row["prior_band_no"] for row in self.engine.select(text).to_pylist()), None)

    @cached_property
    def single_engine(self) -> DuckEngine:
        """An engine of its own for questions on one enterprise: it holds that one in memory and plans for few rows."""
        return DuckEngine(threads=1, memory="300MB")

    def facts(self, enterprise_id: str) -> list[Mapping[str, object]]:
        """All versions of the records of one enterprise, in the order in which ``traced`` takes them."""
        chosen = f"WHERE enterprise_id = {literal(enterprise_id)}"
        return list(
            self.engine.select(
                f"SELECT * FROM {self.tables.records} {chosen} ORDER BY record_id, known_on"
            ).to_pylist()
        )

    def traced(
        self, facts: Sequence[Mapping[str, object]], enterprise_id: str, as_of: date
    ) -> tuple[Mapping[str, object], ...]:
        """The versions of ``facts`` as they stood on a day, each with ``excluded``, ``age`` and ``weights`` (see ``Assessed``)."""
        return _with_traces(
            facts, self.engine.trace(self.version.policy, enterprise_id, as_of, self.tables).to_pylist()
        )


def assess(
    enterprises: pd.DataFrame,
    records: pd.DataFrame,
    policy: str | ResolvedPolicy,
    as_of: date,
    *,
    prior: pd.DataFrame | None = None,
    covers: Iterable[str] | None = None,
) -> Assessment:
    """Scores DataFrames of canonical enterprises and records.

    Args:
        enterprises: Columns of ``entities.ENTERPRISE_COLUMNS``; only ``enterprise_id`` and ``name`` are needed.
        records: Columns of ``entities.RECORD_COLUMNS``; ids, kind, a date and ``known_on`` are needed.
        policy: ``quzhou-demo`` (the version in force on ``as_of``), ``quzhou-demo@2026-04-01``, a path, or a loaded one.
        as_of: The day, at its end, Asia/Shanghai.
        prior: Bands in effect: ``enterprise_id`` and ``band``; without it hysteresis does not apply.
        covers: Kinds that these records cover; all when omitted.

    Raises:
        InputError: A row is not valid: here nothing is rejected silently, the first faults are named.
        PolicyNotInForceError: The policy has no version in force on ``as_of``.
    """
    with open_frames(enterprises, records, policy, as_of, prior=prior, covers=covers) as assessor:
        wide = assessor.batch(as_of)
        return Assessment(
            to_frame([results.scores(w, assessor.version) for w in wide]),
            to_frame([results.contributions(w) for w in wide]),
        )


def assess_one(
    enterprise: pd.DataFrame,
    records: pd.DataFrame,
    policy: str | ResolvedPolicy,
    as_of: date,
    *,
    prior: pd.DataFrame | None = None,
    covers: Iterable[str] | None = None,
) -> tuple[Score, tuple[Contribution, ...]]:
    """Scores one enterprise: its version(s) and records as DataFrames, through the same expression as a batch.

    Args and errors are those of ``assess``.

    Raises:
        UnknownEnterpriseError: There is no enterprise, or no version of it is known on that day.
    """
    with open_frames(enterprise, records, policy, as_of, prior=prior, covers=covers) as assessor:
        return assessor.one(assessor.only_id(), as_of)


@contextmanager
def open_frames(
    enterprises: pd.DataFrame,
    records: pd.DataFrame,
    policy: str | ResolvedPolicy,
    as_of: date,
    *,
    prior: pd.DataFrame | None = None,
    covers: Iterable[str] | None = None,
) -> Iterator[Assessor]:
    """An ``Assessor`` over DataFrames, checked and clustered in a temporary folder; arguments as in ``assess``."""
    if not isinstance(as_of, date) or isinstance(as_of, datetime):
        raise UsageError(
            zh=f"as_of 应为 datetime.date，得到 {as_of!r}；例如 date(2026, 6, 30)",
            en=f"as_of must be a datetime.date, got {as_of!r}; e.g. date(2026, 6, 30)",
        )
    version = policy if isinstance(policy, ResolvedPolicy) else load_policy(policy, as_of)
    with tempfile.TemporaryDirectory(prefix="sise-") as folder, DuckEngine() as engine:
        intake = write_tables(enterprises, records, Path(folder))
        if refused := sum(counts.rejected for counts in intake.sources.values()):
            raise _refusal(intake, refused)
        covered = intake.covers if covers is None else _known_kinds(covers)
        tables = engine.files(Clustered(intake.enterprises, intake.records, covered))
        if prior is not None:
            tables = engine.with_prior(tables, frame_prior(prior, version.policy))
        yield Assessor(engine, version, covered, tables, id_ranges(intake.enterprises))


def to_score(row: Mapping[str, object]) -> Score:
    """A row of ``scores.parquet`` as a ``Score``."""
    lists = {name: tuple(cast(list[str], row[name])) for name in ("reasons", "vetoes", "caps")}
    colour = Colour(str(row["colour"])) if row["colour"] is not None else None
    return Score(**{**row, **lists, "colour": colour})  # type: ignore[arg-type]


def to_contribution(row: Mapping[str, object]) -> Contribution:
    """A row of ``contributions.parquet`` as a ``Contribution``."""
    return Contribution(**{name: value for name, value in row.items() if name != "enterprise_id"})  # type: ignore[arg-type]


def _known_kinds(kinds: Iterable[str]) -> frozenset[str]:
    wanted, known = frozenset(kinds), codes()["kinds"]
    if strange := sorted(wanted.difference(known)):
        near = get_close_matches(strange[0], known, n=1) or ["inspection"]
        raise UsageError(
            zh=f"covers 中的 “{strange[0]}” 不是记录种类；例如 {near[0]}",
            en=f'"{strange[0]}" in covers is no kind of record; e.g. {near[0]}',
        )
    return wanted


def _refusal(intake: Intake, refused: int) -> InputError:
    """Names the first faults; a folder of sources has a rejects file for them, a DataFrame has nothing but this message."""
    with intake.rejects.open(encoding="utf-8-sig", newline="") as file:
        faults = list(islice(csv.DictReader(file), MOST_FAULTS))
    told = [(f"{f['row']}:{f['column']}={f['value'].removeprefix(QUOTE)} ", f) for f in faults]
    zh, en = (
        "；".join(place + f["sentence_zh"] for place, f in told),
        "; ".join(place + f["sentence_en"] for place, f in told),
    )
    return InputError(
        zh=f"有 {refused} 行未被接受（行:列=值）：{zh}；请改正后重试，例如日期写成 2026-04-01",
        en=f"{refused} rows were refused (row:column=value): {en}; mend them and try again, e.g. write a date as 2026-04-01",
    )


def _unknown(enterprise_id: str, as_of: date) -> UnknownEnterpriseError:
    return UnknownEnterpriseError(
        zh=f"{as_of} 这一天没有主体 {enterprise_id} 的信息；请核对统一社会信用代码（18 位）",
        en=f"no enterprise {enterprise_id} is known on {as_of}; check the 18-character code",
    )


def _with_traces(
    facts: Sequence[Mapping[str, object]], traces: Sequence[Mapping[str, object]]
) -> tuple[Mapping[str, object], ...]:
    return tuple({**fact, **_trace(trace)} for fact, trace in zip(facts, traces, strict=True))


def _trace(row: Mapping[str, object]) -> dict[str, object]:
    weights = {
        name.removeprefix("w__"): value for name, value in row.items() if name.startswith("w__") and value
    }
    return {"excluded": row["excluded"], "age": row["age"], "weights": weights}


def _known(version: Mapping[str, object], as_of: date) -> bool:
    since, until = cast(date | None, version["known_on"]), cast(date | None, version["known_until"])
    return (since is None or since <= as_of) and (until is None or until > as_of)
