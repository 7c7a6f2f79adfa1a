"""Computed results as the store keeps them, from the engine's rows; it computes no point."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.engine import results
from scoring.engine.field_results import fields as field_results
from scoring.engine.results import HYSTERESIS, DecidedRows
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.log.canonical_json import compact
from scoring.store.standing.taking_effect import Weight

KEPT = (
    "points",
    "band",
    "colour",
    "status",
    "status_reason",
    "vetoes",
    "caps",
    "contributions",
    "fields",
)
"""What makes two results the same: values that count days change daily and move nobody."""
LISTS = ("reasons", "vetoes", "caps")
"""Columns that are kept as JSON lists."""
_PLAIN = (
    "enterprise_id",
    "name",
    "points",
    "band",
    "colour",
    "status",
    "status_reason",
    "coverage",
    "n_records",
)
HELD_BACK = f'"{HYSTERESIS}"'


@dataclass(frozen=True)
class ComputedResult:
    """The result of one enterprise, with the columns of ``orm.Assessment``; lists are JSON.

    ``fields`` is there where the policy has any.
    """

    enterprise_id: str
    name: str | None
    points: int | None
    band: str | None
    colour: str | None
    status: str
    status_reason: str | None
    reasons: str
    vetoes: str
    caps: str
    coverage: int
    n_records: int
    contributions: str
    given: str
    fields: str | None = None

    @property
    def key(self) -> tuple[object, ...]:
        """What is compared with an earlier result."""
        return key_of([getattr(self, name) for name in KEPT])


def key_of(kept: Sequence[Any]) -> tuple[object, ...]:
    """Values of ``KEPT`` as they are compared."""
    # Where the band is the same, it tells nothing that the band before held it back.
    plain_caps = kept[KEPT.index("caps")].replace(f",{HELD_BACK}", "").replace(HELD_BACK, "")
    return tuple(plain_caps if column == "caps" else value for column, value in zip(KEPT, kept, strict=True))


def key_columns(rows: pa.Table) -> list[pa.Array]:
    """The same of many results, a column of each value."""
    caps = pc.replace_substring(rows["caps"].combine_chunks(), f",{HELD_BACK}", "")
    plain_caps = pc.replace_substring(caps, HELD_BACK, "")
    return [plain_caps if column == "caps" else rows[column].combine_chunks() for column in KEPT]


def computed_table(rows: DecidedRows, version: ResolvedPolicy) -> pa.Table:
    """Results of the engine's rows, in their order, with the columns of ``ComputedResult``."""
    scores = results.scores(rows, version)
    columns = {column: results.column_of(scores, column) for column in _PLAIN}
    columns |= {column: _lists_as_text(results.column_of(scores, column)) for column in LISTS}
    ids, contributed = columns["enterprise_id"], results.contributions(rows)
    points = [
        _quoted(contributed["indicator_id"]),
        _number(contributed["points"]),
        _truth(contributed["unknown"]),
    ]
    columns["contributions"] = _grouped(ids, contributed["enterprise_id"], _list_of(points))
    columns["given"] = _grouped(ids, contributed["enterprise_id"], _number(contributed["value"]))
    columns["fields"] = pa.nulls(len(ids), pa.string())
    if version.policy.fields:
        in_fields = field_results(rows)
        cells = [
            _quoted(in_fields["field"]),
            _number(in_fields["points"]),
            _quoted(in_fields["band"]),
        ]
        columns["fields"] = _grouped(ids, in_fields["enterprise_id"], _list_of(cells))
    return pa.table(columns)


def computed_results(rows: DecidedRows, version: ResolvedPolicy) -> Iterator[ComputedResult]:
    """The same, one after the other."""
    return results_of(computed_table(rows, version))


def results_of(table: pa.Table) -> Iterator[ComputedResult]:
    """Rows of ``computed_table``."""
    return (ComputedResult(**row) for row in table.to_pylist())


# Lists of the store are JSON without blanks. Names in them are ids, in which nothing is escaped.


def _quoted(names: pa.ChunkedArray) -> pa.ChunkedArray:
    """Ids as JSON; without one, null."""
    return _or_null(pc.binary_join_element_wise('"', names, '"', ""))


def _number(numbers: pa.ChunkedArray) -> pa.ChunkedArray:
    """Whole numbers as JSON."""
    return _or_null(numbers.cast(pa.string()))


def _truth(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Truth values as JSON."""
    return values.cast(pa.string())


def _or_null(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.fill_null(texts, "null")


def _list_of(cells: Sequence[pa.ChunkedArray]) -> pa.ChunkedArray:
    """A JSON list of each row's cells."""
    return pc.binary_join_element_wise("[", pc.binary_join_element_wise(*cells, ","), "]", "")


def _lists_as_text(lists: pa.ListArray) -> pa.Array:
    """Lists of ids as JSON."""
    quoted = _quoted(lists.flatten())
    return _list_of([pc.binary_join(pa.ListArray.from_arrays(lists.offsets, quoted), ",")])


def _grouped(ids: pa.Array, owners: pa.ChunkedArray, texts: pa.ChunkedArray) -> pa.Array:
    """A JSON list for each id of the texts that it owns, which come in the order of the ids."""
    counts = np.bincount(pc.index_in(owners, value_set=ids).to_numpy(), minlength=len(ids))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    lists = pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), pa.chunked_array(texts).combine_chunks())
    return _list_of([pc.binary_join(lists, ",")])


def text_of(value: Sequence[object]) -> str:
    """A list as the store keeps it: JSON without blanks."""
    return compact(value)


def weight_of(result: Any, policy: Policy) -> Weight:
    """What a result holds against an enterprise: its limits, and what each adverse indicator costs.

    Args:
        result: Anything with ``vetoes``, ``caps`` and ``contributions`` as JSON.
        policy: The policy of the result.
    """
    better = 1 if policy.higher_is_better else -1
    costs = {
        indicator: -better * points
        for indicator, points, _unknown in json.loads(result.contributions)
        if better * points < 0
    }
    caps = [cap for cap in json.loads(result.caps) if cap != HYSTERESIS]
    limits = [f"veto {veto}" for veto in json.loads(result.vetoes)] + [f"cap {cap}" for cap in caps]
    return Weight(frozenset(limits), costs)
