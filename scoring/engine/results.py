"""From the engine's wide rows to what is written: scores, contributions and changes.

No point is computed here. Points come from the expression; this module only turns columns into lists and rows, with
integers in numpy, so that every engine gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from scoring.engine.decision import limits_of
from scoring.engine.indicators import unit
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy

TOP_REASONS = 5
SCALE_LIMIT = "scale_limit"
HYSTERESIS = "hysteresis"

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
        ("policy_sha256", pa.string()),
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
class Wide:
    """The engine's rows as arrays: ``known`` and ``points`` are (rows x indicators) in the policy's order."""

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
    def of(cls, table: pa.Table, policy: Policy) -> Wide:
        """Arrays of an engine's result; points of unrated rows are 0."""
        table = table.combine_chunks()
        rated = _column(table, "gate").is_null().to_numpy(zero_copy_only=False)
        ids = [i.id for i in policy.indicators]
        columns = [_column(table, f"v__{i}") for i in ids]
        known = np.stack([c.is_valid().to_numpy(zero_copy_only=False) for c in columns], axis=1)
        points = np.stack([_ints(_column(table, f"p__{i}")).astype(np.int32) for i in ids], axis=1)
        return cls(table, policy, rated, known, points * rated[:, None])


def scores(wide: Wide, version: ResolvedPolicy) -> pa.Table:
    """Rows of ``scores.parquet``, in the order of the engine's rows."""
    table, policy, rated = wide.table, wide.policy, wide.rated
    n = table.num_rows
    band_no = np.where(rated, _ints(_column(table, "band_no")), len(policy.bands))
    names = [_column(table, f"{kind}__{rule.id}") for kind, rule in limits_of(policy)]
    held = [c.to_numpy(zero_copy_only=False).astype(bool) & rated for c in names]
    kept_back = (_ints(_column(table, "held_band")) != _ints(_column(table, "points_band"))) & rated
    caps = [
        (rule.id, flag) for (kind, rule), flag in zip(limits_of(policy), held, strict=True) if kind == "cap"
    ]
    vetoes = [
        (rule.id, flag) for (kind, rule), flag in zip(limits_of(policy), held, strict=True) if kind == "veto"
    ]
    columns = {
        "enterprise_id": _column(table, "enterprise_id"),
        "name": _column(table, "name"),
        "as_of": _column(table, "as_of"),
        "points": pa.array(_ints(_column(table, "points")), pa.int32(), mask=~rated),
        "band": _taken([band.id for band in policy.bands], band_no),
        "colour": _taken([band.colour for band in policy.bands], band_no),
        "status": _taken(["rated", "not_rated"], np.where(rated, 0, 1)),
        "status_reason": _column(table, "gate"),
        "reasons": _reasons(wide),
        "vetoes": _flags(vetoes, n),
        "caps": _flags([*caps, (HYSTERESIS, kept_back)], n),
        "coverage": pa.array(wide.known.sum(axis=1) * 100 // wide.known.shape[1], pa.int32()),
        "n_records": _column(table, "n_records"),
        "policy_id": pa.repeat(policy.id, n),
        "policy_version": pa.repeat(policy.version, n),
        "policy_sha256": pa.repeat(version.sha256, n),
    }
    return pa.table(columns).cast(SCORE_SCHEMA)


def contributions(wide: Wide) -> pa.Table:
    """One row per rated enterprise and indicator whose points are not zero, ordered by both; ``scale_limit`` is one of them."""
    limit = (
        (_ints(_column(wide.table, "points")) - _ints(_column(wide.table, "total"))) * wide.rated
    ).astype(np.int32)
    ids = [i.id for i in wide.policy.indicators] + [SCALE_LIMIT]
    order = np.argsort(ids)
    points = np.concatenate([wide.points, limit[:, None]], axis=1)[:, order]
    rows, columns = np.nonzero(points)
    values, unknown = np.zeros(len(rows), dtype=np.int64), np.zeros(len(rows), dtype=bool)
    for column in np.unique(columns).tolist():
        n = order[column]
        if n == len(wide.policy.indicators):
            continue
        of, indicator = np.flatnonzero(columns == column), wide.policy.indicators[n]
        values[of] = _ints(_column(wide.table, f"v__{indicator.id}"))[rows[of]] // unit(indicator)
        unknown[of] = ~wide.known[rows[of], n]
    limits = columns == list(order).index(len(ids) - 1)
    table = pa.table(
        {
            "enterprise_id": _column(wide.table, "enterprise_id").take(pa.array(rows)),
            "indicator_id": _taken([ids[n] for n in order], columns),
            "value": pa.array(values, pa.int64(), mask=unknown | limits),
            "unknown": unknown,
            "points": pa.array(points[rows, columns], pa.int32()),
        }
    )
    return table.cast(CONTRIBUTION_SCHEMA)


def changes(wide: Wide) -> pa.Table:
    """Enterprises with a prior band: what changed, whether it waits as proposed, and whether a person must review it."""
    prior = _column(wide.table, "prior_band_no")
    kept = prior.is_valid().to_numpy(zero_copy_only=False) & wide.rated
    before, now = _ints(prior)[kept], _ints(_column(wide.table, "band_no"))[kept]
    bands, review = [band.id for band in wide.policy.bands], wide.policy.review
    worse = now > before
    far = worse & (now - before >= review.fall_of_bands) if review.fall_of_bands else np.zeros_like(worse)
    reviewed = far | (worse & np.isin(now, [bands.index(b) for b in review.to]))
    table = pa.table(
        {
            "enterprise_id": _column(wide.table, "enterprise_id").filter(pa.array(kept)),
            "prior_band": _taken(bands, before),
            "band": _taken(bands, now),
            "change": _taken(["better", "same", "worse"], np.sign(now - before) + 1),
            "state": _taken(["in_effect", "proposed"], worse.astype(np.int64)),
            "needs_review": reviewed,
        }
    )
    return table.cast(CHANGE_SCHEMA)


def _reasons(wide: Wide) -> pa.ListArray:
    """Ids of the indicators that moved the points most; ties in the policy's order."""
    k = wide.points.shape[1]
    key = np.abs(wide.points) * np.int32(k) + np.arange(
        k - 1, -1, -1, dtype=np.int32
    )  # points are at most 10^6: this fits
    key[wide.points == 0] = -1
    top = min(TOP_REASONS, k)
    best = np.sort(np.partition(key, k - top, axis=1)[:, k - top :], axis=1)[:, ::-1]
    chosen = best >= 0
    offsets = np.concatenate([[0], np.cumsum(chosen.sum(axis=1))])
    ids = _taken([i.id for i in wide.policy.indicators], k - 1 - best[chosen] % k)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), ids)


def _flags(flags: Sequence[tuple[str, Bools]], n: int) -> pa.ListArray:
    """Per row the names of the flags that are set."""
    if not flags:
        return pa.ListArray.from_arrays(pa.array(np.zeros(n + 1), pa.int32()), pa.array([], pa.string()))
    matrix = np.stack([flag for _, flag in flags], axis=1)
    offsets = np.concatenate([[0], np.cumsum(matrix.sum(axis=1))])
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), _taken([name for name, _ in flags], np.nonzero(matrix)[1])
    )


def _taken(words: Sequence[str | None], numbers: Ints) -> pa.Array:
    """``words[number]`` for each number as text; a number past the end gives null."""
    return pa.DictionaryArray.from_arrays(
        pa.array(numbers, pa.int32()), pa.array([*words, None], pa.string())
    ).cast(pa.string())


def _column(table: pa.Table, name: str) -> pa.Array:
    column = table.column(name)
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _ints(column: pa.Array) -> Ints:
    known = column.fill_null(0) if column.null_count else column
    return np.asarray(known.to_numpy(zero_copy_only=False), dtype=np.int64)
