"""One visit that is told of twice, by who recorded it here and by a file of the city's system.

It stays one: what says the same is not stored again, and where the two differ a case is opened about the
record that stands. The visit is known by the number of the act (行政行为码), else by that of the task,
else by authority, day and field.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from scoring.entities.authorities import name_key, office_of
from scoring.entities.canonical import code_number
from scoring.store.facts.family import FactRow
from scoring.store.log.canonical_json import compact
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.orm import CaseStep, table_of
from scoring.store.tables.visible import VisibleRecord

RECORDED_HERE = "visit"
"""Source of the records of visits that were recorded here."""
VISIT_KIND, FOLLOW_UP = "inspection", "followup"
DIFFERENCE = "visit_difference"
"""The procedure by which it is settled which of two reports is right."""
OTHER, COLUMNS = "other", ("occurred_on", "result", "severity", "field")
"""Key of the other report in the content of its opening step; what two reports are held against each other by."""
FINDINGS = ("problem", "violation", "not_published", "concealed")
"""Results of a visit that found something which is still to be corrected."""
GRAVEST_FIRST = ("refused", *FINDINGS, "unreachable", "corrected", "no_problem")


@dataclass(frozen=True)
class VisitReport:
    """What one side says of the visit of one authority in one field.

    Attributes:
        rows: Its records.
        act: The number of the act, as it is compared.
        task: The number of the task or complaint, as it is compared.
        office: The authority, as it is compared.
        field: The field.
        day: The day.
        is_follow_up: Whether it was a re-check.
    """

    rows: tuple[FactRow, ...]
    act: str
    task: str
    office: str
    field: str
    day: date | None
    is_follow_up: bool

    @property
    def gravest(self) -> FactRow:
        """The record that says what the visit came to."""
        return min(self.rows, key=_gravity)

    @property
    def enterprise_id(self) -> str:
        """Whose."""
        return str(self.gravest["enterprise_id"])

    @property
    def said(self) -> dict[str, str | None]:
        """What it says, by the columns that are compared, as text."""
        day = self.gravest["occurred_on"]
        texts = {name: self.gravest[name] or None for name in COLUMNS}
        return {**texts, "occurred_on": day.isoformat() if day else None}

    def differs(self, other: VisitReport) -> list[str]:
        """The columns in which two reports contradict each other; what only one of them says contradicts nothing."""
        mine, theirs = self.said, other.said
        return [name for name in COLUMNS if _contradict(name, mine[name], theirs[name])]


def _gravity(row: FactRow) -> tuple[int, int, str]:
    result = row["result"]
    place = GRAVEST_FIRST.index(result) if result in GRAVEST_FIRST else len(GRAVEST_FIRST)
    severity = code_number("severity", row["severity"]) if row["severity"] else 0
    return place, -severity, str(row["record_id"])


def _contradict(name: str, one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    # The two published lists have several words for a finding that is still open.
    return one != other and not (name == "result" and one in FINDINGS and other in FINDINGS)


def reports_of(rows: Iterable[FactRow]) -> list[VisitReport]:
    """The visits that some records of one side tell of; what is no visit of the enterprise's own is left out."""
    grouped: dict[tuple[Any, ...], list[FactRow]] = defaultdict(list)
    for row in rows:
        if row["kind"] == VISIT_KIND and row["scope"] != "branch" and row["withdrawn_on"] is None:
            grouped[_key(row)].append(row)
    reports = []
    for (_id, act, task, office, field, day, is_follow_up), members in grouped.items():
        seen_on = day or members[0]["occurred_on"]
        reports.append(VisitReport(tuple(members), act, task, office, field, seen_on, is_follow_up))
    return reports


def _key(row: FactRow) -> tuple[Any, ...]:
    authority = (row["authority"] or "").strip()
    act, task = (name_key(row[name] or "") for name in ("document_no", "basis_document_no"))
    # A number says which visit it is; without one the day does.
    day = None if act or task else row["occurred_on"]
    office = office_of(authority) or name_key(authority)
    is_follow_up = row["occasion"] == FOLLOW_UP
    return row["enterprise_id"], act, task, office, row["field"] or "", day, is_follow_up


def same_visit(report: VisitReport, others: Sequence[VisitReport]) -> VisitReport | None:
    """The report among some others of the enterprise that tells of the same visit."""
    alike = [other for other in others if _may_be_same(report, other)]
    # The field may be what the two tell differently, but only where nothing else is meant by it.
    exact = [other for other in alike if report.field == other.field]
    if exact:
        return exact[0]
    numbered = [other for other in alike if _same_number(report, other) or "" in (report.field, other.field)]
    return numbered[0] if len(numbered) == 1 else None


def _may_be_same(one: VisitReport, other: VisitReport) -> bool:
    if one.office != other.office or one.is_follow_up != other.is_follow_up:
        return False
    if _same_number(one, other):
        return True
    # Two numbers of a kind that differ are two visits, whatever the day.
    both_numbered = (one.act and other.act) or (one.task and other.task)
    return not both_numbered and one.day == other.day


def _same_number(one: VisitReport, other: VisitReport) -> bool:
    if one.act and other.act:
        return one.act == other.act
    return bool(one.task) and one.task == other.task


def visit_rows(connection: Connection, enterprise_ids: Sequence[str]) -> Iterator[FactRow]:
    """The latest versions of the records of visits of some enterprises."""
    table = table_of(VisibleRecord)
    for some in in_parts(sorted(set(enterprise_ids))):
        query = (
            select(table)
            .where(table.c.enterprise_id.in_(some), table.c.kind == VISIT_KIND)
            .order_by(table.c.known_on.nulls_first(), table.c.seq)
        )
        latest = {row["record_id"]: dict(row) for row in connection.execute(query).mappings()}
        yield from latest.values()


def is_of_here(row: FactRow) -> bool:
    """Whether a record is of a visit that was recorded here."""
    return bool(row["source"] == RECORDED_HERE)


@dataclass(frozen=True)
class VisitDifference:
    """That two reports of a visit differ.

    Attributes:
        standing: The report that stands.
        other: The other one, which is kept with the case.
        columns: In what they differ.
    """

    standing: VisitReport
    other: VisitReport
    columns: tuple[str, ...]

    @property
    def content(self) -> str:
        """As its opening step keeps it."""
        records = [str(row["record_id"]) for row in self.standing.rows]
        return compact({OTHER: self.other.said, "by": "officer", "records": records})

    def step(self, number: int, policy_id: str, actor: str, day: date, seq: int) -> dict[str, Any]:
        """The row of the step that opens the case."""
        said = {"standing": self.standing.said, OTHER: self.other.said}
        lines = [f"{name}: {said['standing'][name]} ≠ {said[OTHER][name]}" for name in self.columns]
        return {
            "number": number,
            "policy_id": policy_id,
            "enterprise_id": self.standing.enterprise_id,
            "kind": DIFFERENCE,
            "record_id": self.standing.gravest["record_id"],
            "content": self.content,
            "actor": actor,
            "done_on": day,
            "seq": seq,
            "ground": "; ".join(lines),
        }

    def is_known(self, connection: Connection) -> bool:
        """Whether a case about this very difference was opened before, settled or not."""
        known = select(CaseStep.content).where(
            CaseStep.kind == DIFFERENCE, CaseStep.record_id == self.standing.gravest["record_id"]
        )
        return self.content in connection.execute(known).scalars().all()


@dataclass(frozen=True)
class HeldReports:
    """What reports of one side come to, held against those that stand.

    Attributes:
        new: Reports of visits that nobody has told of.
        known: Those that say the same, with what stands.
        differences: Where the two differ.
    """

    new: tuple[VisitReport, ...]
    known: tuple[tuple[VisitReport, VisitReport], ...]
    differences: tuple[VisitDifference, ...]


def hold_reports(reports: Iterable[VisitReport], standing: Iterable[VisitReport]) -> HeldReports:
    """Holds reports against those that stand, each against those of its enterprise."""
    by_enterprise: dict[str, list[VisitReport]] = defaultdict(list)
    for report in standing:
        by_enterprise[report.enterprise_id].append(report)
    new: list[VisitReport] = []
    known: list[tuple[VisitReport, VisitReport]] = []
    differences: list[VisitDifference] = []
    for report, stands in _pairs(list(reports), by_enterprise):
        if stands is None:
            new.append(report)
        elif columns := stands.differs(report):
            differences.append(VisitDifference(stands, report, tuple(columns)))
        else:
            known.append((report, stands))
    return HeldReports(tuple(new), tuple(known), tuple(differences))


def _pairs(
    reports: Sequence[VisitReport], standing: Mapping[str, Sequence[VisitReport]]
) -> Iterator[tuple[VisitReport, VisitReport | None]]:
    """Each report with the one that stands for the same visit; what has the number is found before what has the day."""
    by_number = {id(report): _numbered_like(report, standing[report.enterprise_id]) for report in reports}
    spoken_for = {id(stands) for stands in by_number.values() if stands is not None}
    for report in reports:
        others = [other for other in standing[report.enterprise_id] if id(other) not in spoken_for]
        yield report, by_number[id(report)] or same_visit(report, others)


def _numbered_like(report: VisitReport, others: Sequence[VisitReport]) -> VisitReport | None:
    return same_visit(report, [other for other in others if _same_number(report, other)])


def wanted_columns(kept: Mapping[str, Any]) -> dict[str, str]:
    """The columns of the other report as a correction takes them, from what the opening step of a case keeps."""
    other = kept.get(OTHER) or {}
    columns = {name: str(other[name]) for name in COLUMNS if other.get(name)}
    # Where nothing was found there is no gravity either; a finding of which none is told keeps its own.
    if columns.get("result") not in (None, *FINDINGS, "corrected"):
        columns["severity"] = ""
    return columns
