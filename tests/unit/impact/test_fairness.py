"""The fairness report against a slow, plain recomputation, row by row."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from districts import in_store

from scoring.administration.results.extract import open_extract
from scoring.analysis.impact.fairness import (
    GroupCounts,
    Stratum,
    caveats,
    fairness,
    group_figures,
    write_fairness,
)
from scoring.assess.folder import BatchOptions, score_sources
from scoring.explain.words.disclosures import labels_of

AS_OF = date(2026, 9, 30)


@pytest.fixture(scope="module")
def results(trial: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The district scored under the shipped version, read on the day of the store."""
    folder = tmp_path_factory.mktemp("scored") / "out"
    score_sources(trial.sources, trial.old, AS_OF, folder, BatchOptions(today=AS_OF))
    return folder


@pytest.fixture(scope="module")
def found(trial: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The report on it, from a store."""
    results = in_store(trial.sources[0].path, trial.old, AS_OF, tmp_path_factory.mktemp("store"))
    with open_extract(results) as extract:
        return fairness(extract)


def known(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Versions in force on the day."""

    def day(value: Any) -> date | None:
        return None if pd.isna(value) else pd.Timestamp(value).date()

    return [
        r
        for r in rows
        if (day(r["known_on"]) or AS_OF) <= AS_OF and (day(r["known_until"]) or date.max) > AS_OF
    ]


def plainly(results: Path) -> list[dict[str, Any]]:
    """Every rated enterprise with its groups, band and number of visits, one at a time."""
    visits: dict[str, set[str]] = defaultdict(set)
    for r in known(pd.read_parquet(results / "records.parquet").to_dict("records")):
        dated = r["decided_on"] if not pd.isna(r["decided_on"]) else r["occurred_on"]
        withdrawn = not pd.isna(r["withdrawn_on"]) and pd.Timestamp(r["withdrawn_on"]).date() <= AS_OF
        if r["kind"] != "inspection" or r["scope"] == "branch" or withdrawn or pd.isna(dated):
            continue
        if AS_OF - timedelta(days=729) <= pd.Timestamp(dated).date() <= AS_OF:
            visits[r["enterprise_id"]].add(r["act_id"] or r["record_id"])
    who = {
        e["enterprise_id"]: e
        for e in known(pd.read_parquet(results / "enterprises.parquet").to_dict("records"))
    }
    rows = []
    for score in pd.read_parquet(results / "scores.parquet").to_dict("records"):
        if score["status"] != "rated":
            continue
        e = who[score["enterprise_id"]]
        n = len(visits[score["enterprise_id"]])
        rows.append(
            {
                "band": score["band"],
                "visits": n,
                "stratum": 0 if n == 0 else 1 if n == 1 else 2 if n <= 3 else 4,
                "size": e["size_band"],
                "industry": e["industry_code"][:3],
                "district": e["district_code"],
                "branch": "is_branch" if e["entity_type"] == "branch" else "no_branch",
                "age": age(e["registered_on"]),
            }
        )
    return rows


def age(registered: Any) -> str | None:
    """The band of full years."""
    if pd.isna(registered):
        return None
    day = pd.Timestamp(registered).date()
    years = AS_OF.year - day.year - ((AS_OF.month, AS_OF.day) < (day.month, day.day))
    return (
        "age_0"
        if years < 1
        else "age_1"
        if years < 3
        else "age_3"
        if years < 5
        else "age_5"
        if years < 10
        else "age_t"
    )


def thousandths(share: Fraction) -> int:
    """Halves up."""
    return int(share * 1000 + Fraction(1, 2))


def test_equals_a_plain_recomputation(results: Path, found: dict[str, Any]) -> None:
    """Every group of every dimension has the numbers that counting one enterprise after the other gives."""
    rows = plainly(results)
    red, all_n = sum(r["band"] == "D" for r in rows), len(rows)
    average = thousandths(Fraction(red, all_n))
    assert (all_n, average) == (found["all"]["n"], found["all"]["worst_permille"])
    for dimension in found["dimensions"]:
        values = {r[dimension["id"]] for r in rows}
        assert values == {g["value"] for g in dimension["groups"]}
        for group in dimension["groups"]:
            mine = [r for r in rows if r[dimension["id"]] == group["value"]]
            own, equal = sum(r["band"] == "D" for r in mine), Fraction(0)
            for stratum in (0, 1, 2, 4):
                there, here = (
                    [r for r in rows if r["stratum"] == stratum],
                    [r for r in mine if r["stratum"] == stratum],
                )
                if there:
                    of = here or there
                    equal += Fraction(len(there), all_n) * Fraction(
                        sum(r["band"] == "D" for r in of), len(of)
                    )
            share = thousandths(Fraction(own, len(mine)))
            expected = {
                "n": len(mine),
                "worst": own,
                "worst_permille": share,
                "standardised_permille": thousandths(equal),
                "gap_permille": share - average,
                "gap_equal_permille": thousandths(equal) - average,
                "visits_x100": int(
                    Fraction(100 * sum(r["visits"] for r in mine), len(mine)) + Fraction(1, 2)
                ),
                "bands": {
                    b: thousandths(Fraction(n, len(mine)))
                    for b in "ABCD"
                    if (n := sum(r["band"] == b for r in mine))
                },
                "small": len(mine) < 30,
                "warning": len(mine) >= 30
                and Fraction(own, len(mine)) > Fraction(5, 4) * Fraction(red, all_n),
            }
            assert expected == {name: group[name] for name in expected}, (dimension["id"], group["value"])


def test_the_gap_has_two_parts(found: dict[str, Any]) -> None:
    """As printed, each gap is the part at equal visits and the part from visits, and all together have none."""
    groups = [g for d in found["dimensions"] for g in d["groups"]]
    assert [g["gap_permille"] for g in groups] == [
        g["gap_equal_permille"] + g["explained_permille"] for g in groups
    ]
    assert [0, 0, 0] == [
        found["all"][name] for name in ("gap_permille", "gap_equal_permille", "explained_permille")
    ]
    assert found["all"]["n"] == sum(stratum["n"] for stratum in found["strata"])
    assert all(found["all"]["n"] == sum(g["n"] for g in d["groups"]) for d in found["dimensions"])


def test_a_gap_that_visits_alone_make() -> None:
    """Where in each stratum both groups fare alike, standardising leaves no gap however unequal the shares are."""
    whole, groups = GroupCounts(), {}
    for size, visited in (("micro", 10), ("large", 30)):
        groups[size] = GroupCounts()
        for band, n, visits in (
            ("D", visited // 2, 1),
            ("A", visited - visited // 2, 1),
            ("A", 40 - visited, 0),
        ):
            row = {"band": band, "n": n, "visits": n * visits, "stratum": str(visits)}
            groups[size].add(row, "D")
            whole.add(row, "D")
    figures = {size: group_figures(group, whole, "D") for size, group in groups.items()}
    assert {"micro": (-125, 0, -125), "large": (125, 0, 125)} == {
        size: (group["gap_permille"], group["gap_equal_permille"], group["explained_permille"])
        for size, group in figures.items()
    }
    assert [False, True] == [figures[size]["warning"] for size in ("micro", "large")]


def test_few_are_noise() -> None:
    """A group of 29 is not warned of, one of 30 with the same share is."""
    whole = GroupCounts({"A": 900, "D": 100}, 0, {"0": Stratum(1000, 100)})
    few = GroupCounts({"A": 1, "D": 28}, 0, {"0": Stratum(29, 28)})
    more = GroupCounts({"A": 1, "D": 29}, 0, {"0": Stratum(30, 29)})
    figures = [group_figures(group, whole, "D") for group in (few, more)]
    assert [(True, False), (False, True)] == [(group["small"], group["warning"]) for group in figures]


def test_csv_holds_every_group(found: dict[str, Any], tmp_path: Path) -> None:
    """The CSV opens in Excel and has one row a group with the numbers of the report."""
    write_fairness(found, tmp_path / "fairness.csv", labels_of(demonstration=True, fictitious=True))
    with (tmp_path / "fairness.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    groups = [
        (d["id"], g["value"], g["n"], g["gap_permille"]) for d in found["dimensions"] for g in d["groups"]
    ]
    assert groups == [(r["dimension"], r["value"] or None, int(r["n"]), int(r["gap_permille"])) for r in rows]
    assert all("演示规则" in row["notice_zh"] and "Fictitious data" in row["notice_en"] for row in rows)
    assert b"\xef\xbb\xbf" == (tmp_path / "fairness.csv").read_bytes()[:3]


def test_caveats_name_the_limits(found: dict[str, Any]) -> None:
    """The reader is told the days, the strata, the smallest group and the threshold, in both languages."""
    texts = [" ".join(c[lang] for c in caveats(found)) for lang in ("zh", "en")]
    assert [] == [(text, word) for text in texts for word in ("730", "2-3", "30", "1.25") if word not in text]
