"""Whom to visit first: the order, the reasons and the refusals."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from lists import FACTS, STREET, TABLE, penalty, sourced, table_file
from rich.cells import cell_len
from rich.console import Console
from worlds import DAY, World, ago

from scoring.administration.supervision import ranking as module
from scoring.administration.supervision.list_file import write_ranking
from scoring.administration.supervision.ranking import ranking
from scoring.administration.supervision.reason_records import records_behind
from scoring.administration.supervision.visit_list import Ranked, Ranking, VisitReason
from scoring.assess.dataset import Dataset, open_sources
from scoring.cli.show.ranking import ranking_list
from scoring.engine.cases import Case
from scoring.engine.duckdb import DuckEngine
from scoring.engine.model_points import points_at
from scoring.entities import Lang, silent
from scoring.errors import InputError, ModelError, SiseError
from scoring.policy.model_policy import score_policy
from scoring.records.map.sources import SourceSpec


def test_order_is_what_the_table_gives_by_hand(listed: Ranking) -> None:
    """e3: 25 + 20 + 6; e1: 10 + 8 + 12; e2 and e6: 9, by id; e4: 5; e5 is deregistered."""
    rows = list(listed.rows())
    assert [("e3", 51), ("e1", 30), ("e2", 9), ("e6", 9), ("e4", 5)] == [
        (row.enterprise_id, row.points) for row in rows
    ]
    assert ([1, 2, 3, 4, 5], 1) == ([row.rank for row in rows], listed.gone)
    assert [
        [25, 20, 6, 0],
        [10, 8, 0, 12],
        [0, 0, 9, 0],
        [0, 0, 9, 0],
        [0, 0, 0, 5],
    ] == listed.points.tolist()


def test_reasons_are_points_over_the_mean_by_hand(listed: Ranking) -> None:
    """Means are 7, 5.6, 4.8 and 3.4; nobody stands out by less than 0.

    e1 stands out by its area (12), its penalty (10) and its share (8).
    """
    assert [7.0, 5.6, 4.8, 3.4] == listed.usual().tolist()
    reasons = {row.enterprise_id: list(map(_short, row.reasons)) for row in listed.rows()}
    assert {
        "e3": [("penalties", 25, 180), ("share", 20, 144), ("since", 6, 12)],
        "e1": [("area", 12, 86), ("penalties", 10, 30), ("share", 8, 24)],
        "e2": [("since", 9, 42)],
        "e6": [("since", 9, 42)],
        "e4": [("area", 5, 16)],
    } == reasons


def _short(reason: VisitReason) -> tuple[str, int, int]:
    return reason.feature, reason.points, reason.above


def test_values_are_said_in_words(listed: Ranking) -> None:
    """Counts, shares, days and the unknown each have their unit, in both languages."""
    e3, e1, e2, *_ = listed.rows()
    assert [
        "area: 40% (+8.6)",
        "penalties: 1 on record (+3.0)",
        "own share: 40% (+2.4)",
    ] == _sentences(listed, e1)
    assert "last visit: 300 days ago (+1.2)" == _sentences(listed, e3)[2]
    assert ["last visit: unknown (+4.2)"] == _sentences(listed, e2)
    assert "last visit：未知（+4.2）" == listed.sentence(e2.reasons[0], "zh")


def _sentences(listed: Ranking, row: Ranked) -> list[str]:
    return [listed.sentence(reason, "en") for reason in row.reasons]


@pytest.mark.parametrize("gone", ["p1", "p2"])
def test_without_the_record_the_points_fall_by_what_was_said(
    tmp_path: Path, tiny: str, listed: Ranking, gone: str
) -> None:
    """Taking a penalty away changes its feature alone, by the points that it gave."""
    who, difference = {"p1": ("e1", 10), "p2": ("e3", 15)}[gone]
    with DuckEngine() as engine:
        facts = [fact for fact in FACTS if fact["record_id"] != gone]
        after = ranking(tiny, sourced(World(engine, tmp_path).holds(STREET, facts)), DAY)
    before, now = (table.points[list(table.ids).index(who)] for table in (listed, after))
    assert [difference, 0, 0, 0] == (before - now).tolist()


@pytest.fixture(scope="module")
def district(district_folder: Path) -> Iterator[Dataset]:
    """The small district, open."""
    with open_sources([SourceSpec("canonical", district_folder)], silent) as data:
        yield data


@pytest.mark.parametrize("name", ["district-demo-order", "district-demo", "food-chicago"])
def test_features_add_up_and_stand_in_their_bins(district: Dataset, name: str) -> None:
    """Features add up to the score of a case alone, and lie in the bins of their points."""
    day = date(2026, 9, 30)
    everybody = ranking(name, district, day)
    cases = [Case(who, who, day) for who in sorted(everybody.ids)]
    policy = score_policy(name, everybody.table)
    columns = ["case_id", "v__score"]
    alone = district.engine.cases(policy, cases, district.covers, district.tables, columns)
    scores = {row["case_id"]: row["v__score"] for row in alone.to_pylist()}
    assert len(everybody.ids) > 2_500 and everybody.gone > 50
    assert np.array_equal(everybody.points.sum(axis=1), everybody.total)
    assert scores == dict(zip(everybody.ids, everybody.total.tolist(), strict=True))
    for index, feature in enumerate(everybody.table.features):
        by_enterprise = (everybody.values, everybody.known, everybody.points)
        of_feature = (column[:, index].tolist() for column in by_enterprise)
        for number, known, points in set(zip(*of_feature, strict=True)):
            expected = points_at(feature, number) if known else feature.unknown
            assert points == expected, (feature.id, number)


def test_ranges_make_no_difference(
    street: Dataset, tiny: str, listed: Ranking, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scored two at a time the list is the same."""
    monkeypatch.setattr(module, "AT_ONCE", 2)
    assert list(listed.rows()) == list(ranking(tiny, street, DAY).rows())


def test_the_list_is_of_its_day(street: Dataset, tiny: str) -> None:
    """Before the second visit e1 has one of one, which were no finding; e4 was never seen."""
    points = {row.enterprise_id: row.points for row in ranking(tiny, street, ago(100)).rows()}
    assert (10 + 0 + 0 + 12, 9 + 5) == (points["e1"], points["e4"])


def test_probability_is_the_calibrated_one(listed: Ranking) -> None:
    """Twenty points double the odds; slope and intercept of the calibration follow."""
    log_odds = -3.0 + 51 * math.log(2) / 20
    by_hand = 1 / (1 + math.exp(0.1 - 0.9 * log_odds))
    assert math.isclose(by_hand, next(listed.rows(1)).probability, rel_tol=1e-12)
    assert (0.0, 1.0) == (listed.table.probability(-(10**6)), listed.table.probability(10**6))


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", ("first 4 of 5", "Not listed", "+18.0")),
        ("zh", ("5 户中的前 4 户", "未列入", "+18.0")),
    ],
)
def test_text_fits_a_hundred_columns(listed: Ranking, lang: Lang, said: tuple[str, ...]) -> None:
    """The list and its notes fit the terminal in either language, names only with ``named``."""
    console = Console(width=100, file=StringIO())
    for named in (True, False):
        with console.capture() as captured:
            console.print(ranking_list(listed, 4, named, lang))
        text = captured.get()
        assert [] == [word for word in said if word not in text]
        assert (named, True) == ("=cmd" in text, max(map(cell_len, text.splitlines())) <= 100)


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_holds_everybody_and_no_formula(listed: Ranking, tmp_path: Path) -> None:
    """The whole list with BOM; no name runs as a formula; names only with ``named``."""
    write_ranking(listed, tmp_path / "list.csv", "en", named=True)
    assert (tmp_path / "list.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    rows = _read(tmp_path / "list.csv")
    assert ["e3", "e1", "e2", "e6", "e4"] == [row["enterprise_id"] for row in rows]
    second = rows[1]
    assert ("'=cmd", "area: 40% (+8.6)") == (second["name"], second["reason_1"])
    assert ("2026-06-30", f"tiny@{listed.table.sha256[:12]}") == (second["as_of"], second["model"])
    write_ranking(listed, tmp_path / "hidden.csv", "zh", named=False)
    hidden = _read(tmp_path / "hidden.csv")
    assert (5, "area：40%（+8.6）") == (len(hidden), hidden[1]["reason_1"])
    assert "name" not in hidden[0]


def test_cautions_about_drift_and_old_rates(street: Dataset, tmp_path: Path) -> None:
    """A model that should be trained anew says so, and so do rates of peers older than a year."""
    # A model that is to be trained anew still ranks, with a caution.
    (caution,) = ranking(table_file(tmp_path, "retrain"), street, DAY).cautions()
    assert "Drift of tiny. Verdict: retrain, since 2026-04." == caution["en"]
    (caution,) = ranking(table_file(tmp_path, looked_up_on="2025-06-29"), street, DAY).cautions()
    assert "366 days old" in caution["en"] and "已有 366 天" in caution["zh"]
    assert [] == ranking(table_file(tmp_path, looked_up_on="2025-06-30"), street, DAY).cautions()


def test_gain_is_told_where_there_was_a_holdout(listed: Ranking, street: Dataset, tmp_path: Path) -> None:
    """What the first tenth of the frozen list found; nothing without a holdout."""
    frozen = {"gain": {"5": 0.1, "10": 0.234}}
    metrics = {"holdout": {"window": ["2026-04-01", "2026-06-30"], "frozen": frozen}}
    expected = ranking(table_file(tmp_path, metrics=metrics), street, DAY).expected()
    assert expected is not None and "23%" in expected["en"] and "23%" in expected["zh"]
    assert listed.expected() is None


@pytest.mark.parametrize(
    ("verdict", "as_of", "said"),
    [
        (None, DAY, "nobody has measured the drift of tiny"),
        ("ok", date(2026, 12, 20), "are of 2026-06-15, 188 days ago, and 184 are allowed"),
        ("cannot_tell", DAY, "since 2026-04: there are too few findings"),
        ("retrain", date(2027, 3, 1), "Verdict: retrain"),
    ],
    ids=["never measured", "too old", "few findings", "an alarm does not fade"],
)
def test_what_nobody_can_tell_is_said(
    street: Dataset, tmp_path: Path, verdict: str | None, as_of: date, said: str
) -> None:
    """A list by a model of which nothing is known says so and why; an alarm stays however old it is."""
    (caution,) = ranking(table_file(tmp_path, verdict), street, as_of).cautions()
    assert said in caution["en"] and caution["zh"]


def test_a_table_from_before_the_gate_says_so(street: Dataset, tmp_path: Path) -> None:
    """A table that no gate has judged is used with a word of caution."""
    (caution,) = ranking(table_file(tmp_path, metrics={"gate": None}), street, DAY).cautions()
    never = caution["en"]
    assert "without the gate" in never


def _useless(data: Dataset, folder: Path) -> Ranking:
    return ranking(table_file(folder, "do_not_use"), data, DAY)


def _draft(data: Dataset, folder: Path) -> Ranking:
    gate = {**TABLE["metrics"]["gate"], "findings": 12}
    return ranking(table_file(folder, metrics={"gate": gate}), data, DAY)


def _edited(data: Dataset, folder: Path) -> Ranking:
    path = Path(table_file(folder))
    table = json.loads(path.read_text(encoding="utf-8"))
    table["features"][0]["bins"][1]["points"] = 11
    path.write_text(json.dumps(table), encoding="utf-8")
    return ranking(str(path), data, DAY)


def _absent(data: Dataset, folder: Path) -> Ranking:
    return ranking("nobody", data, DAY)


def _before_any_record(data: Dataset, folder: Path) -> Ranking:
    return ranking(table_file(folder), data, date(2019, 1, 1))


def _uncovered(data: Dataset, folder: Path) -> Ranking:
    return ranking(table_file(folder), replace(data, covers=frozenset({"inspection"})), DAY)


@pytest.mark.parametrize(
    ("refused", "kind", "said"),
    [
        (_useless, ModelError, "no better than drawing lots"),
        (_draft, ModelError, "is a draft: the holdout has 12 findings"),
        (_edited, ModelError, "does not match its sha256"),
        (_absent, ModelError, "cannot read the points table"),
        (_before_any_record, InputError, f"{ago(365)} to {ago(10)}, e.g. --as-of"),
        (_uncovered, InputError, "do not cover administrative_penalty"),
    ],
)
def test_what_cannot_be_ranked_is_a_sentence(
    street: Dataset,
    tmp_path: Path,
    refused: Callable[[Dataset, Path], Ranking],
    kind: type[SiseError],
    said: str,
) -> None:
    """A model that is not to be used, or facts that give no order, are refused in zh and en."""
    with pytest.raises(kind) as caught:
        refused(street, tmp_path)
    assert (True, True) == (said in caught.value.en, "例如" in caught.value.zh)


def test_nobody_left_is_refused(tmp_path: Path, tiny: str) -> None:
    """Where all are gone there is nobody to visit, whatever is on record."""
    gone = [{**who, "status": "revoked"} for who in STREET]
    with DuckEngine() as engine, pytest.raises(InputError, match="none of 0 enterprises"):
        ranking(tiny, sourced(World(engine, tmp_path).holds(gone, [penalty("e1", "p1")])), DAY)


def test_a_street_without_records_cannot_be_ranked(tmp_path: Path, tiny: str) -> None:
    """Enterprises alone give no order, and the refusal names no span of days that is not there."""
    with DuckEngine() as engine:
        empty = sourced(World(engine, tmp_path).holds(STREET, []))
        with pytest.raises(InputError, match="no dated record at all") as refused:
            ranking(tiny, empty, DAY)
    assert "—" not in refused.value.zh


def test_each_reason_has_its_records(listed: Ranking, street: Dataset) -> None:
    """Those that its feature counts on the day, the newest first; a rate of peers rests on those of others."""
    behind = records_behind(listed.table, street, listed.ids, DAY)
    shown = replace(listed, behind=behind)
    for ranked in shown.rows():
        own = {fact["record_id"]: fact for fact in FACTS if fact["enterprise_id"] == ranked.enterprise_id}
        for reason in ranked.reasons:
            records = shown.records(ranked, reason)
            assert {record.record_id for record in records} <= own.keys()
            assert sorted((record.dated_on for record in records), reverse=True) == [
                record.dated_on for record in records
            ]
            if reason.feature == "penalties":
                assert reason.number == len(records)
                assert {record.kind for record in records} == {"administrative_penalty"}
            if reason.feature == "area":
                assert not records
    said = shown.as_dict(1, named=False)["rows"][0]["reasons"]
    assert len(said[0]["records"]) == said[0]["number"]
    console = Console(width=100, file=StringIO())
    with console.capture() as captured:
        console.print(ranking_list(shown, 4, False, "en"))
    text = captured.get()
    first = shown.records(next(shown.rows()), next(shown.rows()).reasons[0])[0]
    assert first.record_id in text and f"{first.dated_on}" in text
