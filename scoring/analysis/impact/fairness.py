"""Whom a result burdens more: shares of bands by group, and what comes from being inspected more often.

Who is looked at more often is found wanting more often. So each group's share of the worst band is also
standardised to the inspections of all: what remains of its gap to the average is a gap among enterprises that
were visited equally often.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from scoring.analysis.impact.changes import identity
from scoring.disk import atomic_file, disk_faults, spreadsheet_cell
from scoring.entities import code_label, codes
from scoring.explain.words.code_names import coded_labels
from scoring.explain.words.disclosures import Notice, in_one
from scoring.explain.words.figures import permille
from scoring.policy.resolved import ResolvedPolicy
from scoring.rules.wording import LANGUAGES, both

WINDOW_DAYS = 730
STRATA = ("0", "1", "2-3", "4+")
MINIMUM = 30
"""Rated enterprises a group needs before a share of it says anything."""
WARN_PERMILLE = 1250
"""A group is marked when its share of the worst band is more than this much of the average."""
DIMENSIONS = ("size", "industry", "age", "district", "branch")
LABEL_COLUMNS = ("dimension", "value", "label_zh", "label_en")
NUMBER_COLUMNS = (
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
AGES = (("age_0", 1), ("age_1", 3), ("age_3", 5), ("age_5", 10))
"""Bands of full years since registration, each below its limit; names sort as the ages do."""
OLDEST = "age_t"


class ResultFiles(Protocol):
    """Results with their facts, as files of enterprises, records and scores."""

    version: ResolvedPolicy

    @property
    def fictitious(self) -> bool:
        """Whether some of the facts are made up."""

    @property
    def as_of(self) -> date:
        """The day of the results."""

    def query(self, text: str) -> list[dict[str, Any]]:
        """Rows of a query over the files."""

    def file(self, name: str) -> str:
        """A file as SQL names it: ``enterprises``, ``records`` or ``scores`` ``.parquet``."""


class Stratum(NamedTuple):
    """Enterprises visited about equally often: how many, and how many of them in the worst band."""

    enterprises: int = 0
    worst: int = 0


@dataclass
class GroupCounts:
    """Rated enterprises of one group: by band, visits in all, and by stratum of visits."""

    bands: dict[str, int] = field(default_factory=dict)
    visits: int = 0
    strata: dict[str, Stratum] = field(default_factory=dict)

    @property
    def rated(self) -> int:
        """Rated enterprises."""
        return sum(self.bands.values())

    def add(self, counts: Mapping[str, Any], worst: str) -> None:
        """Adds enterprises of one band and stratum; ``worst`` is the worst band."""
        band_id, stratum, number = counts["band"], counts["stratum"], int(counts["n"])
        self.bands[band_id] = self.bands.get(band_id, 0) + number
        self.visits += int(counts["visits"])
        before = self.strata.get(stratum, Stratum())
        in_worst = number if band_id == worst else 0
        self.strata[stratum] = Stratum(before.enterprises + number, before.worst + in_worst)


def fairness(results: ResultFiles) -> dict[str, Any]:
    """The report on results: all rated together, then each group of each dimension.

    Shares are in thousandths. ``gap = gap_equal + explained``, exactly as they are printed.
    """
    worst = results.version.policy.bands[-1].id
    counts = {dimension: results.query(_sql(results, dimension)) for dimension in DIMENSIONS}
    # Each enterprise is in just one group of this dimension: together they are all.
    everybody = GroupCounts()
    for counts_of_group in counts["branch"]:
        everybody.add(counts_of_group, worst)
    return {
        "as_of": results.as_of.isoformat(),
        "policy": identity(results.version),
        "fictitious": results.fictitious,
        "window_days": WINDOW_DAYS,
        "minimum": MINIMUM,
        "warn_permille": WARN_PERMILLE,
        "worst_band": worst,
        "strata": [_stratum(everybody, visits) for visits in STRATA],
        "all": group_figures(everybody, everybody, worst),
        "dimensions": [
            {
                "id": dimension,
                "label": both(f"q_{dimension}"),
                "groups": _groups(dimension, counts_by_group, everybody, worst),
            }
            for dimension, counts_by_group in counts.items()
        ],
    }


def _stratum(everybody: GroupCounts, visits: str) -> dict[str, Any]:
    stratum = everybody.strata.get(visits, Stratum())
    return {"visits": visits, "n": stratum.enterprises, "worst": stratum.worst}


def _groups(
    dimension: str, counts_by_group: Sequence[Mapping[str, Any]], everybody: GroupCounts, worst: str
) -> list[dict[str, Any]]:
    groups: dict[str | None, GroupCounts] = {}
    for counts_of_group in counts_by_group:
        groups.setdefault(counts_of_group["value"], GroupCounts()).add(counts_of_group, worst)
    sizes = list(codes()["size_bands"]) if dimension == "size" else []
    # Sizes in their order, whatever is none last; other groups keep the order of the query.
    order = sorted(groups, key=lambda value: sizes.index(value) if value in sizes else len(sizes))
    return [
        {
            "value": value,
            "label": _label(dimension, value),
            **group_figures(groups[value], everybody, worst),
        }
        for value in order
    ]


def group_figures(group: GroupCounts, everybody: GroupCounts, worst: str) -> dict[str, Any]:
    """The numbers of a group beside those of all; ``worst`` is the worst band."""
    in_worst, rated = group.bands.get(worst, 0), group.rated
    all_in_worst = everybody.bands.get(worst, 0)
    average = permille(all_in_worst, everybody.rated)
    equal_share = _standardised(group, everybody)
    share = permille(in_worst, rated)
    standardised = permille(equal_share.numerator, equal_share.denominator)
    small = rated < MINIMUM
    # In whole numbers, so that a share that is just the limit is not marked.
    marked = 1000 * in_worst * everybody.rated > WARN_PERMILLE * all_in_worst * rated
    return {
        "n": rated,
        "bands": {band_id: permille(count, rated) for band_id, count in sorted(group.bands.items())},
        "visits_x100": (200 * group.visits + rated) // (2 * rated) if rated else 0,
        "worst": in_worst,
        "worst_permille": share,
        "standardised_permille": standardised,
        "gap_permille": share - average,
        "gap_equal_permille": standardised - average,
        "explained_permille": share - standardised,
        "small": small,
        "warning": not small and marked,
    }


def _standardised(group: GroupCounts, everybody: GroupCounts) -> Fraction:
    """Share of the worst band if the group had been visited as often as all (direct standardisation).

    A stratum without members of the group takes the share of all there: it adds no difference.
    """
    total = Fraction(0)
    for visits, of_all in everybody.strata.items():
        of_group = group.strata.get(visits, Stratum())
        known = of_group if of_group.enterprises else of_all
        total += Fraction(of_all.enterprises, everybody.rated) * Fraction(known.worst, known.enterprises)
    return total


def _label(dimension: str, value: str | None) -> dict[str, str]:
    if value is None:
        return both("q_unknown")
    if dimension == "size":
        return {lang: code_label("size_bands", value, lang) for lang in LANGUAGES}
    if dimension in ("age", "branch"):
        return both(f"q_{value}")
    return coded_labels(dimension, value)


def _sql(results: ResultFiles, dimension: str) -> str:
    """Rated enterprises by value of the dimension, stratum of visits and band.

    A visit is an inspection of the enterprise itself; several records of one act are one visit.
    """
    day = f"DATE '{results.as_of}'"
    known = f"""(known_on IS NULL OR known_on <= {day})
                AND (known_until IS NULL OR known_until > {day})"""
    return f"""
        WITH visited AS (
            SELECT enterprise_id, count(DISTINCT coalesce(act_id, record_id)) AS visits
            FROM {results.file("records.parquet")}
            WHERE kind = 'inspection'
                AND (scope IS NULL OR scope = 'own')
                AND {known}
                AND (withdrawn_on IS NULL OR withdrawn_on > {day})
                AND coalesce(decided_on, occurred_on) BETWEEN {day} - {WINDOW_DAYS - 1} AND {day}
            GROUP BY enterprise_id
        ),
        who AS (
            SELECT enterprise_id, {_value_sql(dimension, day)} AS value
            FROM {results.file("enterprises.parquet")}
            WHERE {known}
        ),
        rated AS (
            SELECT w.value, s.band, coalesce(v.visits, 0) AS visits
            FROM {results.file("scores.parquet")} s
            JOIN who w USING (enterprise_id)
            LEFT JOIN visited v USING (enterprise_id)
            WHERE s.status = 'rated'
        )
        SELECT
            value,
            CASE
                WHEN visits = 0 THEN '0'
                WHEN visits = 1 THEN '1'
                WHEN visits <= 3 THEN '2-3'
                ELSE '4+'
            END AS stratum,
            band,
            count(*) AS n,
            sum(visits)::BIGINT AS visits
        FROM rated
        GROUP BY ALL
        ORDER BY value NULLS LAST, stratum, band
    """


def _value_sql(dimension: str, day: str) -> str:
    """SQL: the group of an enterprise in a dimension."""
    years = f"date_sub('year', registered_on, {day})"
    ages = " ".join(f"WHEN {years} < {limit} THEN '{name}'" for name, limit in AGES)
    return {
        "size": "size_band",
        "industry": "nullif(regexp_extract(industry_code, '^[A-Z]?[0-9]{0,2}'), '')",
        "age": f"CASE WHEN registered_on IS NULL THEN NULL {ages} ELSE '{OLDEST}' END",
        "district": "district_code",
        "branch": "CASE WHEN entity_type = 'branch' THEN 'is_branch' ELSE 'no_branch' END",
    }[dimension]


def write_fairness(report: Mapping[str, Any], path: Path, said: Sequence[Notice]) -> None:
    """The groups as CSV for Excel: UTF-8 with BOM, shares in thousandths, and no formula.

    Args:
        report: The report.
        path: The file.
        said: What is to be said of rules and data; every row does, for rows are copied out of files.

    Raises:
        EnvironmentRefusedError: The disk is full or the folder not writable; an older file stays.
    """
    with (
        disk_faults(path),
        atomic_file(path) as part,
        part.open("w", encoding="utf-8-sig", newline="") as file,
    ):
        # Excel takes a file for UTF-8 only if it begins with a BOM.
        writer = csv.writer(file)
        writer.writerow((*LABEL_COLUMNS, *NUMBER_COLUMNS, *(f"notice_{lang}" for lang in LANGUAGES)))
        notice = [in_one(said, lang) for lang in LANGUAGES]
        for dimension in report["dimensions"]:
            for group in dimension["groups"]:
                texts = (group["value"] or "", group["label"]["zh"], group["label"]["en"])
                numbers = [int(group[name]) for name in NUMBER_COLUMNS]
                writer.writerow([dimension["id"], *map(spreadsheet_cell, texts), *numbers, *notice])


def caveats(report: Mapping[str, Any]) -> list[dict[str, str]]:
    """What a reader must know before using the numbers."""
    ratio = f"{report['warn_permille'] / 1000:g}"
    return [
        both("q_method", days=report["window_days"], strata=", ".join(STRATA)),
        both("q_small", n=report["minimum"], ratio=ratio),
        both("q_not_guilt"),
    ]
