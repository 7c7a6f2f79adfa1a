"""Proposes edges of bands for given shares of the rated, and says what the proposal would do. It changes no file.

Edges are found on the points alone: caps and vetoes rest on law and are not bargained with. What they make of the proposed
shares is shown beside.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

from scoring.analysis.impact.changes import identity
from scoring.assess.folder import BatchOptions, score_intake
from scoring.engine.duckdb import DuckEngine
from scoring.engine.output import SCORES
from scoring.errors import InputError, UsageError
from scoring.explain.words.figures import decimal, permille
from scoring.policy.language.schema import Policy
from scoring.policy.load import ResolvedPolicy
from scoring.records.intake import read_sources
from scoring.records.map.sources import SourceSpec
from scoring.rules.wording import both
from scoring.sql.literals import literal


@dataclass(frozen=True)
class Heap:
    """Enterprises with the same points and the same worst cap or veto.

    Attributes:
        points: Their points.
        limit: Number of the band of the worst cap or veto that names one, 0 without one.
        n: How many they are.
        down: By how many bands the strictest cap that moves by bands puts them below their points.
    """

    points: int
    limit: int
    n: int
    down: int = 0

    def lands(self, band: int, last: int) -> int:
        """Number of the band reached where the points alone give ``band``."""
        return max(self.limit, min(band + self.down, last))


def tune(
    specs: Sequence[SourceSpec],
    version: ResolvedPolicy,
    as_of: date,
    shares: Mapping[str, Fraction],
    options: BatchOptions = BatchOptions(),
) -> dict[str, Any]:
    """Scores sources and proposes edges that give each band its share.

    Args:
        specs: Sources, each a map and a path.
        version: The policy.
        as_of: The day of the scoring.
        shares: Percent of the rated for every band of the policy; together 100.
        options: How to run; the engine is DuckDB.

    Returns:
        ``bands`` (best first: ``from`` now and proposed; target and numbers now, by points alone and with caps and vetoes),
        the ``matrix`` from bands now to bands proposed, how many move, and per band why its target is not reached.

    Raises:
        UsageError: A band has no share, one is not of the policy, or they are not 100 together.
        InputError: Nobody is rated, so that there is no distribution.
    """
    _check(shares, version.policy)
    with tempfile.TemporaryDirectory(prefix="sise-") as place:
        folder = Path(place)
        intake = read_sources(specs, folder, threads=options.threads, progress=options.progress)
        score_intake(intake, version, as_of, folder, options)
        with DuckEngine(options.threads, options.memory, folder / "spill") as engine:
            heaps = [
                Heap(**row)
                for row in engine.select(_distribution(version.policy, folder / SCORES)).to_pylist()
            ]
    if not heaps:
        raise InputError(
            zh=f"{as_of} 这一天没有已评价的主体，无从提出分界线；请换日期或来源，例如 --as-of 2026-09-30",
            en=f"nobody is rated on {as_of}, so there is nothing to propose from; choose another day or source, e.g. --as-of 2026-09-30",
        )
    return {
        "policy": identity(version),
        "as_of": as_of.isoformat(),
        **proposal(heaps, version.policy, shares),
    }


def proposal(heaps: Sequence[Heap], policy: Policy, shares: Mapping[str, Fraction]) -> dict[str, Any]:
    """The proposal for a distribution; see ``tune``."""
    rated = sum(heap.n for heap in heaps)
    ends = [_rounded(rated * part / 100) for part in accumulate(shares[band.id] for band in policy.bands)]
    targets = [end - before for end, before in zip(ends, [0, *ends], strict=False)]
    ladder = Ladder.of(heaps, policy)
    edges, old_edges = _edges(ladder, policy, ends[:-1]), [band.from_ for band in policy.bands]
    matrix, by_points, last = [[0] * len(edges) for _ in edges], [0] * len(edges), len(edges) - 1
    for heap in heaps:
        old, new = (_band(heap.points, some, policy) for some in (old_edges, edges))
        by_points[new] += heap.n
        matrix[heap.lands(old, last)][heap.lands(new, last)] += heap.n
    now, reached = [sum(row) for row in matrix], [sum(column) for column in zip(*matrix, strict=True)]
    bands = [
        {
            "id": band.id,
            "from": band.from_,
            "proposed": edge,
            **{
                name: {"n": n, "permille": permille(n, rated)}
                for name, n in (("target", target), ("now", before), ("by_points", alone), ("reached", after))
            },
        }
        for band, edge, target, before, alone, after in zip(
            policy.bands, edges, targets, now, by_points, reached, strict=True
        )
    ]
    notes = list(_notes(heaps, bands, ladder, ends[:-1], policy))
    return {
        "rated": rated,
        "bands": bands,
        "moved": rated - sum(matrix[n][n] for n in range(len(edges))),
        "matrix": matrix,
        "notes": notes,
    }


def _distribution(policy: Policy, scores: Path) -> str:
    order = [band.id for band in policy.bands]
    held = [
        (f"list_contains({column}, {literal(rule.id)})", rule)
        for column, rules in (("caps", policy.caps), ("vetoes", policy.vetoes))
        for rule in rules
    ]
    fixed = [
        "0",
        *(
            f"CASE WHEN {holds} THEN {order.index(rule.band)} ELSE 0 END"
            for holds, rule in held
            if rule.band is not None
        ),
    ]
    moved = [
        "0",
        *(
            f"CASE WHEN {holds} THEN {rule.worse_by} ELSE 0 END"
            for holds, rule in held
            if rule.worse_by is not None
        ),
    ]
    return (
        f'SELECT points, greatest({", ".join(fixed)}) AS "limit", greatest({", ".join(moved)}) AS down, count(*) AS n '
        f"FROM read_parquet({literal(str(scores))}) WHERE status = 'rated' GROUP BY ALL ORDER BY ALL"
    )


@dataclass(frozen=True)
class Ladder:
    """Distinct points from best to worst, turned so that more is better: ``passed[n]`` enterprises stand above ``values[n]``."""

    values: Sequence[int]
    passed: Sequence[int]
    turn: int

    @classmethod
    def of(cls, heaps: Sequence[Heap], policy: Policy) -> Ladder:
        """The ladder of a distribution."""
        turn, counts = 1 if policy.higher_is_better else -1, Counter[int]()
        for heap in heaps:
            counts[heap.points * turn] += heap.n
        values = sorted(counts, reverse=True)
        return cls(values, [0, *accumulate(counts[value] for value in values)], turn)

    def nearest(self, end: int) -> int:
        """Lowest points that still belong above, so that about ``end`` enterprises do."""
        best = min(range(len(self.passed)), key=lambda n: (abs(self.passed[n] - end), n))
        return self.values[best - 1] if best else self.values[0] + 1

    def across(self, end: int) -> tuple[int, int] | None:
        """Points that would have to be parted to have exactly ``end`` above, and how many share them."""
        steps = zip(self.values, self.passed, self.passed[1:], strict=False)
        return next(
            ((value * self.turn, after - before) for value, before, after in steps if before < end < after),
            None,
        )


def _edges(ladder: Ladder, policy: Policy, ends: Sequence[int]) -> list[int]:
    """``from`` of every band, best first, so that about ``ends`` stand in it or above.

    Edges stay apart and on the scale, whatever the distribution.
    """
    upward = ladder.turn == 1
    low, high = (
        (policy.bands[-1].from_ + 1, policy.scale.high)
        if upward
        else (1 - policy.scale.high, -policy.bands[0].from_)
    )
    lowest: list[int] = []
    for n, end in enumerate(ends):
        apart = min([ladder.nearest(end), *(edge - 1 for edge in lowest[-1:])])
        lowest.append(max(min(apart, high - n), low + len(ends) - 1 - n))
    return (
        [*lowest, policy.bands[-1].from_]
        if upward
        else [policy.bands[0].from_, *(1 - edge for edge in lowest)]
    )


def _band(points: int, edges: Sequence[int], policy: Policy) -> int:
    """Number of the band of these edges that holds the points."""
    within = [n for n, edge in enumerate(edges) if points >= edge]
    if not within:  # below every edge: the band that lies lowest
        return len(edges) - 1 if policy.higher_is_better else 0
    return min(within) if policy.higher_is_better else max(within)


def _notes(
    heaps: Sequence[Heap],
    bands: Sequence[Mapping[str, Any]],
    ladder: Ladder,
    ends: Sequence[int],
    policy: Policy,
) -> Iterator[dict[str, Any]]:
    """Why a target is not reached, for bands that miss it by more than one enterprise."""
    last = len(bands) - 1
    placed = [(_band(heap.points, [band["proposed"] for band in bands], policy), heap) for heap in heaps]
    for n, band in enumerate(bands):
        target, alone, reached = (band[name]["n"] for name in ("target", "by_points", "reached"))
        told = {"band": band["id"], "target": decimal(target)}
        if abs(alone - target) > 1:
            ties = [tie for end in ends[max(n - 1, 0) : n + 1] if (tie := ladder.across(end))]
            points, tied = max(ties, key=lambda tie: tie[1], default=(0, 0))
            text = (
                both("u_ties", points=decimal(points), tied=decimal(tied), n=decimal(alone), **told)
                if ties
                else both("u_close", n=decimal(alone), **told)
            )
            yield {"band": band["id"], "kind": "ties" if ties else "close", "text": text}
        if abs(reached - alone) > 1:
            into = sum(heap.n for place, heap in placed if place < n == heap.lands(place, last))
            out = sum(heap.n for place, heap in placed if place == n < heap.lands(place, last))
            text = both("u_limits", into=decimal(into), out=decimal(out), n=decimal(reached), **told)
            yield {"band": band["id"], "kind": "limits", "text": text}


def _rounded(number: Fraction) -> int:
    return int(number + Fraction(1, 2))


def _check(shares: Mapping[str, Fraction], policy: Policy) -> None:
    ids = [band.id for band in policy.bands]
    example = ",".join(
        f"{band}={100 // len(ids) + (100 % len(ids) if n == 0 else 0)}" for n, band in enumerate(ids)
    )
    if set(shares) != set(ids):
        raise UsageError(
            zh=f"--shares 应给出每个等级（{'、'.join(ids)}）的比例，得到 {'、'.join(shares) or '无'}；例如 --shares {example}",
            en=f"--shares needs one share for each band ({', '.join(ids)}), got {', '.join(shares) or 'none'}; e.g. --shares {example}",
        )
    total = sum(shares.values())
    if total != 100 or min(shares.values()) < 0:
        raise UsageError(
            zh=f"--shares 各项须不小于 0 且合计 100，得到合计 {float(total):g}；例如 --shares {example}",
            en=f"--shares must be 0 or more and make 100 together, they make {float(total):g}; e.g. --shares {example}",
        )
