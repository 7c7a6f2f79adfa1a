"""Where enterprises stand: what was stored about them, which results are new, and the assessments that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection

from scoring.policy.resolved import ResolvedPolicy
from scoring.store.log.sealing import NOT_SEALED
from scoring.store.standing.computed import KEPT, Computed, key_of
from scoring.store.standing.taking_effect import IN_EFFECT, Decision, Pending, decide
from scoring.store.tables.bulk import insert_sealed, read_rows, upsert
from scoring.store.tables.orm import Assessment, Standing, table_of
from scoring.store.tables.writing import Writing


@dataclass(frozen=True)
class StoredStanding:
    """What stood about an enterprise: band in effect, the latest assessment and what it said."""

    in_effect: int | None
    name: str | None
    colour: str | None
    band: str | None
    latest: int
    state: str
    policy_sha256: str
    key: tuple[object, ...]


@dataclass(frozen=True)
class Changed:
    """A result that is not what the latest assessment said, with what becomes of it."""

    result: Computed
    decision: Decision
    prior: str | None
    before: StoredStanding | None


def stood(connection: Connection, policy_id: str, ids: tuple[str, str]) -> dict[str, StoredStanding]:
    """What stood about the enterprises within two ids (both included)."""
    texts = ("name", "colour", "band", "state", "policy_sha256")
    form = pa.schema(
        [
            ("enterprise_id", pa.string()),
            ("in_effect", pa.int64()),
            ("latest", pa.int64()),
            *((f"s_{n}", pa.string()) for n in texts),
            *((name, pa.int64() if name == "points" else pa.string()) for name in KEPT),
        ]
    )
    kept = ", ".join(f"a.{name}" for name in KEPT)
    text = (
        f"SELECT s.enterprise_id, s.in_effect, s.latest, s.name, s.colour, s.band, a.state, a.policy_sha256, {kept} "
        "FROM standing s JOIN assessment a ON a.number = s.latest WHERE s.policy_id = ? AND s.enterprise_id BETWEEN ? AND ?"
    )
    found: dict[str, StoredStanding] = {}
    for table in read_rows(connection, text, form, (policy_id, *ids)):
        for row in zip(*(column.to_pylist() for column in table.columns), strict=True):
            found[row[0]] = StoredStanding(
                row[1], row[3], row[4], row[5], row[2], row[6], row[7], key_of(row[8:])
            )
    return found


def changed_results(
    results: Sequence[Computed],
    standing: Mapping[str, StoredStanding],
    pending: Mapping[str, Pending],
    version: ResolvedPolicy,
    as_of: date,
    *,
    emergency: bool = False,
) -> Iterator[Changed]:
    """Results that the latest assessment does not say already, each with what becomes of it."""
    bands = [band.id for band in version.policy.bands]
    for result in results:
        before = standing.get(result.enterprise_id)
        prior = bands.index(before.band) if before and before.band in bands else None
        band = bands.index(result.band) if result.band is not None else None
        decision = decide(
            version.policy, as_of, prior, band, pending.get(result.enterprise_id), emergency=emergency
        )
        same = (
            before
            and before.key == result.key
            and before.policy_sha256 == version.sha256
            and before.state == decision.state
        )
        if not same:
            yield Changed(result, decision, bands[prior] if prior is not None else None, before)


def store_assessments(
    w: Writing, version: ResolvedPolicy, as_of: date, seq: int, changed: Sequence[Changed]
) -> range:
    """Adds assessments and moves the standings; the caller logs. Returns the numbers given."""
    numbers = w.assessments(len(changed))
    columns = [column for column in table_of(Assessment).columns if column.name not in NOT_SEALED]
    rows = [
        _assessment(change, number, version, as_of, seq, w.next_event)
        for change, number in zip(changed, numbers, strict=True)
    ]
    w.binds("assessment", insert_sealed(w.connection, "assessment", _arrow_rows(rows, columns)))
    standings = [
        _standing(change, number, version.policy.id) for change, number in zip(changed, numbers, strict=True)
    ]
    upsert(w.connection, table_of(Standing), _arrow_rows(standings, list(table_of(Standing).columns)))
    return numbers


def _arrow_rows(rows: Sequence[dict[str, Any]], columns: Sequence[Any]) -> pa.Table:
    return pa.table(
        {column.name: pa.array([row[column.name] for row in rows], _arrow(column)) for column in columns}
    )


def _arrow(column: Any) -> pa.DataType:
    kind = column.type.python_type
    return {int: pa.int64(), str: pa.string(), bool: pa.bool_(), date: pa.date32()}[kind]


def _assessment(
    change: Changed, number: int, version: ResolvedPolicy, as_of: date, seq: int, event: int
) -> dict[str, Any]:
    result, decision = change.result, change.decision
    own = {name: value for name, value in vars(result).items() if name != "name"}
    return {
        "number": number,
        **own,
        "policy_id": version.policy.id,
        "policy_sha256": version.sha256,
        "as_of": as_of,
        "seq": seq,
        "prior_band": change.prior,
        "state": decision.state,
        "reviewers": decision.reviewers,
        "notice_until": decision.notice_until,
        "event": event,
    }


def _standing(change: Changed, number: int, policy_id: str) -> dict[str, Any]:
    result, before = change.result, change.before
    row = {"policy_id": policy_id, "enterprise_id": result.enterprise_id, "latest": number}
    if change.decision.state == IN_EFFECT or before is None:
        return {
            **row,
            "name": result.name,
            "colour": result.colour,
            "band": result.band,
            "in_effect": number,
            "proposed": False,
        }
    return {
        **row,
        "name": before.name,
        "colour": before.colour,
        "band": before.band,
        "in_effect": before.in_effect,
        "proposed": True,
    }
