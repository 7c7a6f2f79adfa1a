"""Proposes edges of bands for given shares of the rated, and says what they would do; changes no file.

Edges are proposed from the points alone: caps and vetoes rest on law and are not bargained with. What they make of
the proposed shares is shown beside.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

from scoring.analysis.impact.changes import identity
from scoring.analysis.impact.ladder import Heap, Ladder
from scoring.assess.fictitious_rows import holds_fictitious
from scoring.assess.folder import BatchOptions, score_intake
from scoring.assess.results_writer import SCORES
from scoring.engine.duckdb import DuckEngine
from scoring.errors import InputError, UsageError
from scoring.explain.words.figures import decimal, permille
from scoring.policy.language.schema import Policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.records.intake import read_sources
from scoring.records.map.sources import SourceSpec
from scoring.rules.wording import both
from scoring.sql.literals import literal


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
        ``bands`` (best first: ``from`` now and proposed, and the numbers of ``BandCounts``), the ``matrix`` from bands
        now to bands proposed, how many move, and per band why its target is not reached.

    Raises:
        UsageError: A band has no share, one is not of the policy, or they are not 100 together.
        InputError: Nobody is rated, so that there is no distribution.
    """
    _check(shares, version.policy)
    with tempfile.TemporaryDirectory(prefix="sise-") as scratch:
        folder = Path(scratch)
        intake = read_sources(
            specs,
            folder,
            today=options.today,
            threads=options.threads,
            progress=options.progress,
            relations=version.law.relations,
        )
        score_intake(intake, version, as_of, folder, options)
        with DuckEngine(options.threads, options.memory, folder / "spill") as engine:
            fictitious = holds_fictitious(intake.enterprises, engine)
            rows = engine.select(_distribution(version.policy, folder / SCORES)).to_pylist()
    if not rows:
        raise InputError("tune_nobody_rated", day=as_of)
    heaps = [Heap(**row) for row in rows]
    return {
        "policy": identity(version),
        "as_of": as_of.isoformat(),
        "fictitious": fictitious,
        **proposal(heaps, version.policy, shares),
    }


class BandCounts(NamedTuple):
    """How many enterprises a band has.

    Attributes:
        target: As the shares ask.
        now: With the edges of the policy.
        by_points: With the proposed edges, by points alone.
        reached: With the proposed edges, caps and vetoes.
    """

    target: int
    now: int
    by_points: int
    reached: int


def proposal(heaps: Sequence[Heap], policy: Policy, shares: Mapping[str, Fraction]) -> dict[str, Any]:
    """The proposal for a distribution; see ``tune``."""
    rated = sum(heap.n for heap in heaps)
    # How many stand in each band or above: rounded here, so that the targets add up to all.
    summed_shares = accumulate(shares[band.id] for band in policy.bands)
    ends = [_rounded(rated * share / 100) for share in summed_shares]
    # The worst band ends where the scale does: it needs no edge.
    ladder = Ladder.from_heaps(heaps, policy)
    edges = ladder.edges(policy, ends[:-1])
    old_edges = [band.from_ for band in policy.bands]
    last_band = len(edges) - 1
    matrix, by_points = [[0] * len(edges) for _ in edges], [0] * len(edges)
    for heap in heaps:
        old_band = _band(heap.points, old_edges, policy)
        new_band = _band(heap.points, edges, policy)
        by_points[new_band] += heap.n
        matrix[heap.lands(old_band, last_band)][heap.lands(new_band, last_band)] += heap.n
    targets = [end - before for end, before in zip(ends, [0, *ends], strict=False)]
    now, reached = map(sum, matrix), map(sum, zip(*matrix, strict=True))
    counts = list(map(BandCounts, targets, now, by_points, reached))
    bands = [
        {"id": band.id, "from": band.from_, "proposed": edge, **_figures(band_counts, rated)}
        for band, edge, band_counts in zip(policy.bands, edges, counts, strict=True)
    ]
    return {
        "rated": rated,
        "bands": bands,
        "moved": rated - sum(matrix[number][number] for number in range(len(edges))),
        "matrix": matrix,
        "notes": list(_notes(_Placed(heaps, edges, policy), counts, ladder, ends[:-1])),
    }


def _figures(counts: BandCounts, rated: int) -> dict[str, dict[str, int]]:
    numbers = counts._asdict().items()
    return {name: {"n": count, "permille": permille(count, rated)} for name, count in numbers}


def _distribution(policy: Policy, scores: Path) -> str:
    """SQL: how many stand at the same points, under the same worst cap or veto (see ``Heap``)."""
    order = [band.id for band in policy.bands]
    fixed, lowered = ["0"], ["0"]
    for column, rules in (("caps", policy.caps), ("vetoes", policy.vetoes)):
        for rule in rules:
            applies = f"list_contains({column}, {literal(rule.id)})"
            if rule.band is not None:
                fixed.append(f"CASE WHEN {applies} THEN {order.index(rule.band)} ELSE 0 END")
            if rule.worse_by is not None:
                lowered.append(f"CASE WHEN {applies} THEN {rule.worse_by} ELSE 0 END")
    return f"""
        SELECT
            points,
            greatest({", ".join(fixed)}) AS "limit",
            greatest({", ".join(lowered)}) AS down,
            count(*) AS n
        FROM read_parquet({literal(str(scores))})
        WHERE status = 'rated'
        GROUP BY ALL
        ORDER BY ALL
    """


def _band(points: int, edges: Sequence[int], policy: Policy) -> int:
    """Number of the band of these edges that has the points."""
    within = [number for number, edge in enumerate(edges) if points >= edge]
    if not within:
        # Below every edge: the band that lies lowest.
        return len(edges) - 1 if policy.higher_is_better else 0
    return min(within) if policy.higher_is_better else max(within)


class _Placed:
    """Where caps and vetoes take enterprises, from the band of their points."""

    def __init__(self, heaps: Sequence[Heap], edges: Sequence[int], policy: Policy) -> None:
        last_band = len(edges) - 1
        self.band_ids = [band.id for band in policy.bands]
        self._moves = []
        for heap in heaps:
            by_points = _band(heap.points, edges, policy)
            self._moves.append((by_points, heap.lands(by_points, last_band), heap.n))

    def into(self, band: int) -> int:
        """How many caps and vetoes bring into a band."""
        return sum(count for before, after, count in self._moves if before < band == after)

    def out_of(self, band: int) -> int:
        """How many caps and vetoes take out of a band."""
        return sum(count for before, after, count in self._moves if before == band < after)


def _notes(
    placed: _Placed, counts: Sequence[BandCounts], ladder: Ladder, ends: Sequence[int]
) -> Iterator[dict[str, Any]]:
    """Why a target is not reached, for bands that miss it by more than one enterprise."""
    for band_number, (band_id, band_counts) in enumerate(zip(placed.band_ids, counts, strict=True)):
        named = {"band": band_id, "target": decimal(band_counts.target)}
        if abs(band_counts.by_points - band_counts.target) > 1:
            count_by_points = decimal(band_counts.by_points)
            ties = ladder.ties(ends[max(band_number - 1, 0) : band_number + 1])
            if ties:
                most = max(ties, key=lambda tie: tie.enterprises)
                tied = {"points": decimal(most.points), "tied": decimal(most.enterprises)}
                text = both("u_ties", n=count_by_points, **tied, **named)
                yield {"band": band_id, "kind": "ties", "text": text}
            else:
                yield {"band": band_id, "kind": "close", "text": both("u_close", n=count_by_points, **named)}
        if abs(band_counts.reached - band_counts.by_points) > 1:
            moved = {"into": decimal(placed.into(band_number)), "out": decimal(placed.out_of(band_number))}
            text = both("u_limits", n=decimal(band_counts.reached), **moved, **named)
            yield {"band": band_id, "kind": "limits", "text": text}


def _rounded(number: Fraction) -> int:
    return int(number + Fraction(1, 2))


def _check(shares: Mapping[str, Fraction], policy: Policy) -> None:
    """Refuses shares that miss a band, name another or are not 100 together."""
    band_ids = [band.id for band in policy.bands]
    equal, rest = divmod(100, len(band_ids))
    parts = [f"{band}={equal + (rest if number == 0 else 0)}" for number, band in enumerate(band_ids)]
    example = ",".join(parts)
    if set(shares) != set(band_ids):
        given = list(shares) or both("d_none")
        raise UsageError("tune_shares_bands", bands=band_ids, given=given, example=example)
    total = sum(shares.values())
    if total != 100 or min(shares.values()) < 0:
        raise UsageError("tune_shares_total", total=f"{float(total):g}", example=example)
