"""The same result with Polars, as a careful analyst would write it today: lazy, streaming, one pass over the records.

Its memory grows with the district. Records must be sorted by enterprise, as the clustered file is.
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
kind, result, severity, age = pl.col("kind"), pl.col("result"), pl.col("severity"), pl.col("age")
points_of_own = pl.col("own") & pl.col("keep")


def with_polars(clustered: Path, as_of: date) -> pl.DataFrame:
    """Scores a district whose aggregates fit into memory.

    Args:
        clustered: Folder with ``enterprises.parquet`` and ``records.parquet``.
        as_of: The day.

    Returns:
        ``enterprise_id``, ``points``, ``band``, ``colour``, ``gate`` (null when rated).
    """
    records = pl.scan_parquet(clustered / "records.parquet")
    acts = _snapshot(records.filter(pl.col("act_rank") > 0), as_of).filter(_in_use(as_of))
    gravest = pl.col("act_rank").min().over("enterprise_id", "act_id")
    merged = acts.with_columns(keep=pl.col("act_rank") == gravest).collect(engine="streaming")
    alone = _snapshot(records.filter(pl.col("act_rank") <= 0), as_of).with_columns(keep=pl.lit(True))
    sums = pl.concat([alone, merged.lazy()]).group_by("enterprise_id").agg(**_flags(), **_penalties(), **_conduct(), **_marks())
    return _decided(_enterprises(clustered, as_of).join(sums, on="enterprise_id", how="left")).collect(
        engine="streaming"
    )


def _enterprises(clustered: Path, as_of: date) -> pl.LazyFrame:
    versions = pl.scan_parquet(clustered / "enterprises.parquet")
    return versions.filter(
        pl.col("known_on").is_null() | (pl.col("known_on") <= as_of), _not_by("known_until", as_of)
    ).select("enterprise_id", "entity_type", "status")


def _not_by(column: str, day: date) -> pl.Expr:
    """Whether a day is unknown or still to come."""
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
        result.cast(RESULTS, strict=False),
        kind.cast(KINDS),
        severity.cast(SEVERITIES, strict=False),
        dated_on=dated_on,
        age=(pl.lit(as_of) - dated_on).dt.total_days().cast(pl.Int32),
        own=(pl.col("scope") == "own").fill_null(True),
    )


def _penalty_counts(dated_on: pl.Expr, as_of: date) -> pl.Expr:
    """Whether a penalty is of known class, in use by it, a minor one published, not summary, and final."""
    since = {months: oldest_used(as_of, months) for months in (3, 12, 36)}
    info_class, fine = pl.coalesce("info_class", "severity"), pl.col("amount_fen")
    oldest = (
        pl.when(info_class == "minor")
        .then(pl.lit(since[3]))
        .when(info_class == "general")
        .then(pl.lit(since[12]))
        .otherwise(pl.lit(since[36]))
    )
    small = pl.when(fine.is_null()).then((severity == "minor").fill_null(False)).otherwise(fine <= 300_000)
    procedure = pl.col("procedure").fill_null("unknown")
    lapsed = pl.coalesce("served_on", "decided_on") <= lapsed_if_served_by(as_of, MONTHS)
    return (
        info_class.is_not_null()
        & ((info_class != "minor") | pl.col("publish_until").is_not_null())
        & (dated_on >= oldest)
        & (procedure != "summary")
        & ((procedure == "ordinary") | ~small)
        & (pl.col("contest").ne_missing("upheld") | lapsed.fill_null(False))
        & pl.when(pl.col("final_on").is_null()).then(lapsed).otherwise(pl.col("final_on") <= as_of)
    ).fill_null(False)


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


def _aged(condition: pl.Expr, *steps: tuple[int, int]) -> pl.Expr:
    """The sum of weights by age: of each record the first step whose limit is above its age."""
    weight = pl.when(age < steps[0][0]).then(pl.lit(steps[0][1]))
    for limit, percent in steps[1:]:
        weight = weight.when(age < limit).then(pl.lit(percent))
    return pl.when(condition).then(weight).sum()


def _flags() -> dict[str, pl.Expr]:
    """What gates, caps and vetoes ask for: they see every record of an act."""
    own, penal = pl.col("own"), kind == PENALTY
    visited = kind.is_in(["inspection", "sampling_test"]) & result.is_in(VISITED)
    flags = {
        "seen": (age < 1095) & (visited | kind.is_in(CREDIT)),
        "penalised": penal & (((severity == "general") & (age < 365)) | ((severity == "serious") & (age < 1095))),
        "accident": (kind == "accident") & (severity >= "general") & (age < 365),
    }
    flags |= {f"any_{name}": _marked(of_kind, window, outcome) for name, of_kind, window, _, _, outcome in MARKS}
    return {name: (own & flag).any() for name, flag in flags.items()}


def _marked(of_kind: str, window: int, outcome: str | None) -> pl.Expr:
    marked = (kind == of_kind) & (age < window)
    return marked if outcome is None else marked & (result == outcome)


def _marks() -> dict[str, pl.Expr]:
    """Kinds that are only counted."""
    return {
        f"n_{name}": (points_of_own & _marked(of_kind, window, outcome)).sum()
        for name, of_kind, window, _, _, outcome in MARKS
    }


def _penalties() -> dict[str, pl.Expr]:
    penal = points_of_own & (kind == PENALTY)
    year = penal & (severity >= "general") & (age < 365)
    branch = (kind == PENALTY) & ~pl.col("own") & pl.col("keep") & (severity >= "general") & (age < 365)
    return {
        "minor": _aged(penal & (severity == "minor"), (45, 100), (89, 50)),
        "general": _aged(penal & (severity == "general"), (180, 100), (365, 60)),
        "serious": _aged(penal & (severity == "serious"), (365, 100), (730, 70), (1095, 40)),
        "fines": pl.when(year).then("amount_fen").sum(),
        "authorities": pl.when(year).then("authority").drop_nulls().n_unique(),
        "branches": branch.sum(),
    }


def _conduct() -> dict[str, pl.Expr]:
    recent = points_of_own & (age < 730)
    inspected, tested = recent & (kind == "inspection"), recent & (kind == "sampling_test")
    year = points_of_own & (age < 365)
    owing = points_of_own & kind.is_in(["tax_arrears", "social_insurance_arrears"])
    owed = pl.when(age < 365).then(pl.col("amount_fen") * 100).when(age < 730).then(pl.col("amount_fen") * 50)
    # The youngest score, of the same day the highest: day and value in one number.
    packed = (730 - age).cast(pl.Int64) * 2**42 + pl.col("value_x100") + 2**41
    level = severity.to_physical()
    return {
        "problems": (inspected & result.is_in(PROBLEMS)).sum(),
        "among": (inspected & result.is_in(["no_problem", *PROBLEMS])).sum(),
        "clean": ((inspected | tested) & result.is_in(["no_problem", "qualified"])).sum(),
        "serious_age": pl.when((inspected | tested) & (severity == "serious")).then(age).min(),
        "orders": pl.when(year & (kind == "rectification_order")).then(level).max(),
        "accidents": pl.when(year & (kind == "accident")).then(level).max(),
        "report_age": pl.when(recent & (kind == "annual_report") & (result == "no_problem")).then(age).min(),
        "complaints": _aged(
            points_of_own & (kind == "complaint") & (result == "substantiated"), (180, 100), (365, 50)
        ),
        "arrears": pl.when(owing).then(owed).sum(),
        "latest": pl.when(recent & (kind == "public_credit_score")).then(packed).max(),
    }


def _binned(value: pl.Expr, edges: Sequence[int], points: Sequence[int]) -> pl.Expr:
    """Points of the first bin whose edge is not exceeded; unknown values give none."""
    chain = pl.when(value.is_null()).then(pl.lit(0, pl.Int32))
    for edge, of_bin in zip(edges, points, strict=False):
        chain = chain.when(value <= edge).then(pl.lit(of_bin, pl.Int32))
    return chain.otherwise(pl.lit(points[-1], pl.Int32))


BINS: dict[str, tuple[list[int], list[int]]] = {
    "minor": ([0, 100], [0, -10, -25]),
    "general": ([0, 60, 100, 200], [0, -60, -80, -120, -170]),
    "serious": ([0, 40, 70, 100], [0, -120, -160, -200, -260]),
    "fines": ([0, 10**6, 10**7, 10**8], [0, -5, -15, -30, -50]),
    "authorities": ([1, 2], [0, -20, -50]),
    "branches": ([0, 2], [0, -15, -40]),
    "clean": ([0, 1], [0, 10, 20]),
    "serious_age": ([180, 365, 729], [-50, -30, -10, 0]),
    "orders": ([0, 1], [-10, -25, -60]),
    "accidents": ([0, 1], [-40, -100, -220]),
    "report_age": ([400], [15, 0]),
    "complaints": ([0, 100, 300], [0, -15, -40, -80]),
    "arrears": ([0, 10**8, 10**9], [0, -20, -45, -80]),
    **{f"n_{name}": ([0, 1], [0, one, more]) for name, _, _, one, more, _ in MARKS},
}
SHARE = ([0, 1000, 2500, 5000], [0, -5, -15, -35, -70])
CREDIT_SCORE = ([60000, 70000, 76000, 80000, 84000, 88000, 92000], [-120, -70, -40, -20, 0, 15, 40, 70])


def _decided(valued: pl.LazyFrame) -> pl.LazyFrame:
    share = pl.when(pl.col("among") > 0).then(pl.col("problems") * 10_000 // pl.col("among"))
    credit_score = pl.col("latest") % 2**42 - 2**41
    parts = [_binned(pl.col(name), *bins) for name, bins in BINS.items()]
    parts += [_binned(share, *SHARE), _binned(credit_score, *CREDIT_SCORE)]
    listed = pl.any_horizontal("any_listed", "any_work_safety", "any_wages")
    capped = pl.any_horizontal(
        "accident", "any_refusals", "any_abnormal", "any_tax_d", "any_defaults", "any_criminal"
    )
    limit = pl.when(listed).then(3).when(capped).then(2).when("penalised").then(1).otherwise(0)
    status, gate = pl.col("status"), pl.col("gate")
    gates = (
        pl.when(pl.col("entity_type").is_null())
        .then(pl.lit("type_unknown"))
        .when(~pl.col("entity_type").is_in(SUBJECTS))
        .then(pl.lit("outside_scheme"))
        .when(status.is_in(["revoked", "deregistered", "moved"]))
        .then(pl.lit("gone"))
        .when(status.is_in(["dormant", "liquidation"]))
        .then(pl.lit("dormant"))
        .when(~pl.col("seen").fill_null(False))
        .then(pl.lit("thin_file"))
    )
    points = reduce(add, parts, pl.lit(850, pl.Int32)).clip(0, 1000)
    reached = pl.when(pl.col("points") >= 900).then(0).when(pl.col("points") >= 790).then(1).when(pl.col("points") >= 450).then(2).otherwise(3)
    named = valued.select("enterprise_id", points=points, gate=gates, limit=limit)
    banded = named.with_columns(band_no=pl.max_horizontal(reached, "limit"))
    rated = gate.is_null()
    return banded.select(
        "enterprise_id",
        points=pl.when(rated).then("points"),
        band=pl.when(rated).then(pl.col("band_no").replace_strict([0, 1, 2, 3], ["A", "B", "C", "D"])),
        colour=pl.when(rated).then(pl.col("band_no").replace_strict([0, 1, 2, 3], ["blue", "green", "yellow", "red"])),
        gate="gate",
    )
