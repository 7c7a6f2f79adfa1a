"""Where enterprises stand: what is stored, which results are new, and what is stored then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa
from sqlalchemy import Column, Connection, func, select

from scoring.entities import FIRST_NOTICE
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.log.sealing import NOT_SEALED
from scoring.store.standing.computed import KEPT, ComputedResult, key_of, weight_of
from scoring.store.standing.taking_effect import IN_EFFECT, Decision, NewResult, OpenProposal, decide
from scoring.store.tables.bulk import insert_sealed, read_rows, upsert
from scoring.store.tables.orm import Assessment, Standing, table_of
from scoring.store.tables.writing import Writing

NOBODY: Mapping[str, frozenset[str]] = {}
IdRange = tuple[str, str]
"""First and last id of a range of enterprises, both included."""
_WHOLE_NUMBERS = ("in_effect", "latest", "points", "proposal")
_COLUMNS = (
    Standing.enterprise_id,
    Standing.in_effect,
    Standing.latest,
    Standing.name,
    Standing.colour.label("shown_colour"),
    Standing.band.label("shown_band"),
    Standing.rated_band,
    Assessment.state,
    Assessment.proposal,
    Assessment.rules_sha256,
    *(getattr(Assessment, name) for name in KEPT),
)
"""What ``StoredStanding`` is made of: columns and no objects, a batch reads them of everybody."""
_IN_RANGE = f"""
SELECT
    s.enterprise_id, s.in_effect, s.latest, s.name, s.colour, s.band, s.rated_band,
    a.state, a.proposal, a.rules_sha256, {", ".join(f"a.{name}" for name in KEPT)}
FROM standing s
JOIN assessment a ON a.number = s.latest
WHERE s.policy_id = ? AND s.enterprise_id BETWEEN ? AND ?
"""
"""The same columns of the standings under a policy within a range of ids."""


@dataclass(frozen=True)
class StoredStanding:
    """Where an enterprise stands: the result that is shown, and what its latest assessment says.

    Attributes:
        in_effect: Number of the assessment in effect, which is shown.
        name: The enterprise's name there.
        colour: The colour shown.
        band: The band shown.
        rated: The last band that was in effect, whatever came after it; ``None``: none ever was.
        latest: Number of the latest assessment, which may be proposed.
        state: Whether the latest is in effect or proposed.
        proposal: The assessment that opened the proposal of the latest, where it is proposed.
        rules_sha256: The policy of the latest.
        key: What the latest says, as results are compared.
    """

    in_effect: int | None
    name: str | None
    colour: str | None
    band: str | None
    rated: str | None
    latest: int
    state: str
    proposal: int | None
    rules_sha256: str
    key: tuple[object, ...]

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> StoredStanding:
        """A standing with its latest assessment, from a row of ``_COLUMNS``."""
        return cls(
            in_effect=row["in_effect"],
            name=row["name"],
            colour=row["shown_colour"],
            band=row["shown_band"],
            rated=row["rated_band"],
            latest=row["latest"],
            state=row["state"],
            proposal=row["proposal"],
            rules_sha256=row["rules_sha256"],
            key=key_of([row[column] for column in KEPT]),
        )


@dataclass(frozen=True)
class ChangedResult:
    """A result that is not what the latest assessment says, with what becomes of it.

    Attributes:
        result: The new result.
        decision: Whether it is in effect or proposed.
        prior: The band in effect before, if there was one.
        before: Where the enterprise stood, if it was assessed before.
    """

    result: ComputedResult
    decision: Decision
    prior: str | None
    before: StoredStanding | None


def read_standings(
    connection: Connection, policy_id: str, enterprise_ids: Sequence[str]
) -> dict[str, StoredStanding]:
    """Where each of a few enterprises stands under a policy."""
    latest_of_each = connection.execute(
        select(*_COLUMNS)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(Standing.policy_id == policy_id, Standing.enterprise_id.in_(enterprise_ids))
    ).mappings()
    return {standing["enterprise_id"]: StoredStanding.of(standing) for standing in latest_of_each}


def bands_in_effect(connection: Connection, policy_id: str) -> dict[str, int]:
    """How many enterprises have each band in effect under a policy."""
    counted = (
        select(Standing.band, func.count())
        .where(Standing.policy_id == policy_id, Standing.band.is_not(None))
        .group_by(Standing.band)
    )
    return {str(band): number for band, number in connection.execute(counted)}


class StandingCounts(NamedTuple):
    """Enterprises under a policy: by band in effect, and without one by reason."""

    bands: dict[str, int]
    not_rated: dict[str, int]


def counts_in_effect(connection: Connection, policy_id: str) -> StandingCounts:
    """What is in effect under a policy; who waits for a first result is not rated for that reason."""
    in_effect = func.coalesce(Assessment.status_reason, FIRST_NOTICE)
    reasons = (
        select(in_effect, func.count())
        .select_from(Standing)
        .outerjoin(Assessment, Assessment.number == Standing.in_effect)
        .where(Standing.policy_id == policy_id, Standing.band.is_(None))
        .group_by(in_effect)
    )
    counted = {str(reason): number for reason, number in connection.execute(reasons)}
    return StandingCounts(bands_in_effect(connection, policy_id), dict(sorted(counted.items())))


def computed_counts(connection: Connection, policy_id: str) -> tuple[Counter[str], Counter[str]]:
    """What the latest assessments under a policy say: enterprises by band, and those without one by reason."""
    counted = connection.execute(
        select(Assessment.band, Assessment.status_reason, func.count())
        .select_from(Standing)
        .join(Assessment, Assessment.number == Standing.latest)
        .where(Standing.policy_id == policy_id)
        .group_by(Assessment.band, Assessment.status_reason)
    )
    bands, not_rated = Counter[str](), Counter[str]()
    for band, reason, number in counted:
        if band is not None:
            bands[band] += number
        if reason is not None:
            not_rated[reason] += number
    return bands, not_rated


def read_range(connection: Connection, policy_id: str, ids: IdRange) -> dict[str, StoredStanding]:
    """Where each enterprise of a range stands under a policy."""
    names = [column.key for column in _COLUMNS]
    types = {name: pa.int64() if name in _WHOLE_NUMBERS else pa.string() for name in names}
    standings: dict[str, StoredStanding] = {}
    for table in read_rows(connection, _IN_RANGE, pa.schema(types), (policy_id, *ids)):
        standings |= {row["enterprise_id"]: StoredStanding.of(row) for row in table.to_pylist()}
    return standings


def changed_results(
    results: Sequence[ComputedResult],
    standings: Mapping[str, StoredStanding],
    proposals: Mapping[str, OpenProposal],
    version: ResolvedPolicy,
    as_of: date,
    by_hand: Mapping[str, frozenset[str]] = NOBODY,
) -> Iterator[ChangedResult]:
    """Results that the latest assessment does not say already, each with what becomes of it.

    Args:
        results: The results.
        standings: Where each enterprise stands.
        proposals: The open proposals.
        version: The policy.
        as_of: The day of the results.
        by_hand: By enterprise, whose hands alone bring it out of a reviewed band.
    """
    bands = band_numbers(version.policy)
    for result in results:
        enterprise_id = result.enterprise_id
        before = standings.get(enterprise_id)
        new = NewResult(
            band=bands.get(result.band),
            weight=weight_of(result, version.policy),
            by_hand=by_hand.get(enterprise_id, frozenset()),
        )
        rated = bands.get(before.rated) if before else None
        decision = decide(version.policy, as_of, rated, new, proposals.get(enterprise_id))
        if not _says_so_already(before, result, decision, version):
            prior = before.band if before and before.band in bands else None
            yield ChangedResult(result, decision, prior, before)


def band_numbers(policy: Policy) -> dict[str | None, int]:
    """The number of each band, the best first."""
    return {band.id: number for number, band in enumerate(policy.bands)}


def _says_so_already(
    before: StoredStanding | None, result: ComputedResult, decision: Decision, version: ResolvedPolicy
) -> bool:
    """Whether the latest assessment is of this result, state and proposal."""
    # Under another policy it is a new assessment, even if it says the same.
    return (
        before is not None
        and before.key == result.key
        and before.rules_sha256 == version.rules_sha256
        and before.state == decision.state
        and (decision.state == IN_EFFECT or before.proposal == decision.proposal)
    )


def store_assessments(
    writing: Writing, version: ResolvedPolicy, as_of: date, seq: int, changed: Sequence[ChangedResult]
) -> range:
    """Adds assessments and moves the standings; the caller logs.

    Args:
        writing: The transaction.
        version: The policy.
        as_of: The day of the results.
        seq: The last fact that they follow from.
        changed: The results.

    Returns:
        The numbers of the assessments.
    """
    numbers = writing.assessments(len(changed))
    under = {
        "policy_id": version.policy.id,
        "rules_sha256": version.rules_sha256,
        "as_of": as_of,
        "seq": seq,
        "event": writing.next_event,
    }
    assessments = [
        {**under, **_assessment(change, number), "number": number}
        for change, number in zip(changed, numbers, strict=True)
    ]
    sealed = [column for column in table_of(Assessment).columns if column.name not in NOT_SEALED]
    digests = insert_sealed(writing.connection, "assessment", arrow_rows(assessments, sealed))
    writing.binds("assessment", digests)
    standings = [
        {"policy_id": version.policy.id, "latest": number, **_standing(change, number)}
        for change, number in zip(changed, numbers, strict=True)
    ]
    table = table_of(Standing)
    upsert(writing.connection, table, arrow_rows(standings, list(table.columns)))
    return numbers


def arrow_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column[Any]]) -> pa.Table:
    """Rows of a table of the store as Arrow."""
    arrays: dict[str, pa.Array] = {}
    for column in columns:
        arrays[column.name] = pa.array([row[column.name] for row in rows], _arrow_type(column))
    return pa.table(arrays)


def _arrow_type(column: Column[Any]) -> pa.DataType:
    python_type = column.type.python_type
    return {int: pa.int64(), str: pa.string(), bool: pa.bool_(), date: pa.date32()}[python_type]


def _assessment(change: ChangedResult, number: int) -> dict[str, Any]:
    """The columns of an assessment that one result fills."""
    columns = {column: value for column, value in vars(change.result).items() if column != "name"}
    decision = change.decision
    opened_by = None if decision.state == IN_EFFECT else decision.proposal or number
    return columns | {
        "prior_band": change.prior,
        "state": decision.state,
        "reviewers": decision.reviewers,
        "proposal": opened_by,
    }


def _standing(change: ChangedResult, number: int) -> dict[str, Any]:
    """What is shown of an enterprise: the new result, or while it waits what was shown before.

    While its first result waits, nothing is: it is not rated yet.
    """
    result, before = change.result, change.before
    columns = {"enterprise_id": result.enterprise_id, "proposed": change.decision.state != IN_EFFECT}
    if change.decision.state == IN_EFFECT:
        rated = result.band or (before.rated if before else None)
        shown = {"name": result.name, "colour": result.colour, "band": result.band, "in_effect": number}
        return columns | shown | {"rated_band": rated}
    if before is None:
        nothing = dict.fromkeys(("colour", "band", "in_effect", "rated_band"))
        return columns | nothing | {"name": result.name}
    shown_before = {"name": before.name, "colour": before.colour, "band": before.band}
    return columns | shown_before | {"in_effect": before.in_effect, "rated_band": before.rated}
