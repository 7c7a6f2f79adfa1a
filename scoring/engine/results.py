"""From the rows that the engine decided to what is written: scores, contributions and changes.

No point is computed here. Points come from the expression; this module only turns columns into
lists and rows, with integers in numpy, so that every engine gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoring.engine.decision import limits_of
from scoring.engine.indicators import unit
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy

TOP_REASONS = 5
SCALE_LIMIT = "scale_limit"
"""Indicator id of what clipping to the scale took or gave."""
HYSTERESIS = "hysteresis"
"""Cap id of a better band that was not cleared by the policy's margin."""

SCORE_SCHEMA = pa.schema(
    [
        ("enterprise_id", pa.string()),
        ("name", pa.string()),
        ("as_of", pa.date32()),
        ("points", pa.int32()),
        ("band", pa.string()),
        ("colour", pa.string()),
        ("status", pa.string()),
        ("status_reason", pa.string()),
        ("reasons", pa.list_(pa.string())),
        ("vetoes", pa.list_(pa.string())),
        ("caps", pa.list_(pa.string())),
        ("coverage", pa.int32()),
        ("n_records", pa.int64()),
        ("policy_id", pa.string()),
        ("policy_version", pa.string()),
        ("rules_sha256", pa.string()),
    ]
)
CONTRIBUTION_SCHEMA = pa.schema(
    [
        ("enterprise_id", pa.string()),
        ("indicator_id", pa.string()),
        ("value", pa.int64()),
        ("unknown", pa.bool_()),
        ("points", pa.int32()),
    ]
)
CHANGE_SCHEMA = pa.schema(
    [
        ("enterprise_id", pa.string()),
        ("prior_band", pa.string()),
        ("band", pa.string()),
        ("change", pa.string()),
        ("state", pa.string()),
        ("needs_review", pa.bool_()),
    ]
)

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class DecidedRows:
    """Rows of the engine's result, one per case, with what is computed from them in numpy.

    Attributes:
        table: The rows as the expression gives them.
        policy: The policy that decided.
        rated: Whether the case got a band.
        known: Whether an indicator's value is known, (rows x indicators) in the policy's order.
        points: Points by indicator, in the same shape; 0 where the case is not rated.
    """

    table: pa.Table
    policy: Policy
    rated: Bools
    known: Bools
    points: NDArray[np.int32]

    @property
    def prior(self) -> int | None:
        """Number of the band in effect before the first case."""
        number: int | None = self.table.column("prior_band_no")[0].as_py()
        return number

    @classmethod
    def of(cls, table: pa.Table, policy: Policy) -> DecidedRows:
        """Arrays of an engine's result; points of unrated rows are 0."""
        table = table.combine_chunks()
        rated = bools_of(column_of(table, "gate").is_null())
        indicator_ids = [indicator.id for indicator in policy.indicators]
        known = [
            bools_of(column_of(table, f"v__{indicator_id}").is_valid()) for indicator_id in indicator_ids
        ]
        points = [
            _ints(column_of(table, f"p__{indicator_id}")).astype(np.int32) for indicator_id in indicator_ids
        ]
        return cls(table, policy, rated, np.stack(known, axis=1), np.stack(points, axis=1) * rated[:, None])


def scores(rows: DecidedRows, version: ResolvedPolicy) -> pa.Table:
    """Rows of ``scores.parquet``, in the order of the engine's rows."""
    table, policy, rated = rows.table, rows.policy, rows.rated
    row_count = table.num_rows
    band_no = np.where(rated, _ints(column_of(table, "band_no")), len(policy.bands))
    kept_back = (_ints(column_of(table, "held_band")) != _ints(column_of(table, "points_band"))) & rated
    limit_flags = limits_that_hold(rows)
    columns = {
        "enterprise_id": column_of(table, "enterprise_id"),
        "name": column_of(table, "name"),
        "as_of": column_of(table, "as_of"),
        "points": pa.array(_ints(column_of(table, "points")), pa.int32(), mask=~rated),
        "band": texts_of([band.id for band in policy.bands], band_no),
        "colour": texts_of([band.colour for band in policy.bands], band_no),
        "status": texts_of(["rated", "not_rated"], np.where(rated, 0, 1)),
        "status_reason": column_of(table, "gate"),
        "reasons": _reasons(rows),
        "vetoes": _flags(limit_flags["veto"], row_count),
        "caps": _flags([*limit_flags["cap"], Flag(HYSTERESIS, kept_back)], row_count),
        "coverage": pa.array(rows.known.sum(axis=1) * 100 // rows.known.shape[1], pa.int32()),
        "n_records": column_of(table, "n_records"),
        "policy_id": pa.repeat(policy.id, row_count),
        "policy_version": pa.repeat(policy.version, row_count),
        "rules_sha256": pa.repeat(version.rules_sha256, row_count),
    }
    return pa.table(columns).cast(SCORE_SCHEMA)


def contributions(rows: DecidedRows) -> pa.Table:
    """One row per rated enterprise and indicator whose points are not zero, ordered by both.

    ``scale_limit`` is one of the indicators.
    """
    policy, table = rows.policy, rows.table
    clipped = (_ints(column_of(table, "points")) - _ints(column_of(table, "total"))) * rows.rated
    indicator_ids = [*(indicator.id for indicator in policy.indicators), SCALE_LIMIT]
    id_order = np.argsort(indicator_ids)
    points = np.concatenate([rows.points, clipped.astype(np.int32)[:, None]], axis=1)[:, id_order]
    row_numbers, columns = np.nonzero(points)
    values = np.zeros(len(row_numbers), dtype=np.int64)
    unknown = np.zeros(len(row_numbers), dtype=bool)
    for column in np.unique(columns).tolist():
        indicator_no = id_order[column]
        # The limit stands behind the indicators and has no value.
        if indicator_no == len(policy.indicators):
            continue
        indicator, rows_of_column = policy.indicators[indicator_no], np.flatnonzero(columns == column)
        # The engine counts in small units, people in whole ones.
        all_values = _ints(column_of(table, f"v__{indicator.id}"))
        values[rows_of_column] = all_values[row_numbers[rows_of_column]] // unit(indicator)
        unknown[rows_of_column] = ~rows.known[row_numbers[rows_of_column], indicator_no]
    is_limit = columns == list(id_order).index(len(indicator_ids) - 1)
    contributed = {
        "enterprise_id": column_of(table, "enterprise_id").take(pa.array(row_numbers)),
        "indicator_id": texts_of([indicator_ids[indicator_no] for indicator_no in id_order], columns),
        "value": pa.array(values, pa.int64(), mask=unknown | is_limit),
        "unknown": unknown,
        "points": pa.array(points[row_numbers, columns], pa.int32()),
    }
    return pa.table(contributed).cast(CONTRIBUTION_SCHEMA)


def changes(rows: DecidedRows) -> pa.Table:
    """Enterprises with a prior band: what changed, whether it waits as proposed, and who must look.

    A worse band is proposed first; a person reviews it where the policy says so.
    """
    prior_bands = column_of(rows.table, "prior_band_no")
    has_prior = bools_of(prior_bands.is_valid()) & rows.rated
    band_before, band_now = _ints(prior_bands)[has_prior], _ints(column_of(rows.table, "band_no"))[has_prior]
    band_ids, review = [band.id for band in rows.policy.bands], rows.policy.review
    is_worse = band_now > band_before
    reviewed = is_worse & np.isin(band_now, [band_ids.index(band) for band in review.to])
    if review.fall_of_bands:
        reviewed |= is_worse & (band_now - band_before >= review.fall_of_bands)
    changed = {
        "enterprise_id": column_of(rows.table, "enterprise_id").filter(pa.array(has_prior)),
        "prior_band": texts_of(band_ids, band_before),
        "band": texts_of(band_ids, band_now),
        "change": texts_of(["better", "same", "worse"], np.sign(band_now - band_before) + 1),
        "state": texts_of(["in_effect", "proposed"], is_worse.astype(np.int64)),
        "needs_review": reviewed,
    }
    return pa.table(changed).cast(CHANGE_SCHEMA)


class Flag(NamedTuple):
    """A name, and for each row whether it is set."""

    name: str
    is_set: Bools


def limits_that_hold(rows: DecidedRows) -> dict[str, list[Flag]]:
    """Caps and vetoes, each with the rated rows in which it holds, by kind."""
    flags_by_kind: dict[str, list[Flag]] = {"cap": [], "veto": []}
    for kind, rule in limits_of(rows.policy):
        holds = bools_of(column_of(rows.table, f"{kind}__{rule.id}")).astype(bool) & rows.rated
        flags_by_kind[kind].append(Flag(rule.id, holds))
    return flags_by_kind


def _reasons(rows: DecidedRows) -> pa.ListArray:
    """Ids of the indicators that moved the points most; ties in the policy's order."""
    indicator_count = rows.points.shape[1]
    # Weight and place in one number: points are at most 10^6, so with so many indicators this fits.
    places = np.arange(indicator_count - 1, -1, -1, dtype=np.int32)
    weight_and_place = np.abs(rows.points) * np.int32(indicator_count) + places
    weight_and_place[rows.points == 0] = -1
    first_shown = indicator_count - min(TOP_REASONS, indicator_count)
    shown = np.partition(weight_and_place, first_shown, axis=1)[:, first_shown:]
    heaviest_first = np.sort(shown, axis=1)[:, ::-1]
    is_reason = heaviest_first >= 0
    indicator_ids = [indicator.id for indicator in rows.policy.indicators]
    numbers = indicator_count - 1 - heaviest_first[is_reason] % indicator_count
    return _lists(is_reason, texts_of(indicator_ids, numbers))


def _flags(flags: Sequence[Flag], count: int) -> pa.ListArray:
    """Per row the names of the flags that are set."""
    if not flags:
        return pa.ListArray.from_arrays(pa.array(np.zeros(count + 1), pa.int32()), pa.array([], pa.string()))
    matrix = np.stack([flag.is_set for flag in flags], axis=1)
    return _lists(matrix, texts_of([flag.name for flag in flags], np.nonzero(matrix)[1]))


def _lists(chosen: Bools, texts: pa.Array) -> pa.ListArray:
    """One list per row of ``chosen``: ``texts`` are those chosen, row after row."""
    offsets = np.concatenate([[0], np.cumsum(chosen.sum(axis=1))])
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), texts)


def texts_of(words: Sequence[str | None], numbers: Ints) -> pa.Array:
    """``words[number]`` for each number as text; a number past the end gives null."""
    dictionary = pa.array([*words, None], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(numbers, pa.int32()), dictionary).cast(pa.string())


def column_of(table: pa.Table, name: str) -> pa.Array:
    """A column in one chunk."""
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def bools_of(column: pa.Array) -> Bools:
    """A column of truth values without nulls."""
    flags: Bools = column.to_numpy(zero_copy_only=False)
    return flags


def _ints(column: pa.Array) -> Ints:
    filled = column.fill_null(0) if column.null_count else column
    return np.asarray(filled.to_numpy(zero_copy_only=False), dtype=np.int64)
