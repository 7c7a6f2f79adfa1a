"""Past assessments computed again from what was known then.

Each is scored as an enterprise of its own, so that one query computes hundreds, of whatever days
and states of the store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import select

from scoring.engine.cases import Case
from scoring.engine.duckdb import DuckEngine
from scoring.engine.results import DecidedRows
from scoring.entities import Progress, silent
from scoring.errors import SiseError, UsageError
from scoring.store.audit.past_assessments import PastAssessment, PastReader
from scoring.store.facts.family import FactRow
from scoring.store.standing.computed import KEPT, ComputedResult, computed_results
from scoring.store.tables.bulk import in_parts
from scoring.store.tables.database import Database
from scoring.store.tables.orm import Assessment
from scoring.store.tables.writing import Clock, begin_writing

AT_ONCE = 400
"""Assessments that one query computes."""
COMPARED = (*KEPT, "reasons", "coverage", "n_records", "given")
"""Columns of an assessment that follow from facts, policy, day and prior band."""


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
class Difference:
    """A past assessment that does not follow from what was known.

    Attributes:
        number: The assessment.
        enterprise_id: Whose.
        column: The first column that differs.
        stored: What the store says.
        computed: What follows.
    """

    number: int
    enterprise_id: str
    column: str
    stored: object
    computed: object


@dataclass(frozen=True)
class RefusedAssessment:
    """A past assessment whose rules are not what their hash says, or whose closed lists have changed.

    Attributes:
        number: The assessment.
        reason: The refusal by language.
    """

    number: int
    reason: Mapping[str, str]


@dataclass
class Replayed:
    """Verdicts.

    Attributes:
        equal: How many assessments follow from what was known.
        gone: (assessment, deletion event): not replayable, because a fact behind it was lawfully
            deleted.
        refused: Assessments from whose rules nothing can be computed any more.
        withheld: Assessments that use a record which was restored after their day, as long as no
            auditor asks.
        different: What does not follow.
    """

    equal: int = 0
    gone: list[tuple[int, int]] = field(default_factory=list)
    refused: list[RefusedAssessment] = field(default_factory=list)
    withheld: list[int] = field(default_factory=list)
    different: list[Difference] = field(default_factory=list)


class _Kind(NamedTuple):
    """What assessments must share that one query computes them."""

    rules_sha256: str
    covers: list[str]


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
        raise UsageError("replay_without_purpose")
    wanted = _wanted(database, numbers)
    # Before anything is computed: a look that fails midway was a look.
    if auditor:
        _log_look(database, auditor, wanted, clock)
    replayed = Replayed()
    with database.read() as connection, DuckEngine(2) as engine:
        reader = PastReader(connection)
        for part_number, some_numbers in enumerate(in_parts(wanted, AT_ONCE)):
            progress("replay", part_number * AT_ONCE / len(wanted))
            assessments = list(reader.assessments(some_numbers))
            if auditor is None:
                replayed.withheld += [past.row["number"] for past in assessments if past.is_restored]
                assessments = [past for past in assessments if not past.is_restored]
            _judge(replayed, assessments, reader, engine)
    progress("replay", 1.0)
    return replayed


def _wanted(database: Database, numbers: Sequence[int] | None) -> list[int]:
    if numbers is not None:
        return sorted(numbers)
    with database.read() as connection:
        return sorted(connection.execute(select(Assessment.number)).scalars())


def _log_look(database: Database, auditor: Auditor, wanted: Sequence[int], clock: Clock) -> None:
    """Logs that an auditor looks, and what for."""
    payload = {
        "role": "auditor",
        "purpose": auditor.purpose,
        "assessments": len(wanted),
        "last": max(wanted, default=0),
    }
    with begin_writing(database, auditor.name, clock) as writing:
        writing.log("replayed", payload)


def _judge(
    replayed: Replayed,
    assessments: Sequence[PastAssessment],
    reader: PastReader,
    engine: DuckEngine,
) -> None:
    """Adds the verdicts over some assessments."""
    usable = []
    for past in assessments:
        try:
            reader.policy(past.row["rules_sha256"])
        except SiseError as error:
            replayed.refused.append(RefusedAssessment(past.row["number"], error.words))
        else:
            usable.append(past)
    results = dict(_computed(usable, reader, engine))
    for past in usable:
        number = past.row["number"]
        difference = _difference(past.row, results.get(number))
        if difference is None:
            replayed.equal += 1
        elif past.deletion is not None:
            replayed.gone.append((number, past.deletion))
        else:
            replayed.different.append(difference)


def _difference(row: Mapping[str, Any], result: ComputedResult | None) -> Difference | None:
    """The first column in which a result is not what is stored."""
    for column in COMPARED:
        computed = getattr(result, column, None)
        if result is None or computed != row[column]:
            return Difference(row["number"], row["enterprise_id"], column, row[column], computed)
    return None


def _computed(
    assessments: Sequence[PastAssessment], reader: PastReader, engine: DuckEngine
) -> Iterator[tuple[int, ComputedResult]]:
    """Results by number, a query for each policy and set of covered kinds."""

    def kind(past: PastAssessment) -> _Kind:
        """What decides with which others an assessment is computed."""
        return _Kind(past.row["rules_sha256"], sorted(reader.covers(past.row["event"])))

    for (rules_sha256, covers), group in groupby(sorted(assessments, key=kind), key=kind):
        version = reader.policy(rules_sha256)
        bands = [band.id for band in version.policy.bands]
        enterprises: list[FactRow] = []
        records: list[FactRow] = []
        cases: list[Case] = []
        for past, (versions, facts) in reader.linked(group, version.law.relations):
            # Under its number: an enterprise may be assessed several times in one query.
            case_id, prior = str(past.row["number"]), past.row["prior_band"]
            enterprises += [{**row, "enterprise_id": case_id} for row in versions]
            records += [{**row, "enterprise_id": case_id} for row in facts]
            band = bands.index(prior) if prior in bands else None
            cases.append(Case(case_id, case_id, past.row["as_of"], band))
        tables = engine.hold(enterprises, records)
        table = engine.cases(version, cases, frozenset(covers), tables)
        for result in computed_results(DecidedRows.of(table, version.policy), version):
            yield int(result.enterprise_id), result
