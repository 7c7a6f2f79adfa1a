"""The same result with Polars, as a careful analyst would write it today: lazy, streaming, one group-by for all indicators.

Its aggregates of all enterprises are in memory at once, so that its memory grows with the district.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import reduce
from operator import add
from pathlib import Path

import polars as pl

from benchmarks.by_pandas import CREDIT, LISTS, MARKS, MONTHS, OLD, PROBLEMS, UNLIMITED, VISITED
from scoring.policy.law.retention import oldest_used
from scoring.workdays import lapsed_if_served_by

PENALTY = "administrative_penalty"
LOOKED_AT = [*OLD, *LISTS, *UNLIMITED, "judgment_default", PENALTY]
KINDS, RESULTS = pl.Enum(LOOKED_AT), pl.Enum([*VISITED, "grade_a", "grade_d", "substantiated"])
SEVERITIES = pl.Enum(["minor", "general", "serious"])
SUBJECTS = ["company", "branch", "cooperative"]
BINS: dict[str, tuple[Sequence[int], Sequence[int]]] = {  # upper edges of all bins but the last, and points
    "minor": ([0, 100], [0, -10, -25]),
    "general": ([0, 60, 100, 200], [0, -60, -80, -120, -170]),
    "serious": ([0, 40, 70, 100], [0, -120, -160, -200, -260]),
    "fines": ([0, 10**6, 10**7, 10**8], [0, -5, -15, -30, -50]),
    "authorities": ([1, 2], [0, -20, -50]),
    "branches": ([0, 2], [0, -15, -40]),
    "problem_share": ([0, 1000, 2500, 5000], [0, -5, -15, -35, -70]),
    "clean": ([0, 1], [0, 10, 20]),
    "serious_age": ([180, 365, 729], [-50, -30, -10, 0]),
    "orders": ([0, 1], [-10, -25, -60]),
    "accidents": ([0, 1], [-40, -100, -220]),
    "report_age": ([400], [15, 0]),
    "complaints": ([0, 100, 300], [0, -15, -40, -80]),
    "arrears": ([0, 10**8, 10**9], [0, -20, -45, -80]),
    "credit_score": (
        [60000, 70000, 76000, 80000, 84000, 88000, 92000],
        [-120, -70, -40, -20, 0, 15, 40, 70],
    ),
    **{f"n_{name}": ([0, 1], [0, one, more]) for name, _, _, one, more, _ in MARKS},
}
kind, result, severity, age, own = (pl.col(name) for name in ("kind", "result", "severity", "age", "own"))
for_points = own & pl.col("keep")


def with_polars(clustered: Path, as_of: date) -> pl.DataFrame:
    """Scores a district whose aggregates fit into memory.

    Args:
        clustered: Folder with ``enterprises.parquet`` and ``records.parquet``.
        as_of: The day, from 2026-04-01 on.

    Returns:
        ``enterprise_id``, ``points``, ``band``, ``colour``, ``gate`` (null when rated), in any order.
    """
    records = pl.scan_parquet(clustered / "records.parquet")
    alone = _snapshot(records.filter(pl.col("act_rank") <= 0), as_of).with_columns(keep=pl.lit(True))
    shared = _snapshot(records.filter(pl.col("act_rank") > 0), as_of).filter(_in_use(as_of))
    gravest = pl.col("act_rank").min().over("enterprise_id", "act_id")
    # They are few: compared with each other before the one pass over all others.
    merged = shared.with_columns(keep=pl.col("act_rank") == gravest).collect(engine="streaming")
    measured = {**_flags(), **_penalties(), **_conduct(), **_marks()}
    sums = pl.concat([alone, merged.lazy()]).group_by("enterprise_id").agg(**measured)
    valued = _enterprises(clustered, as_of).join(sums, on="enterprise_id", how="left")
    return _decided(valued).collect(engine="streaming")


def _enterprises(clustered: Path, as_of: date) -> pl.LazyFrame:
    versions = pl.scan_parquet(clustered / "enterprises.parquet")
    is_known = pl.col("known_on").is_null() | (pl.col("known_on") <= as_of)
    return versions.filter(is_known, _not_by("known_until", as_of)).select(
        "enterprise_id", "entity_type", "status"
    )


def _not_by(column: str, day: date) -> pl.Expr:
    """Whether a date is unknown or after the day."""
    return pl.col(column).is_null() | (pl.col(column) > day)


def _snapshot(records: pl.LazyFrame, as_of: date) -> pl.LazyFrame:
    """Records that count on the day, with ``dated_on``, ``age`` and ``own``."""
    dated_on = pl.coalesce("decided_on", "occurred_on")
    masked = (pl.col("masked_from") <= as_of) & _not_by("masked_until", as_of)
    counts = [
        pl.col("known_on") <= as_of,
        _not_by("known_until", as_of),
        dated_on <= as_of,
        _not_by("withdrawn_on", as_of),
        ~masked.fill_null(False),
        _not_by("restored_on", as_of),
        pl.col("publish_until").is_null() | (pl.col("publish_until") >= as_of),
        ~pl.col("contest").is_in(["annulled", "review", "lawsuit", "altered"]).fill_null(False),
        kind.is_in(LOOKED_AT),
        (kind != PENALTY) | _penalty_counts(dated_on, as_of),
    ]
    return records.filter(counts).select(
        "enterprise_id",
        "act_id",
        "act_rank",
        "authority",
        "amount_fen",
        "value_x100",
        kind.cast(KINDS),
        result.cast(RESULTS, strict=False),
        severity.cast(SEVERITIES, strict=False),
        dated_on=dated_on,
        age=(pl.lit(as_of) - dated_on).dt.total_days().cast(pl.Int32),
        own=(pl.col("scope") == "own").fill_null(True),
    )


def _penalty_counts(dated_on: pl.Expr, as_of: date) -> pl.Expr:
    """Whether a penalty is of known class, in use by it, a minor one published, not summary, and final."""
    info_class, fine = pl.coalesce("info_class", "severity"), pl.col("amount_fen")
    oldest = (
        pl.when(info_class == "minor")
        .then(pl.lit(oldest_used(as_of, 3)))
        .when(info_class == "general")
        .then(pl.lit(oldest_used(as_of, 12)))
        .otherwise(pl.lit(oldest_used(as_of, 36)))
    )
    small = pl.when(fine.is_null()).then((severity == "minor").fill_null(False)).otherwise(fine <= 300_000)
    procedure = pl.col("procedure").fill_null("unknown")
    lapsed = pl.coalesce("served_on", "decided_on") <= lapsed_if_served_by(as_of, MONTHS)
    final_on = pl.col("final_on")
    counts = (
        info_class.is_not_null()
        & ((info_class != "minor") | pl.col("publish_until").is_not_null())
        & (dated_on >= oldest)
        & (procedure != "summary")
        & ((procedure == "ordinary") | ~small)
        & (pl.col("contest").ne_missing("upheld") | lapsed)
        & pl.when(final_on.is_null()).then(lapsed).otherwise(final_on <= as_of)
    )
    return counts.fill_null(False)


def _in_use(as_of: date) -> pl.Expr:
    """Whether a record is in use; asked of acts with several, where one out of use would displace another."""
    oldest = (
        pl.when(kind.is_in(LISTS))
        .then(pl.lit(oldest_used(as_of, 36)))
        .when(kind == "judgment_default")
        .then(pl.lit(oldest_used(as_of, 24)))
        .otherwise(pl.lit(oldest_used(as_of, 60)))
    )
    substantiated = (kind != "complaint") | (result == "substantiated").fill_null(False)
    return substantiated & (kind.is_in(UNLIMITED) | (pl.col("dated_on") >= oldest))


def _aged(records: pl.Expr, *steps: tuple[int, int]) -> pl.Expr:
    """The sum of weights by age: of each of the records the first step whose limit is above its age."""
    weight: pl.Expr = pl.lit(0, pl.Int32)
    for limit, percent in reversed(steps):
        weight = pl.when(age < limit).then(pl.lit(percent, pl.Int32)).otherwise(weight)
    return pl.when(records).then(weight).sum()


def _marked(of_kind: str, window: int, outcome: str | None) -> pl.Expr:
    marked = (kind == of_kind) & (age < window)
    return marked if outcome is None else marked & (result == outcome)


def _flags() -> dict[str, pl.Expr]:
    """What gates, caps and vetoes ask for: they see every record of an act."""
    visited = kind.is_in(["inspection", "sampling_test"]) & result.is_in(VISITED)
    grave = ((severity == "general") & (age < 365)) | ((severity == "serious") & (age < 1095))
    flags = {
        "seen": (age < 1095) & (visited | kind.is_in(CREDIT)),
        "any_penalty": (kind == PENALTY) & grave,
        "any_accident": (kind == "accident") & (severity >= "general") & (age < 365),
    }
    for name, of_kind, window, _, _, outcome in MARKS:
        flags[f"any_{name}"] = _marked(of_kind, window, outcome)
    return {name: (own & flag).any() for name, flag in flags.items()}


def _marks() -> dict[str, pl.Expr]:
    """Kinds that are only counted."""
    return {
        f"n_{name}": (for_points & _marked(of_kind, window, outcome)).sum()
        for name, of_kind, window, _, _, outcome in MARKS
    }


def _penalties() -> dict[str, pl.Expr]:
    penal = for_points & (kind == PENALTY)
    grave = (kind == PENALTY) & pl.col("keep") & (severity >= "general") & (age < 365)
    return {
        "minor": _aged(penal & (severity == "minor"), (45, 100), (89, 50)),
        "general": _aged(penal & (severity == "general"), (180, 100), (365, 60)),
        "serious": _aged(penal & (severity == "serious"), (365, 100), (730, 70), (1095, 40)),
        "fines": pl.when(own & grave).then("amount_fen").sum(),
        "authorities": pl.when(own & grave).then("authority").drop_nulls().n_unique(),
        "branches": (~own & grave).sum(),
    }


def _conduct() -> dict[str, pl.Expr]:
    year, two_years = for_points & (age < 365), for_points & (age < 730)
    inspected, visited = (
        two_years & kind.is_in(kinds) for kinds in (["inspection"], ["inspection", "sampling_test"])
    )
    complained = for_points & (kind == "complaint") & (result == "substantiated")
    owing = two_years & kind.is_in(["tax_arrears", "social_insurance_arrears"])
    owed = pl.col("amount_fen") * pl.when(age < 365).then(100).otherwise(50)
    reported = two_years & (kind == "annual_report") & (result == "no_problem")
    # The youngest score, of the same day the highest: day and value in one number.
    packed = (730 - age).cast(pl.Int64) * 2**42 + pl.col("value_x100") + 2**41
    return {
        "problems": (inspected & result.is_in(PROBLEMS)).sum(),
        "among": (inspected & result.is_in(["no_problem", *PROBLEMS])).sum(),
        "clean": (visited & result.is_in(["no_problem", "qualified"])).sum(),
        "serious_age": pl.when(visited & (severity == "serious")).then(age).min(),
        "orders": pl.when(year & (kind == "rectification_order")).then(severity.to_physical()).max(),
        "accidents": pl.when(year & (kind == "accident")).then(severity.to_physical()).max(),
        "report_age": pl.when(reported).then(age).min(),
        "complaints": _aged(complained, (180, 100), (365, 50)),
        "arrears": pl.when(owing).then(owed).sum(),
        "latest": pl.when(two_years & (kind == "public_credit_score")).then(packed).max(),
    }


def _binned(value: pl.Expr, edges: Sequence[int], points: Sequence[int]) -> pl.Expr:
    """Points of the first bin whose edge is not exceeded; unknown values give none."""
    *but_last, last = (pl.lit(of_bin, pl.Int32) for of_bin in points)
    binned: pl.Expr = last
    for edge, of_bin in reversed(list(zip(edges, but_last, strict=True))):
        binned = pl.when(value <= edge).then(of_bin).otherwise(binned)
    return pl.when(value.is_not_null()).then(binned).otherwise(pl.lit(0, pl.Int32))


def _decided(valued: pl.LazyFrame) -> pl.LazyFrame:
    """Gate, points and band of each enterprise from its aggregates."""
    valued = valued.with_columns(
        problem_share=pl.when(pl.col("among") > 0).then(pl.col("problems") * 10_000 // pl.col("among")),
        credit_score=pl.col("latest") % 2**42 - 2**41,
    )
    total = reduce(add, (_binned(pl.col(name), *bins) for name, bins in BINS.items()), pl.lit(850, pl.Int32))
    listed = pl.any_horizontal("any_listed", "any_work_safety", "any_wages")
    capped = pl.any_horizontal(
        "any_accident", "any_refusals", "any_abnormal", "any_tax_d", "any_defaults", "any_criminal"
    )
    limit = pl.when(listed).then(3).when(capped).then(2).when("any_penalty").then(1).otherwise(0)
    points, band_no, rated = pl.col("points"), pl.col("band_no"), pl.col("gate").is_null()
    reached = pl.when(points >= 900).then(0).when(points >= 790).then(1).when(points >= 450).then(2)
    banded = valued.select(
        "enterprise_id", points=total.clip(0, 1000), limit=limit, gate=_gate()
    ).with_columns(band_no=pl.max_horizontal(reached.otherwise(3), "limit"))
    return banded.select(
        "enterprise_id",
        points=pl.when(rated).then(points),
        band=pl.when(rated).then(band_no.replace_strict(range(4), ["A", "B", "C", "D"])),
        colour=pl.when(rated).then(band_no.replace_strict(range(4), ["blue", "green", "yellow", "red"])),
        gate="gate",
    )


def _gate() -> pl.Expr:
    """Why an enterprise is not rated, null where it is."""
    entity_type, status = pl.col("entity_type"), pl.col("status")
    return (
        pl.when(entity_type.is_null())
        .then(pl.lit("type_unknown"))
        .when(~entity_type.is_in(SUBJECTS))
        .then(pl.lit("outside_scheme"))
        .when(status.is_in(["revoked", "deregistered", "moved"]))
        .then(pl.lit("gone"))
        .when(status.is_in(["dormant", "liquidation"]))
        .then(pl.lit("dormant"))
        .when(~pl.col("seen").fill_null(False))
        .then(pl.lit("thin_file"))
        .otherwise(pl.lit(None, pl.String))
    )
