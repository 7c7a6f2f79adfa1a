"""Which results are new, and what becomes of each: in effect, or proposed.

A few are looked at one by one. Of a batch only those are about which somebody did something; what becomes of all
others follows from two bands alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import chain, product
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from scoring.engine.results import texts_of
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.store.standing.computed import ComputedResult, key_columns, results_of, weight_of
from scoring.store.standing.standings import StoredStanding, band_numbers, standings_of
from scoring.store.standing.taking_effect import (
    IN_EFFECT,
    Decision,
    NewResult,
    OpenProposal,
    decide,
)

NOBODY: Mapping[str, frozenset[str]] = {}
BEFORE = ("name", "colour", "band", "points", "in_effect", "rated")
"""What is shown of an enterprise before, in the columns ``shown_<name>`` of ``change_table``."""
_WHOLE_NUMBERS = (
    "points",
    "coverage",
    "n_records",
    "reviewers",
    "goes_on",
    "shown_points",
    "shown_in_effect",
)
RESULT = tuple(ComputedResult.__dataclass_fields__)
_MORE = ("prior_band", "state", "reviewers", "goes_on", "is_first")
_TYPES = {**dict.fromkeys(_WHOLE_NUMBERS, pa.int64()), "is_first": pa.bool_()}
CHANGE_SCHEMA = pa.schema(
    {name: _TYPES.get(name, pa.string()) for name in chain(RESULT, _MORE, map("shown_{}".format, BEFORE))}
)
"""A result with what becomes of it: ``goes_on`` is the proposal that it goes on with, ``is_first`` whether the
enterprise was never assessed before."""


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


def changed_results(
    results: Iterator[ComputedResult] | Sequence[ComputedResult],
    standings: Mapping[str, StoredStanding],
    proposals: Mapping[str, OpenProposal],
    version: ResolvedPolicy,
    as_of: date,
    by_hand: Mapping[str, frozenset[str]] = NOBODY,
    sole_traders: frozenset[str] = frozenset(),
) -> Iterator[ChangedResult]:
    """Results that the latest assessment does not say already, each with what becomes of it.

    Args:
        results: The results.
        standings: Where each enterprise stands.
        proposals: The open proposals.
        version: The policy.
        as_of: The day of the results.
        by_hand: By enterprise, whose hands alone bring it out of a reviewed band.
        sole_traders: Those of the enterprises that are persons.
    """
    bands = band_numbers(version.policy)
    for result in results:
        enterprise_id = result.enterprise_id
        before = standings.get(enterprise_id)
        new = NewResult(
            band=bands.get(result.band),
            weight=weight_of(result, version.policy),
            by_hand=by_hand.get(enterprise_id, frozenset()),
            sole_trader=enterprise_id in sole_traders,
        )
        rated = bands.get(before.rated) if before else None
        decision = decide(version.policy, as_of, rated, new, proposals.get(enterprise_id))
        if not _says_so_already(before, result, decision, version):
            prior = before.band if before and before.band in bands else None
            yield ChangedResult(result, decision, prior, before)


def _says_so_already(
    before: StoredStanding | None,
    result: ComputedResult,
    decision: Decision,
    version: ResolvedPolicy,
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


def change_table(changed: Sequence[ChangedResult]) -> pa.Table:
    """Changed results as rows of ``CHANGE_SCHEMA``."""
    return pa.Table.from_pylist([_row(change) for change in changed], schema=CHANGE_SCHEMA)


def _row(change: ChangedResult) -> dict[str, Any]:
    decision, before = change.decision, change.before
    row = {
        **vars(change.result),
        "prior_band": change.prior,
        "state": decision.state,
        "reviewers": decision.reviewers,
    }
    shown = {f"shown_{name}": getattr(before, name) if before else None for name in BEFORE}
    return {**row, "goes_on": decision.proposal, "is_first": before is None, **shown}


def changes_in_batch(
    results: pa.Table,
    standings: pa.Table,
    proposals: Mapping[str, OpenProposal],
    version: ResolvedPolicy,
    as_of: date,
    by_hand: Mapping[str, frozenset[str]],
    sole_traders: frozenset[str] = frozenset(),
) -> pa.Table:
    """The same as ``changed_results`` of many, as rows of ``CHANGE_SCHEMA`` in no order.

    Args:
        results: Rows of ``computed.computed_table``.
        standings: Rows of ``standings.read_range``.
        proposals: The open proposals.
        version: The policy.
        as_of: The day of the results.
        by_hand: By enterprise, whose hands alone bring it out of a reviewed band.
        sole_traders: Those of the enterprises that are persons, where their result is yellow or red.
    """
    looked_at = pc.is_in(
        results["enterprise_id"], pa.array({*proposals, *by_hand, *sole_traders}, pa.string())
    )
    alone = results.filter(looked_at)
    before = standings_of(
        standings.filter(pc.is_in(standings["enterprise_id"], alone["enterprise_id"].combine_chunks()))
    )
    changed = list(
        changed_results(results_of(alone), before, proposals, version, as_of, by_hand, sole_traders)
    )
    return pa.concat_tables(
        [
            change_table(changed),
            _plain_changes(results.filter(pc.invert(looked_at)), standings, version, as_of),
        ]
    )


def _plain_changes(results: pa.Table, standings: pa.Table, version: ResolvedPolicy, as_of: date) -> pa.Table:
    """Changes of enterprises about which nobody did anything."""
    results = results.combine_chunks()
    place = pc.index_in(
        results["enterprise_id"].combine_chunks(),
        value_set=standings["enterprise_id"].combine_chunks(),
    )
    before = standings.take(place)
    state, reviewers = _decisions(version.policy, as_of, before["rated_band"], results["band"])
    old_values = [
        before["rules_sha256"].combine_chunks(),
        before["state"].combine_chunks(),
        *key_columns(before),
    ]
    new_values = [pa.repeat(version.rules_sha256, len(results)), state, *key_columns(results)]
    # A fall that nobody has proposed yet begins a proposal, so what is proposed already is another one.
    same = pc.equal(state, IN_EFFECT)
    for old, new in zip(old_values, new_values, strict=True):
        same = pc.and_(same, _equal(old, new))
    bands = pa.array([band.id for band in version.policy.bands], pa.string())
    columns = {name: results[name] for name in RESULT}
    columns |= {
        "prior_band": pc.if_else(pc.is_in(before["shown_band"], bands), before["shown_band"], None),
        "state": state,
        "reviewers": reviewers,
        "goes_on": pa.nulls(len(results), pa.int64()),
        "is_first": pc.is_null(place),
        "shown_name": before["name"],
        "shown_colour": before["shown_colour"],
        "shown_band": before["shown_band"],
        "shown_points": before["shown_points"],
        "shown_in_effect": before["in_effect"],
        "shown_rated": before["rated_band"],
    }
    return pa.table(columns).filter(pc.invert(same)).select(CHANGE_SCHEMA.names).cast(CHANGE_SCHEMA)


def _equal(old: pa.Array, new: pa.Array) -> pa.Array:
    """Whether two columns say the same, row by row; nothing is the same as nothing."""
    both_null = pc.and_(pc.is_null(old), pc.is_null(new))
    return pc.or_(both_null, pc.fill_null(pc.equal(old, new.cast(old.type)), False))


def _decisions(
    policy: Policy, as_of: date, rated: pa.ChunkedArray, bands: pa.ChunkedArray
) -> tuple[pa.Array, pa.Array]:
    """State and reviewers of results without an open proposal, by the band before and the new one."""
    ids = pa.array([band.id for band in policy.bands], pa.string())
    before_no, new_no = (
        pc.fill_null(pc.index_in(column.combine_chunks(), value_set=ids), len(ids)).to_numpy(
            zero_copy_only=False
        )
        for column in (rated, bands)
    )
    numbers = [*range(len(ids)), None]
    decided = [
        decide(policy, as_of, before, NewResult(new), None) for before, new in product(numbers, numbers)
    ]
    # Without a band stands behind the last one, as it does among the decisions.
    place = before_no * len(numbers) + new_no
    states = sorted({decision.state for decision in decided})
    state_no = np.array([states.index(decision.state) for decision in decided])
    wanted = np.array([decision.reviewers for decision in decided])
    return texts_of(states, state_no[place]), pa.array(wanted[place], pa.int64())
