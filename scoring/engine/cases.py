"""Cases: which enterprise is scored as of which day, and the two relations that the expression reads.

A batch has one case per enterprise and one day, so its case columns are constants and cost nothing;
training, history and forecast join a table of cases. Both feed the same expression.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from scoring.engine.compile import enterprise_columns, has_partner, linked_columns, record_columns
from scoring.engine.dialects import Dialect
from scoring.engine.snapshot import days, days_of
from scoring.entities import CODED_COLUMNS, codes
from scoring.entities.buckets import bucket_number
from scoring.policy.resolved import ResolvedPolicy
from scoring.sql.literals import literal, spark_literal

_POSITION: Mapping[Dialect, str] = {
    "duckdb": "list_position([{codes}], r.{name})",
    "pyspark": "array_position(array({codes}), r.{name})",
}
"""The number of a code within its closed list, from 1."""


@dataclass(frozen=True)
class Relations:
    """SQL names of the clustered tables in one engine.

    Attributes:
        enterprises: Canonical enterprises.
        records: Canonical records with what linking adds (``entities.LINKED_COLUMNS``).
        prior: Bands in effect: ``prior_enterprise_id`` and ``prior_band_no``.
        dialect: SQL of the engine.
        acts: Whether a record may have a partner; ``False`` where somebody has looked.
        anew: The same records, each looked at anew: for cases that leave records out or add some.
        swappable: Whether the rows are swapped between two queries, so that a plan may be kept.
        buckets: Enterprises and records bucket by bucket, where there are several (``entities.buckets``).
    """

    enterprises: str
    records: str
    prior: str | None = None
    dialect: Dialect = "duckdb"
    acts: bool = True
    anew: Relations | None = None
    swappable: bool = False
    buckets: tuple[tuple[str, str], ...] = ()

    def of_bucket(self, enterprise_id: str) -> Relations:
        """The tables of the bucket that an enterprise is in."""
        if not self.buckets:
            return self
        enterprises, records = self.buckets[bucket_number(enterprise_id, len(self.buckets))]
        return replace(self, enterprises=enterprises, records=records, buckets=())


@dataclass(frozen=True)
class Views:
    """SQL texts of the relations of cases; that of partners reads ``case_records``."""

    enterprises: str
    records: str
    partners: str


@dataclass(frozen=True)
class RecordChange:
    """How the records of a case differ from those of the tables.

    Attributes:
        without: Ids of records of which every version is left out.
        plus: Linked record rows that are there instead or besides.
    """

    without: tuple[str, ...] = ()
    plus: tuple[Mapping[str, object], ...] = ()


@dataclass(frozen=True)
class Case:
    """One enterprise on one day.

    Attributes:
        case_id: Name of the case in the result.
        enterprise_id: The enterprise.
        as_of: The day.
        prior: Number of the band in effect before the day (0 is best), if one is.
        changes: How its records differ from those of the tables.
    """

    case_id: str
    enterprise_id: str
    as_of: date
    prior: int | None = None
    changes: tuple[RecordChange, ...] = ()


@dataclass(frozen=True)
class CaseTables:
    """SQL names of the relations that hold the cases of one query.

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
    """One case per enterprise on one day, within the inclusive id bounds ``ids`` of one bucket (all when ``None``)."""
    if ids:
        tables = tables.of_bucket(ids[0])
    quoted = spark_literal if tables.dialect == "pyspark" else literal
    within = f" WHERE enterprise_id BETWEEN {quoted(ids[0])} AND {quoted(ids[1])}" if ids else ""
    days_by_column = days_of(resolved.law, as_of)
    constants = ", ".join(f"DATE '{day}' AS {column}" for column, day in days_by_column.items())
    columns = coded(record_columns(resolved), tables.dialect)
    linked = ", ".join(linked_columns(resolved))
    case_columns = f"enterprise_id AS case_id, {constants}, {linked}, {columns}"
    records = f"SELECT {case_columns} FROM {tables.records} r{within}"
    columns = ", ".join(enterprise_columns(resolved))
    case_columns = f"enterprise_id AS case_id, DATE '{as_of}' AS as_of, {columns}"
    enterprises = f"SELECT {case_columns} FROM {tables.enterprises}{within}"
    return Views(_with_prior(enterprises, tables.prior), records, _partners(resolved))


def case_views(resolved: ResolvedPolicy, tables: Relations, bound: CaseTables) -> Views:
    """Many cases joined to the tables, each with what differs in its records."""
    day_columns = ", ".join(f"c.{name}" for name in days(resolved.law))
    columns = coded(record_columns(resolved), tables.dialect)
    linked = ", ".join(f"r.{column}" for column in linked_columns(resolved))
    selected = f"SELECT c.case_id, {day_columns}, {linked}, {columns}"
    record_source = f"{tables.records} r JOIN {bound.cases} c ON r.enterprise_id = c.enterprise_id"
    records = f"{selected} FROM {record_source}"
    if bound.without:
        same_record = "w.case_id = c.case_id AND w.record_id = r.record_id"
        records += f" ANTI JOIN {bound.without} w ON {same_record}"
    if bound.plus:
        added = f"{bound.variants} r JOIN {bound.plus} a ON a.variant = r.variant"
        added += f" JOIN {bound.cases} c ON a.case_id = c.case_id"
        records += f" UNION ALL {selected} FROM {added}"
    columns = ", ".join(f"e.{column}" for column in enterprise_columns(resolved))
    enterprise_source = f"{tables.enterprises} e JOIN {bound.cases} c ON e.enterprise_id = c.enterprise_id"
    enterprises = f"SELECT c.case_id, c.as_of, c.prior, {columns} FROM {enterprise_source}"
    return Views(_with_prior(enterprises, tables.prior, "t.prior"), records, _partners(resolved))


def _partners(resolved: ResolvedPolicy) -> str:
    return f"SELECT * FROM case_records WHERE {has_partner(resolved)}"


def coded(columns: Iterable[str], dialect: Dialect) -> str:
    """Columns of records ``r`` with codes as numbers."""
    # Looked up here and not in the expression: once per entry of a dictionary, not once per record.
    selected = []
    for column_name in columns:
        column = f"r.{column_name}"
        if column_name in CODED_COLUMNS:
            closed_list = ", ".join(literal(code) for code in codes()[CODED_COLUMNS[column_name]])
            column = f"CAST({_POSITION[dialect].format(codes=closed_list, name=column_name)} AS INT)"
        selected.append(f"{column} AS {column_name}")
    return ", ".join(selected)


def _with_prior(cases: str, prior: str | None, of_case: str = "CAST(NULL AS INT)") -> str:
    """Adds ``prior_band_no``: the band that the case gives, else the one of the relation ``prior``."""
    if prior is None:
        return f"SELECT t.*, CAST({of_case} AS INT) AS prior_band_no FROM ({cases}) t"
    cases_with_prior = f"({cases}) t LEFT JOIN {prior} p ON t.enterprise_id = p.prior_enterprise_id"
    prior_band = f"CAST(coalesce({of_case}, p.prior_band_no) AS INT) AS prior_band_no"
    return f"SELECT t.*, {prior_band} FROM {cases_with_prior}"
