"""Cases: which enterprise is scored as of which day, and the two relations that the compiled expression reads.

A batch has one case per enterprise and one day, so its case columns are constants and cost nothing; training, history
and forecast join a table of cases. Both feed the same expression.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from scoring.engine.compile import Dialect, enterprise_columns, record_columns
from scoring.engine.indicators import covered, covers_column
from scoring.entities import CODED_COLUMNS, codes
from scoring.policy.finality import load_finality
from scoring.policy.schema import Policy
from scoring.workdays import lapsed_if_served_by


@dataclass(frozen=True)
class Relations:
    """SQL names of the clustered tables in one engine.

    Attributes:
        enterprises: Canonical enterprises.
        records: Canonical records with ``act_rank``.
        prior: Bands in effect: ``prior_enterprise_id`` and ``prior_band_no``.
        dialect: SQL of the engine.
        coded: ``records`` with codes as numbers already, where they are held so.
    """

    enterprises: str
    records: str
    prior: str | None = None
    dialect: Dialect = "duckdb"
    coded: str | None = None


@dataclass(frozen=True)
class Views:
    """SQL texts of the two relations ``case_enterprises`` and ``case_records``."""

    enterprises: str
    records: str


def lapsed_by(policy: Policy, as_of: date) -> date:
    """Latest service date of decisions presumed final on ``as_of`` (a column of the case)."""
    return lapsed_if_served_by(as_of, load_finality(policy.finality).months)


def batch_views(policy: Policy, as_of: date, covers: frozenset[str], tables: Relations, ids: tuple[str, str] | None) -> Views:
    """One case per enterprise on one day, within the inclusive id bounds ``ids`` (all when ``None``)."""
    within = f" WHERE enterprise_id BETWEEN {quoted(ids[0])} AND {quoted(ids[1])}" if ids else ""
    days = f"DATE '{as_of}' AS as_of"
    records = (
        f"SELECT enterprise_id AS case_id, {days}, DATE '{lapsed_by(policy, as_of)}' AS lapsed_by, act_rank, "
        f"{_wanted(policy, tables)} FROM {tables.coded or tables.records} r{within}"
    )
    cases = f"SELECT enterprise_id AS case_id, {days}, {', '.join(enterprise_columns(policy))} FROM {tables.enterprises}{within}"
    return Views(_with_constants(cases, policy, covers, tables.prior), records)


def case_views(policy: Policy, covers: frozenset[str], tables: Relations, cases: str) -> Views:
    """Many cases: ``cases`` is a relation (case_id, enterprise_id, as_of, lapsed_by) joined to the tables."""
    records = (
        f"SELECT c.case_id, c.as_of, c.lapsed_by, r.act_rank, {_wanted(policy, tables)} "
        f"FROM {tables.coded or tables.records} r JOIN {cases} c ON r.enterprise_id = c.enterprise_id"
    )
    columns = ", ".join(f"e.{c}" for c in enterprise_columns(policy))
    chosen = f"SELECT c.case_id, c.as_of, {columns} FROM {tables.enterprises} e JOIN {cases} c ON e.enterprise_id = c.enterprise_id"
    return Views(_with_constants(chosen, policy, covers, tables.prior), records)


def quoted(text: str) -> str:
    """An SQL string literal; NUL, which no id or name holds and which would end the statement, is left out."""
    return "'" + text.replace("'", "''").replace("\0", "") + "'"


def coded(columns: Iterable[str], dialect: Dialect) -> str:
    """Columns of records ``r`` with codes as numbers: looked up once per dictionary entry, not once per record."""
    look_up = {"duckdb": "list_position([{codes}], r.{name})", "pyspark": "array_position(array({codes}), r.{name})"}[dialect]
    found = []
    for name in columns:
        column = f"r.{name}"
        if name in CODED_COLUMNS:
            known = ", ".join(quoted(code) for code in codes()[CODED_COLUMNS[name]])
            column = f"CAST({look_up.format(codes=known, name=name)} AS INT)"
        found.append(f"{column} AS {name}")
    return ", ".join(found)


def _wanted(policy: Policy, tables: Relations) -> str:
    names = record_columns(policy)
    return ", ".join(f"r.{name}" for name in names) if tables.coded else coded(names, tables.dialect)


def _with_constants(cases: str, policy: Policy, covers: frozenset[str], prior: str | None) -> str:
    known = [f"{str(covered(i, covers)).upper()} AS {covers_column(i)}" for i in policy.indicators]
    if prior is None:
        return f"SELECT t.*, CAST(NULL AS INT) AS prior_band_no, {', '.join(known)} FROM ({cases}) t"
    joined = f"({cases}) t LEFT JOIN {prior} p ON t.enterprise_id = p.prior_enterprise_id"
    return f"SELECT t.*, p.prior_band_no, {', '.join(known)} FROM {joined}"
