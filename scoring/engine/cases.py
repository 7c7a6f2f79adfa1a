"""Cases: which enterprise is scored as of which day, and the two relations that the compiled expression reads.

A batch has one case per enterprise and one day, so its case columns are constants and cost nothing; training, history
and forecast join a table of cases. Both feed the same expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from scoring.engine.compile import Dialect, enterprise_columns, record_columns
from scoring.engine.snapshot import days, days_of
from scoring.entities import CODED_COLUMNS, codes
from scoring.policy.resolved import ResolvedPolicy
from scoring.sql.literals import literal


@dataclass(frozen=True)
class Relations:
    """SQL names of the clustered tables in one engine.

    Attributes:
        enterprises: Canonical enterprises.
        records: Canonical records with ``act_rank``.
        prior: Bands in effect: ``prior_enterprise_id`` and ``prior_band_no``.
        dialect: SQL of the engine.
        acts: Whether an act may have several records; ``False`` where somebody has looked.
        exchanged: Whether the rows are such as are exchanged between questions, so that a plan may be kept.
    """

    enterprises: str
    records: str
    prior: str | None = None
    dialect: Dialect = "duckdb"
    acts: bool = True
    exchanged: bool = False


@dataclass(frozen=True)
class Views:
    """SQL texts of the two relations ``case_enterprises`` and ``case_records``."""

    enterprises: str
    records: str


@dataclass(frozen=True)
class Change:
    """What is otherwise in a case: records that are left out, and records that are there instead or besides.

    Attributes:
        without: Ids of records of which no version is there.
        plus: Canonical record rows, with ``act_rank``.
    """

    without: tuple[str, ...] = ()
    plus: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True)
class Case:
    """One enterprise on one day, with the band in effect before it (its number) and what is otherwise in its records."""

    case_id: str
    enterprise_id: str
    as_of: date
    prior: int | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Asked:
    """SQL names of the relations that hold the cases asked for.

    Attributes:
        cases: ``case_id``, ``enterprise_id``, ``prior`` and the days of the case.
        without: (case_id, record_id) of records left out, if any are.
        plus: (case_id, variant) of records added, if any are.
        variants: Those records by ``variant``, with codes as text.
    """

    cases: str
    without: str | None = None
    plus: str | None = None
    variants: str | None = None


def batch_views(
    resolved: ResolvedPolicy, as_of: date, tables: Relations, ids: tuple[str, str] | None
) -> Views:
    """One case per enterprise on one day, within the inclusive id bounds ``ids`` (all when ``None``)."""
    within = f" WHERE enterprise_id BETWEEN {literal(ids[0])} AND {literal(ids[1])}" if ids else ""
    of_day = days_of(resolved.law, as_of)
    constants = ", ".join(f"DATE '{day}' AS {name}" for name, day in of_day.items())
    chosen = coded(record_columns(resolved), tables.dialect)
    records = (
        f"SELECT enterprise_id AS case_id, {constants}, act_rank, {chosen} FROM {tables.records} r{within}"
    )
    columns = ", ".join(enterprise_columns(resolved))
    cases = f"SELECT enterprise_id AS case_id, DATE '{as_of}' AS as_of, {columns} FROM {tables.enterprises}{within}"
    return Views(_with_prior(cases, tables.prior), records)


def case_views(resolved: ResolvedPolicy, tables: Relations, asked: Asked) -> Views:
    """Many cases, joined to the tables, each with what is otherwise in its records."""
    of_case = ", ".join(f"c.{name}" for name in days(resolved.law))
    found = f"SELECT c.case_id, {of_case}, r.act_rank, {coded(record_columns(resolved), tables.dialect)}"
    source = f"{tables.records} r JOIN {asked.cases} c ON r.enterprise_id = c.enterprise_id"
    records = f"{found} FROM {source}"
    if asked.without:
        records += f" ANTI JOIN {asked.without} w ON w.case_id = c.case_id AND w.record_id = r.record_id"
    if asked.plus:
        more = f"{asked.variants} r JOIN {asked.plus} a ON a.variant = r.variant JOIN {asked.cases} c ON a.case_id = c.case_id"
        records += f" UNION ALL {found} FROM {more}"
    columns = ", ".join(f"e.{c}" for c in enterprise_columns(resolved))
    joined = f"{tables.enterprises} e JOIN {asked.cases} c ON e.enterprise_id = c.enterprise_id"
    chosen = f"SELECT c.case_id, c.as_of, c.prior, {columns} FROM {joined}"
    return Views(_with_prior(chosen, tables.prior, "t.prior"), records)


def coded(columns: Iterable[str], dialect: Dialect) -> str:
    """Columns of records ``r`` with codes as numbers: looked up once per dictionary entry, not once per record."""
    look_up = {
        "duckdb": "list_position([{codes}], r.{name})",
        "pyspark": "array_position(array({codes}), r.{name})",
    }[dialect]
    found = []
    for name in columns:
        column = f"r.{name}"
        if name in CODED_COLUMNS:
            known = ", ".join(literal(code) for code in codes()[CODED_COLUMNS[name]])
            column = f"CAST({look_up.format(codes=known, name=name)} AS INT)"
        found.append(f"{column} AS {name}")
    return ", ".join(found)


def _with_prior(cases: str, prior: str | None, of_case: str = "CAST(NULL AS INT)") -> str:
    if prior is None:
        return f"SELECT t.*, CAST({of_case} AS INT) AS prior_band_no FROM ({cases}) t"
    joined = f"({cases}) t LEFT JOIN {prior} p ON t.enterprise_id = p.prior_enterprise_id"
    return f"SELECT t.*, CAST(coalesce({of_case}, p.prior_band_no) AS INT) AS prior_band_no FROM {joined}"
