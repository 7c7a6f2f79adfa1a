"""Where enterprises stand: what is stored, which results are new, and what is stored then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from sqlalchemy import Column, Connection, select

from scoring.policy.resolved import ResolvedPolicy
from scoring.store.log.sealing import NOT_SEALED
from scoring.store.standing.computed import KEPT, ComputedResult, key_of
from scoring.store.standing.taking_effect import IN_EFFECT, Decision, OpenProposal, decide
from scoring.store.tables.bulk import insert_sealed, read_rows, upsert
from scoring.store.tables.orm import Assessment, Standing, table_of
from scoring.store.tables.writing import Writing

IdRange = tuple[str, str]
"""First and last id of a range of enterprises, both included."""
_WHOLE_NUMBERS = ("in_effect", "latest", "points")
_COLUMNS = (
    Standing.enterprise_id,
    Standing.in_effect,
    Standing.latest,
    Standing.name,
    Standing.colour.label("shown_colour"),
    Standing.band.label("shown_band"),
    Assessment.state,
    Assessment.policy_sha256,
    *(getattr(Assessment, name) for name in KEPT),
)
"""What ``StoredStanding`` is made of: columns and no objects, a batch reads them of everybody."""
_IN_RANGE = f"""
SELECT
    s.enterprise_id, s.in_effect, s.latest, s.name, s.colour, s.band,
    a.state, a.policy_sha256, {", ".join(f"a.{name}" for name in KEPT)}
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
        latest: Number of the latest assessment, which may be proposed.
        state: Whether the latest is in effect or proposed.
        policy_sha256: The policy of the latest.
        key: What the latest says, as results are compared.
    """

    in_effect: int | None
    name: str | None
    colour: str | None
    band: str | None
    latest: int
    state: str
    policy_sha256: str
    key: tuple[object, ...]

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> StoredStanding:
        """A standing with its latest assessment, from a row of ``_COLUMNS``."""
        return cls(
            in_effect=row["in_effect"],
            name=row["name"],
            colour=row["shown_colour"],
            band=row["shown_band"],
            latest=row["latest"],
            state=row["state"],
            policy_sha256=row["policy_sha256"],
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
    *,
    emergency: bool = False,
) -> Iterator[ChangedResult]:
    """Results that the latest assessment does not say already, each with what becomes of it."""
    bands = [band.id for band in version.policy.bands]
    for result in results:
        before, proposal = standings.get(result.enterprise_id), proposals.get(result.enterprise_id)
        prior_number = bands.index(before.band) if before and before.band in bands else None
        new_number = bands.index(result.band) if result.band is not None else None
        decision = decide(version.policy, as_of, prior_number, new_number, proposal, emergency=emergency)
        # Under another policy it is a new assessment, even if it says the same.
        is_known = (
            before
            and before.key == result.key
            and before.policy_sha256 == version.sha256
            and before.state == decision.state
        )
        if not is_known:
            prior = bands[prior_number] if prior_number is not None else None
            yield ChangedResult(result, decision, prior, before)


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
        "policy_sha256": version.sha256,
        "as_of": as_of,
        "seq": seq,
        "event": writing.next_event,
    }
    assessments = [
        {**under, **_assessment(change), "number": number}
        for change, number in zip(changed, numbers, strict=True)
    ]
    sealed = [column for column in table_of(Assessment).columns if column.name not in NOT_SEALED]
    digests = insert_sealed(writing.connection, "assessment", _arrow_rows(assessments, sealed))
    writing.binds("assessment", digests)
    standings = [
        {"policy_id": version.policy.id, "latest": number, **_standing(change, number)}
        for change, number in zip(changed, numbers, strict=True)
    ]
    table = table_of(Standing)
    upsert(writing.connection, table, _arrow_rows(standings, list(table.columns)))
    return numbers


def _arrow_rows(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column[Any]]) -> pa.Table:
    """Rows of a table of the store as Arrow."""
    arrays: dict[str, pa.Array] = {}
    for column in columns:
        arrays[column.name] = pa.array([row[column.name] for row in rows], _arrow_type(column))
    return pa.table(arrays)


def _arrow_type(column: Column[Any]) -> pa.DataType:
    python_type = column.type.python_type
    return {int: pa.int64(), str: pa.string(), bool: pa.bool_(), date: pa.date32()}[python_type]


def _assessment(change: ChangedResult) -> dict[str, Any]:
    """The columns of an assessment that one result fills."""
    columns = {column: value for column, value in vars(change.result).items() if column != "name"}
    return columns | {
        "prior_band": change.prior,
        "state": change.decision.state,
        "reviewers": change.decision.reviewers,
        "notice_until": change.decision.notice_until,
    }


def _standing(change: ChangedResult, number: int) -> dict[str, Any]:
    """What is shown of an enterprise: the new result, or while it waits what was shown before."""
    shown: ComputedResult | StoredStanding
    in_effect: int | None
    if change.decision.state == IN_EFFECT or change.before is None:
        shown, in_effect, is_proposed = change.result, number, False
    else:
        shown, in_effect, is_proposed = change.before, change.before.in_effect, True
    return {
        "enterprise_id": change.result.enterprise_id,
        "name": shown.name,
        "colour": shown.colour,
        "band": shown.band,
        "in_effect": in_effect,
        "proposed": is_proposed,
    }
