"""Histories over a district: each day as if it were scored alone, changes that add up, pictures of all kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from worlds import (
    Row,
    ago,
    indicator,
    per_unit,
)

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.assess.assessor import Assessor
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.entities import Score
from scoring.errors import UnknownEnterpriseError
from scoring.explain.history.chart import history_svg
from scoring.explain.history.events import describe_changes, sentence
from scoring.explain.history.timeline import History
from scoring.explain.words.marks import HUES
from scoring.policy.law.register import read_register
from scoring.policy.load import load_policy
from scoring.rules import POLICIES

START = ago(60)
PENALTY: Row = {
    "kind": "administrative_penalty",
    "procedure": "ordinary",
    "severity": "general",
    "final_on": ago(400),
}
COUNTED = indicator("penalties", kind="administrative_penalty", bins=per_unit(0, -30, -60), window_days=40)


def drawn(found: History, lang: Any) -> tuple[ElementTree.Element, list[str]]:
    """The picture and its texts."""
    root = ElementTree.fromstring(history_svg(found, "甲<乙&丙", lang, HUES))  # noqa: S314 — our own picture
    return root, [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.fixture(scope="module")
def stored(scored_store: str) -> CurrentResults:
    """The small synthetic district."""
    return open_results(scored_store)


@pytest.fixture(scope="module")
def assessor(results_folder: Path, stored: CurrentResults, busy: list[str]) -> Iterator[Assessor]:
    """One that assesses the same district from files."""
    covers = frozenset(json.loads((results_folder / "run.json").read_text(encoding="utf-8"))["covers"])
    with DuckEngine() as engine:
        files = engine.files(
            Clustered(results_folder / "enterprises.parquet", results_folder / "records.parquet", covers)
        )
        # held in memory: a hundred days are asked one by one, and files would be opened for each
        yield Assessor(engine, stored.version, covers, engine.memory(files, busy))


@pytest.fixture(scope="module")
def busy(stored: CurrentResults) -> list[str]:
    """One enterprise of each colour and one without, each with many records."""
    found = [stored.find("", colour, limit=30)[1] for colour in ("blue", "green", "yellow", "red", "none")]
    return [max(scores, key=lambda s: s.n_records).enterprise_id for scores in found]


def test_each_day_as_if_alone(stored: CurrentResults, assessor: Assessor, busy: list[str]) -> None:
    """Days of three years and every change equal that day assessed alone under the version of that day.

    Every 97th day is assessed by the batch, every change and every end of a stretch as a case of its own.
    """
    register = read_register(POLICIES / "quzhou-demo")
    version_of = cache(lambda first_day: load_policy(f"quzhou-demo@{first_day}", None))
    for enterprise_id in busy:
        history = stored.history(enterprise_id)
        batch_days = {stored.as_of - timedelta(days=n) for n in range(0, 1095, 97)}
        edges = {change.day for change in history.changes} | {stretch.end for stretch in history.stretches}
        for day in sorted(batch_days | edges):
            version = version_of(register.at(day).valid_from)
            alone = Assessor(assessor.engine, version, assessor.covers, assessor.tables)
            score = (
                _by_batch(alone, enterprise_id, day)
                if day in batch_days
                else _as_case(alone, enterprise_id, day)
            )
            if score is None:
                assert all(day < stretch.start for stretch in history.stretches)
                continue
            stretch = next(s for s in history.stretches if s.start <= day <= s.end)
            same = {"n_records": 0, "reasons": (), "coverage": 0}
            limits = {"caps": stretch.score.caps, "vetoes": stretch.score.vetoes}
            assert replace(stretch.score, as_of=day, **same) == replace(score, **same, **limits)
            assert version.sha256 == stretch.version.sha256


def _by_batch(assessor: Assessor, enterprise_id: str, day: date) -> Score | None:
    try:
        return assessor.one(enterprise_id, day)[0]
    except UnknownEnterpriseError:
        return None


def _as_case(assessor: Assessor, enterprise_id: str, day: date) -> Score | None:
    return next(iter(assessor.scores([enterprise_id], [day])), None)


def test_changes_add_up(stored: CurrentResults, busy: list[str]) -> None:
    """Within a version the points of the indicators add up to the change, every change has a cause, and the last day is the batch's."""
    n = 0
    for enterprise_id in busy:
        found = stored.history(enterprise_id)
        assert found.stretches[-1].score.points == stored.score(enterprise_id).points
        assert all(
            a.end + timedelta(days=1) == b.start
            for a, b in zip(found.stretches, found.stretches[1:], strict=False)
        )
        for change in found.changes:
            n += 1
            assert change.events, (enterprise_id, change.day)
            if change.before.points is not None and change.after.points is not None:
                assert change.after.points - change.before.points == sum(
                    points for _, points in change.points
                )
    assert 20 < n


def test_the_version_that_changed_is_told(stored: CurrentResults, busy: list[str]) -> None:
    """On the first day of a new version every history says so, with both versions."""
    for enterprise_id in busy:
        change = next(c for c in stored.history(enterprise_id).changes if c.day == date(2026, 4, 1))
        assert "policy" == change.events[0].kind
        line = sentence(
            describe_changes(replace(stored.history(enterprise_id), changes=(change,)))[0]["events"][0], "en"
        )
        assert "policy version changed from 2023-05-01 to 2026-04-01" == line


def test_unknown_enterprise(stored: CurrentResults) -> None:
    """An id that is not in the results is refused as everywhere."""
    with pytest.raises(UnknownEnterpriseError):
        stored.history("nobody")


def test_a_withheld_record_is_not_named(stored: CurrentResults, busy: list[str]) -> None:
    """Without a grant of records an event says that a record moved the result, and not which."""
    found = stored.history(busy[3])
    named, withheld = describe_changes(found), describe_changes(found, records=False)
    assert [c["number"] for c in named] == list(range(len(found.changes), 0, -1))
    ids = {e["record"]["id"] for c in named for e in c["events"] if e["record"]}
    assert ids
    assert [] == [i for i in ids if i in str(withheld)]


def test_chart_of_the_district(stored: CurrentResults, busy: list[str]) -> None:
    """Every kind of enterprise can be drawn, in the frame, the same bytes twice; nothing known is said in words."""
    for enterprise_id in busy:
        found = stored.history(enterprise_id)
        root, _ = drawn(found, "zh")
        assert history_svg(found, "x", "zh", HUES) == history_svg(found, "x", "zh", HUES)
        boxes = [e.attrib for e in root.iter("{http://www.w3.org/2000/svg}rect") if "x" in e.attrib]
        assert max(float(box["x"]) + float(box["width"]) for box in boxes) <= 960
    _, texts = drawn(History("e1", (), ()), "en")
    assert [
        "No day in this span can be assessed: it lies before the first version, or the enterprise was not known"
    ] == texts
