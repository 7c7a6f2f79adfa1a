"""Histories over a district: each day as if scored alone, changes that add up, and pictures."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.administration.results.search import EnterpriseSearch
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

SVG = "{http://www.w3.org/2000/svg}"


def drawn(past: History, lang: Any) -> tuple[ElementTree.Element, list[str]]:
    """The picture and its texts."""
    # S314 is about pictures of others: this one is ours.
    root = ElementTree.fromstring(history_svg(past, "甲<乙&丙", lang, HUES))  # noqa: S314
    return root, [element.text or "" for element in root.iter(f"{SVG}text")]


@pytest.fixture(scope="module")
def stored(scored_store: str) -> CurrentResults:
    """The small synthetic district."""
    return open_results(scored_store)


@pytest.fixture(scope="module")
def assessor(results_folder: Path, stored: CurrentResults, busy: list[str]) -> Iterator[Assessor]:
    """One that assesses the same district from files."""
    covers = frozenset(json.loads((results_folder / "run.json").read_text(encoding="utf-8"))["covers"])
    with DuckEngine() as engine:
        enterprises, records = (results_folder / f"{name}.parquet" for name in ("enterprises", "records"))
        files = engine.files(Clustered(enterprises, records, covers))
        # Held in memory: a hundred days are asked one by one, and files would be opened for each.
        yield Assessor(engine, stored.version, covers, engine.memory(files, busy))


@pytest.fixture(scope="module")
def busy(stored: CurrentResults) -> list[str]:
    """One enterprise of each colour and one without, each with many records."""
    ids = []
    for colour in ("blue", "green", "yellow", "red", "none"):
        scores = stored.find(EnterpriseSearch(colour=colour), limit=30)[1]
        ids.append(max(scores, key=lambda score: score.n_records).enterprise_id)
    return ids


def test_each_day_as_if_alone(stored: CurrentResults, assessor: Assessor, busy: list[str]) -> None:
    """Days of three years and every change equal that day assessed alone under the version of that day.

    Every 97th day is assessed by the batch, every change and every end of a stretch as a case of its own.
    """
    register = read_register(POLICIES / "quzhou-demo")
    version_of = cache(lambda first_day: load_policy(f"quzhou-demo@{first_day}", None))
    for enterprise_id in busy:
        history = stored.history(enterprise_id)
        batch_days = {stored.as_of - timedelta(days=back) for back in range(0, 1095, 97)}
        edges = {change.day for change in history.changes} | {stretch.end for stretch in history.stretches}
        for day in sorted(batch_days | edges):
            version = version_of(register.at(day).valid_from)
            alone = Assessor(assessor.engine, version, assessor.covers, assessor.tables)
            score_of_day = _by_batch if day in batch_days else _as_case
            score = score_of_day(alone, enterprise_id, day)
            if score is None:
                assert all(day < stretch.start for stretch in history.stretches)
                continue
            stretch = next(known for known in history.stretches if known.start <= day <= known.end)
            same = {"n_records": 0, "reasons": (), "coverage": 0}
            limits = {"caps": stretch.score.caps, "vetoes": stretch.score.vetoes}
            assert replace(stretch.score, as_of=day, **same) == replace(score, **same, **limits)
            assert version.rules_sha256 == stretch.version.rules_sha256


def _by_batch(assessor: Assessor, enterprise_id: str, day: date) -> Score | None:
    try:
        return assessor.one(enterprise_id, day)[0]
    except UnknownEnterpriseError:
        return None


def _as_case(assessor: Assessor, enterprise_id: str, day: date) -> Score | None:
    return next(iter(assessor.scores([enterprise_id], [day])), None)


def test_changes_add_up(stored: CurrentResults, busy: list[str]) -> None:
    """The points of indicators add up to each change, which has a cause; the last day is the batch's."""
    changes = 0
    for enterprise_id in busy:
        past = stored.history(enterprise_id)
        assert past.stretches[-1].score.points == stored.score(enterprise_id).points
        for before, after in pairwise(past.stretches):
            assert before.end + timedelta(days=1) == after.start
        for change in past.changes:
            changes += 1
            assert change.events, (enterprise_id, change.day)
            if change.before.points is not None and change.after.points is not None:
                moved = sum(move.points for move in change.points)
                assert change.after.points - change.before.points == moved
    assert 20 < changes


def test_the_version_that_changed_is_told(stored: CurrentResults, busy: list[str]) -> None:
    """On the first day of a new version every history says so, with both versions."""
    for enterprise_id in busy:
        past = stored.history(enterprise_id)
        change = next(change for change in past.changes if change.day == date(2026, 4, 1))
        assert "policy" == change.events[0].kind
        described = describe_changes(replace(past, changes=(change,)))[0]
        line = sentence(described["events"][0], "en")
        assert "policy version changed from 2023-05-01 to 2026-04-01" == line


def test_unknown_enterprise(stored: CurrentResults) -> None:
    """An id that is not in the results is refused as everywhere."""
    with pytest.raises(UnknownEnterpriseError):
        stored.history("nobody")


def test_a_withheld_record_is_not_named(stored: CurrentResults, busy: list[str]) -> None:
    """Without a grant of records an event says that a record moved the result, and not which."""
    past = stored.history(busy[3])
    named, withheld = describe_changes(past), describe_changes(past, records=False)
    assert [change["number"] for change in named] == list(range(len(past.changes), 0, -1))
    events = chain.from_iterable(change["events"] for change in named)
    ids = {event["record"]["id"] for event in events if event["record"]}
    assert ids
    assert [] == [record_id for record_id in ids if record_id in str(withheld)]


def test_chart_of_the_district(stored: CurrentResults, busy: list[str]) -> None:
    """Every kind of enterprise is drawn in the frame, the same twice; nothing known is said in words."""
    for enterprise_id in busy:
        past = stored.history(enterprise_id)
        root, _ = drawn(past, "zh")
        assert history_svg(past, "x", "zh", HUES) == history_svg(past, "x", "zh", HUES)
        boxes = [rect.attrib for rect in root.iter(f"{SVG}rect") if "x" in rect.attrib]
        assert max(float(box["x"]) + float(box["width"]) for box in boxes) <= 960
    _, texts = drawn(History("e1", (), ()), "en")
    assert [True] == [text.startswith("No day in this span can be assessed") for text in texts]
