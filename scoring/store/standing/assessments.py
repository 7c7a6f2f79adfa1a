"""Changed results stored: assessments are added, and standings move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Column

from scoring.policy.resolved import ResolvedPolicy
from scoring.store.log.sealing import NOT_SEALED
from scoring.store.standing.code_issuing import follow_colours
from scoring.store.standing.new_results import RESULT
from scoring.store.standing.taking_effect import IN_EFFECT
from scoring.store.tables.bulk import insert_sealed, seal_rows, upsert
from scoring.store.tables.orm import Assessment, Standing, table_of
from scoring.store.tables.writing import Writing


def store_assessments(
    writing: Writing, version: ResolvedPolicy, as_of: date, seq: int, changes: pa.Table
) -> range:
    """Adds assessments and moves the standings; the caller logs.

    Args:
        writing: The transaction.
        version: The policy.
        as_of: The day of the results.
        seq: The last fact that they follow from.
        changes: Rows of ``new_results.CHANGE_SCHEMA``.

    Returns:
        The numbers of the assessments.
    """
    numbers = writing.assessments(changes.num_rows)
    number = pa.array(numbers, pa.int64())
    in_effect = pc.equal(changes["state"], IN_EFFECT)
    under = {
        "policy_id": version.policy.id,
        "rules_sha256": version.rules_sha256,
        "as_of": as_of,
        "seq": seq,
        "event": writing.next_event,
    }
    opened_by = pc.if_else(in_effect, None, pc.coalesce(changes["goes_on"], number))
    columns = {
        name: changes[name] for name in (*RESULT, "prior_band", "state", "reviewers") if name != "name"
    }
    store_rows(
        writing,
        {**_constants(under, len(numbers)), **columns, "number": number, "proposal": opened_by},
    )
    move_standings(writing, _standings(version.policy.id, changes, number, in_effect))
    # A code that says another colour than the store does not outlive the transaction.
    follow_colours(writing, version, as_of, changes["enterprise_id"].to_pylist())
    return numbers


def _constants(values: Mapping[str, Any], count: int) -> dict[str, pa.Array]:
    return {name: pa.repeat(pa.scalar(value), count) for name, value in values.items()}


def _standings(
    policy_id: str, changes: pa.Table, number: pa.Array, in_effect: pa.ChunkedArray
) -> dict[str, Any]:
    """What is shown: the new result, or while it waits what was shown before; of a first one that waits, the name."""

    def shown(name: str) -> pa.ChunkedArray:
        """The new value, or the one before."""
        return pc.if_else(in_effect, changes[name], changes[f"shown_{name}"])

    named_now = pc.or_(in_effect, changes["is_first"])
    rated_now = pc.coalesce(changes["band"], changes["shown_rated"])
    return {
        "policy_id": pa.repeat(policy_id, len(number)),
        "enterprise_id": changes["enterprise_id"],
        "name": pc.if_else(named_now, changes["name"], changes["shown_name"]),
        "colour": shown("colour"),
        "band": shown("band"),
        "points": shown("points"),
        "rated_band": pc.if_else(in_effect, rated_now, changes["shown_rated"]),
        "in_effect": pc.if_else(in_effect, number, changes["shown_in_effect"]),
        "latest": number,
        "proposed": pc.invert(in_effect),
    }


def store_rows(writing: Writing, columns: Mapping[str, Any]) -> None:
    """Adds assessments, by column."""
    sealed = [column for column in table_of(Assessment).columns if column.name not in NOT_SEALED]
    rows = seal_rows("assessment", _typed(columns, sealed))
    writing.binds("assessment", insert_sealed(writing.connection, rows))


def move_standings(writing: Writing, columns: Mapping[str, Any]) -> None:
    """Puts standings in the place of those that there are, by column."""
    table = table_of(Standing)
    upsert(writing.connection, table, _typed(columns, list(table.columns)))


def _typed(columns: Mapping[str, Any], wanted: Sequence[Column[Any]]) -> pa.Table:
    """Columns of a table of the store as Arrow."""
    types = {int: pa.int64(), str: pa.string(), bool: pa.bool_(), date: pa.date32()}
    form = pa.schema({column.name: types[column.type.python_type] for column in wanted})
    arrays = [_array(columns[field.name], field.type) for field in form]
    return pa.Table.from_arrays(arrays, schema=form)


def _array(values: Any, kind: pa.DataType) -> pa.Array | pa.ChunkedArray:
    return values.cast(kind) if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values, kind)
