"""Whom a result burdens more: shares of bands by group, and how much of a difference comes from being inspected more often.

Who is looked at more often is found wanting more often. So each group's share of the worst band is also standardised to the
inspections of all: what remains of its gap to the average is a gap among enterprises that were visited equally often.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from scoring.analysis.impact.changes import identity
from scoring.disk import spreadsheet_cell
from scoring.entities import code_label, codes
from scoring.explain.words.figures import permille
from scoring.policy.load import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, both

WINDOW_DAYS = 730
STRATA = ("0", "1", "2-3", "4+")
MINIMUM = 30
"""Rated enterprises a group needs before a share of it says anything."""
WARN_PERMILLE = 1250
"""A group is marked when its share of the worst band is more than this much of the average."""
DIMENSIONS = ("size", "industry", "age", "district", "branch")
COLUMNS = (
    "dimension",
    "value",
    "label_zh",
    "label_en",
    "n",
    "visits_x100",
    "worst",
    "worst_permille",
    "standardised_permille",
    "gap_permille",
    "gap_equal_permille",
    "explained_permille",
    "small",
    "warning",
)


@dataclass
class Group:
    """Rated enterprises of one group: by band, visits in all, and in each stratum of visits (how many, in the worst band)."""

    bands: dict[str, int] = field(default_factory=dict)
    visits: int = 0
    strata: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def n(self) -> int:
        """Rated enterprises."""
        return sum(self.bands.values())

    def add(self, row: Mapping[str, Any], worst: str) -> None:
        """Adds enterprises of one band and stratum."""
        n = int(row["n"])
        self.bands[row["band"]] = self.bands.get(row["band"], 0) + n
        self.visits += int(row["visits"])
        of, red = self.strata.get(row["stratum"], (0, 0))
        self.strata[row["stratum"]] = (of + n, red + (n if row["band"] == worst else 0))


class Results(Protocol):
    """Results with their facts as files: a result folder, or a store."""

    version: ResolvedPolicy

    @property
    def as_of(self) -> date:
        """The day of the results."""

    def query(self, text: str) -> list[dict[str, Any]]:
        """Rows of a query over the files."""

    def file(self, name: str) -> str:
        """A file as SQL names it."""


def fairness(folder: Results) -> dict[str, Any]:
    """The report on a result folder: all rated together, then each group of each dimension.

    Shares are integers in thousandths. ``gap = gap_equal + explained``, exactly as they are printed.
    """
    worst = folder.version.policy.bands[-1].id
    rows = {dimension: folder.query(_sql(folder, dimension)) for dimension in DIMENSIONS}
    whole = Group()
    for row in rows["branch"]:
        whole.add(row, worst)
    return {
        "as_of": folder.as_of.isoformat(),
        "policy": identity(folder.version),
        "window_days": WINDOW_DAYS,
        "minimum": MINIMUM,
        "warn_permille": WARN_PERMILLE,
        "worst_band": worst,
        "strata": [
            {"visits": stratum, "n": n, "worst": red}
            for stratum in STRATA
            for n, red in [whole.strata.get(stratum, (0, 0))]
        ],
        "all": told_of(whole, whole, worst),
        "dimensions": [
            {"id": d, "label": both(f"q_{d}"), "groups": _groups(d, rows[d], whole, worst)}
            for d in DIMENSIONS
        ],
    }


def _groups(
    dimension: str, rows: Sequence[Mapping[str, Any]], whole: Group, worst: str
) -> list[dict[str, Any]]:
    groups: dict[str | None, Group] = {}
    for row in rows:
        groups.setdefault(row["value"], Group()).add(row, worst)
    known = list(codes()["size_bands"]) if dimension == "size" else []
    order = sorted(groups, key=lambda value: known.index(value) if value in known else len(known))
    return [
        {"value": value, "label": _label(dimension, value), **told_of(groups[value], whole, worst)}
        for value in order
    ]


def told_of(group: Group, whole: Group, worst: str) -> dict[str, Any]:
    """The numbers of a group beside those of all; ``worst`` is the worst band."""
    red, n, average = group.bands.get(worst, 0), group.n, permille(whole.bands.get(worst, 0), whole.n)
    equal = _standardised(group, whole)
    share, standardised = permille(red, n), permille(equal.numerator, equal.denominator)
    small = n < MINIMUM
    return {
        "n": n,
        "bands": {band: permille(of, n) for band, of in sorted(group.bands.items())},
        "visits_x100": (200 * group.visits + n) // (2 * n) if n else 0,
        "worst": red,
        "worst_permille": share,
        "standardised_permille": standardised,
        "gap_permille": share - average,
        "gap_equal_permille": standardised - average,
        "explained_permille": share - standardised,
        "small": small,
        "warning": not small and 1000 * red * whole.n > WARN_PERMILLE * whole.bands.get(worst, 0) * n,
    }


def _standardised(group: Group, whole: Group) -> Fraction:
    """Share of the worst band if the group had been visited as often as all: its share in each stratum, weighted by all.

    A stratum without members of the group takes the share of all there, so that it adds no difference.
    """
    total = Fraction(0)
    for stratum, (n, red) in whole.strata.items():
        of, own = group.strata.get(stratum, (0, 0))
        total += Fraction(n, whole.n) * (Fraction(own, of) if of else Fraction(red, n))
    return total


def _label(dimension: str, value: str | None) -> dict[str, str]:
    if value is None:
        return both("q_unknown")
    if dimension == "size":
        return {lang: code_label("size_bands", value, lang) for lang in LANGUAGES}
    if dimension in ("age", "branch"):
        return both(f"q_{value}")
    return dict.fromkeys(LANGUAGES, value)


def _sql(folder: Results, dimension: str) -> str:
    """Rated enterprises by value of the dimension, stratum of visits and band. A visit is an inspection of its own, by act."""
    day = f"DATE '{folder.as_of}'"
    known = f"(known_on IS NULL OR known_on <= {day}) AND (known_until IS NULL OR known_until > {day})"
    value = {
        "size": "size_band",
        "industry": "nullif(regexp_extract(industry_code, '^[A-Z]?[0-9]{0,2}'), '')",
        "age": f"CASE WHEN registered_on IS NULL THEN NULL {_ages(day)} END",
        "district": "district_code",
        "branch": "CASE WHEN entity_type = 'branch' THEN 'is_branch' ELSE 'no_branch' END",
    }[dimension]
    return f"""
        WITH visited AS (
            SELECT enterprise_id, count(DISTINCT coalesce(act_id, record_id)) AS visits FROM {folder.file("records.parquet")}
            WHERE kind = 'inspection' AND (scope IS NULL OR scope = 'own') AND {known} AND (withdrawn_on IS NULL OR withdrawn_on > {day})
                AND coalesce(decided_on, occurred_on) BETWEEN {day} - {WINDOW_DAYS - 1} AND {day} GROUP BY enterprise_id
        ), who AS (SELECT enterprise_id, {value} AS value FROM {folder.file("enterprises.parquet")} WHERE {known}),
        rated AS (
            SELECT w.value, s.band, coalesce(v.visits, 0) AS visits FROM {folder.file("scores.parquet")} s
            JOIN who w USING (enterprise_id) LEFT JOIN visited v USING (enterprise_id) WHERE s.status = 'rated'
        )
        SELECT value, CASE WHEN visits = 0 THEN '0' WHEN visits = 1 THEN '1' WHEN visits <= 3 THEN '2-3' ELSE '4+' END AS stratum,
            band, count(*) AS n, sum(visits)::BIGINT AS visits
        FROM rated GROUP BY ALL ORDER BY value NULLS LAST, stratum, band
    """


def _ages(day: str) -> str:
    """SQL: bands of full years since registration; names sort as the ages do."""
    limits = (("age_0", 1), ("age_1", 3), ("age_3", 5), ("age_5", 10))
    years = f"date_sub('year', registered_on, {day})"
    return " ".join(f"WHEN {years} < {limit} THEN '{name}'" for name, limit in limits) + " ELSE 'age_t'"


def write_fairness(found: Mapping[str, Any], path: Path) -> None:
    """The groups as CSV for Excel: UTF-8 with BOM, shares in thousandths, no cell that runs as a formula."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for dimension in found["dimensions"]:
            for group in dimension["groups"]:
                texts = [
                    dimension["id"],
                    *(
                        spreadsheet_cell(text)
                        for text in (group["value"] or "", group["label"]["zh"], group["label"]["en"])
                    ),
                ]
                writer.writerow([*texts, *(int(group[name]) for name in COLUMNS[4:])])


def caveats(found: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a reader must know before using the numbers."""
    ratio = f"{found['warn_permille'] / 1000:g}"
    texts = [
        both("q_method", days=found["window_days"], strata=", ".join(STRATA)),
        both("q_small", n=found["minimum"], ratio=ratio),
    ]
    return [*texts, both("q_not_guilt")]
