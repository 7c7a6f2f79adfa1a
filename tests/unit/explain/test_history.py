"""Points and colour over time: each day as if it were scored alone, and each change by what really moved it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from worlds import (
    DAY,
    Row,
    World,
    ago,
    enterprise,
    indicator,
    make_policy,
    per_unit,
    record,
    rule,
    version_of,
)

from scoring.administration.results.current import CurrentResults
from scoring.administration.results.reader import open_results
from scoring.assess.assessor import Assessor
from scoring.engine.duckdb import Clustered, DuckEngine
from scoring.errors import UnknownEnterpriseError
from scoring.explain.history.chart import history_svg
from scoring.explain.history.day_change import Change
from scoring.explain.history.events import describe_changes, sentence
from scoring.explain.history.timeline import History, history
from scoring.explain.words.marks import HUES
from scoring.policy.language.schema import Policy
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy
from scoring.policy.spans import Span, spans

START = ago(60)
PENALTY: Row = {
    "kind": "administrative_penalty",
    "procedure": "ordinary",
    "severity": "general",
    "final_on": ago(400),
}
COUNTED = indicator("penalties", kind="administrative_penalty", bins=per_unit(0, -30, -60), window_days=40)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world that a test fills by ``holds``."""
    with DuckEngine() as engine:
        yield World(engine, tmp_path)


def told_of(world: World, policy: Policy, start: date = START) -> History:
    """The history of ``e1`` under one policy up to ``DAY``."""
    version = version_of(policy)

    def assessor(of: ResolvedPolicy) -> Assessor:
        return Assessor(world.engine, of, world.covers, world.tables)

    return history([Span(version, start, DAY)], assessor, "e1")


def days(found: History) -> list[tuple[date, int | None, str | None]]:
    """First day, points and band of each stretch."""
    return [(s.start, s.score.points, s.score.band) for s in found.stretches]


def kinds(change: Change) -> list[tuple[str, str | None]]:
    """Events of a change as (kind, record)."""
    return [(e.kind, e.record["record_id"] if e.record else None) for e in change.events]


def test_a_record_comes_and_goes(world: World) -> None:
    """A penalty counts from the day it is known, and stops when its window has passed."""
    world.holds([enterprise()], [record(age=50, **{**PENALTY, "known_on": ago(45)})])
    found = told_of(world, make_policy(COUNTED))
    assert [(START, 100, "B"), (ago(45), 70, "C"), (ago(10), 100, "B")] == days(found)
    assert [[("known", "r1")], [("lapsed", "r1")]] == [kinds(change) for change in found.changes]


CASES: dict[str, tuple[list[Row], date, tuple[str, str]]] = {
    "window": ([record(age=50, **PENALTY)], ago(10), ("lapsed", "r1")),
    "restored": ([record(age=30, restored_on=ago(5), **PENALTY)], ago(5), ("restored", "r1")),
    "withdrawn": ([record(age=30, withdrawn_on=ago(6), **PENALTY)], ago(6), ("withdrawn", "r1")),
    "expired": ([record(age=30, publish_until=ago(8), **PENALTY)], ago(7), ("expired", "r1")),
    "final": ([record(age=30, **{**PENALTY, "final_on": ago(12)})], ago(12), ("final", "r1")),
    "contested": (
        [
            record(age=30, known_until=ago(9), **PENALTY),
            record(age=30, **{**PENALTY, "known_on": ago(9), "contest": "lawsuit"}),
        ],
        ago(9),
        ("contested", "r1"),
    ),
    "settled": (
        [
            record(age=30, known_until=ago(9), contest="review", **PENALTY),
            record(age=30, contest="upheld", known_on=ago(9), **PENALTY),
        ],
        ago(9),
        ("settled", "r1"),
    ),
    "ended": (
        [
            record(age=30, known_until=ago(9), **PENALTY),
            record(age=30, **{**PENALTY, "known_on": ago(9), "procedure": "summary"}),
        ],
        ago(9),
        ("ended", "r1"),
    ),
    "corrected": (
        [
            record(age=30, known_until=ago(9), **PENALTY),
            record(age=30, **{**PENALTY, "known_on": ago(9), "kind": "honour"}),
        ],
        ago(9),
        ("corrected", "r1"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_way_of_beginning_and_ending(world: World, case: str) -> None:
    """A record that begins or stops to count is named on that very day with the word for what became of it."""
    records, day, expected = CASES[case]
    world.holds([enterprise()], records)
    policy = make_policy(COUNTED, finality="zhejiang-11")
    change = next(c for c in told_of(world, policy).changes if c.day == day)
    assert [expected] == kinds(change)
    assert [("penalties", change.after.points - change.before.points)] == list(change.points)  # type: ignore[operator]


def test_time_alone(world: World) -> None:
    """Where only time passes, the change is told with the record that the time is counted from."""
    policy = make_policy(
        indicator("since", aggregate="days_since", bins=[{"upto": 30, "points": -10}, {"points": 0}])
    )
    world.holds([enterprise()], [record(age=45)])
    found = told_of(world, policy)
    assert [(ago(14), [("time", "r1")])] == [(c.day, kinds(c)) for c in found.changes if c.day != ago(45)]


def test_a_weight_that_falls(world: World) -> None:
    """A record that weighs less with age is told as such."""
    policy = make_policy(
        indicator(
            "x",
            aggregate="weighted_count",
            age_weights=[[20, 100], [60, 50]],
            bins=[{"upto": 0, "points": 0}, {"upto": 50, "points": -5}, {"points": -10}],
        )
    )
    world.holds([enterprise()], [record(age=30)])
    assert [[("known", "r1")], [("aged", "r1")]] == [kinds(c) for c in told_of(world, policy).changes]


def test_a_denominator_moves_a_share(world: World) -> None:
    """A clean visit moves the share of bad ones: it is named, though it is not among the bad ones."""
    share = indicator(
        "share",
        kind="inspection",
        select={"result": ["problem"]},
        among={"kind": ["inspection"]},
        aggregate="share",
        bins=[{"upto": 5000, "points": 0}, {"points": -20}],
    )
    visits = [
        record(record_id=f"r{n}", age=age, kind="inspection", result=result)
        for n, (age, result) in enumerate([(50, "problem"), (30, "no_problem")])
    ]
    world.holds([enterprise()], visits)
    last = told_of(world, make_policy(share)).changes[-1]
    assert (ago(30), [("known", "r1")], (("share", 20),)) == (last.day, kinds(last), last.points)


def test_the_register_and_a_cap(world: World) -> None:
    """A gate on the enterprise itself is told as a change of its entry; a cap that begins to hold is named."""
    policy = make_policy(
        COUNTED,
        gates=[rule("gone", all=[{"enterprise": "status", "in": ["revoked"]}])],
        caps=[rule("low", all=[{"indicator": "penalties", "at_least": 1}], band="D")],
    )
    entries = [enterprise(known_until=ago(3)), enterprise(known_on=ago(3), status="revoked")]
    world.holds(entries, [record(age=30, **PENALTY)])
    capped, gone = told_of(world, policy).changes
    assert (("cap", "low", True),) == capped.rules
    assert ((("gate", "gone", True), ("cap", "low", False)), [("enterprise", None)]) == (
        gone.rules,
        kinds(gone),
    )
    assert (None, None) == (gone.after.points, gone.after.band)


def test_what_is_known_later_moves_no_earlier_day(world: World) -> None:
    """A record dated long ago and known today leaves every day before as it was."""
    world.holds([enterprise()], [record("e1", "r0", age=50, **PENALTY)])
    before = days(told_of(world, make_policy(COUNTED)))
    world.holds(
        [enterprise()],
        [record("e1", "r0", age=50, **PENALTY), record("e1", "r1", age=35, **{**PENALTY, "known_on": DAY})],
    )
    after = told_of(world, make_policy(COUNTED))
    assert before == days(after)[:-1]
    assert (DAY, 70, "C") == days(after)[-1]


def test_days_before_the_enterprise_was_known(world: World) -> None:
    """Days on which the enterprise was not known have no result, and an unknown enterprise has no history."""
    world.holds([enterprise(known_on=ago(7))], [])
    assert [(ago(7), 100, "B")] == days(told_of(world, make_policy(COUNTED)))
    world.holds([], [])
    assert History("e1", (), ()) == told_of(world, make_policy(COUNTED))


@pytest.fixture(scope="module")
def stored(scored_store: str) -> CurrentResults:
    """The small synthetic district."""
    return open_results(scored_store)


@pytest.fixture(scope="module")
def assessor(results_folder: Path, stored: CurrentResults) -> Iterator[Assessor]:
    """One that assesses the same district from files."""
    covers = frozenset(json.loads((results_folder / "run.json").read_text(encoding="utf-8"))["covers"])
    with DuckEngine() as engine:
        tables = engine.files(
            Clustered(results_folder / "enterprises.parquet", results_folder / "records.parquet", covers)
        )
        yield Assessor(engine, stored.version, covers, tables)


@pytest.fixture(scope="module")
def busy(stored: CurrentResults) -> list[str]:
    """One enterprise of each colour and one without, each with many records."""
    found = [stored.find("", colour, limit=30)[1] for colour in ("blue", "green", "yellow", "red", "none")]
    return [max(scores, key=lambda s: s.n_records).enterprise_id for scores in found]


def test_each_day_as_if_alone(stored: CurrentResults, assessor: Assessor, busy: list[str]) -> None:
    """Every seventh day and every change of three years equals that day assessed alone under the version of that day."""
    end = stored.as_of
    for enterprise_id in busy:
        found = stored.history(enterprise_id)
        some = (
            {end - timedelta(days=n) for n in range(0, 1095, 97)}
            | {c.day for c in found.changes}
            | {s.end for s in found.stretches}
        )
        for day in sorted(some):
            version = load_policy("quzhou-demo", day)
            try:
                score, _ = Assessor(assessor.engine, version, assessor.covers, assessor.tables).one(
                    enterprise_id, day
                )
            except UnknownEnterpriseError:
                assert all(day < s.start for s in found.stretches)
                continue
            stretch = next(s for s in found.stretches if s.start <= day <= s.end)
            assert replace(stretch.score, as_of=day, n_records=0, reasons=(), coverage=0) == replace(
                score,
                n_records=0,
                reasons=(),
                coverage=0,
                caps=stretch.score.caps,
                vetoes=stretch.score.vetoes,
            )
            assert version.sha256 == stretch.version.sha256


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
        line = sentence(describe_changes(replace(stored.history(enterprise_id), changes=(change,)))[0]["events"][0], "en")
        assert "policy version changed from 2023-05-01 to 2026-04-01" == line


def test_spans_of_versions() -> None:
    """Days before the first version are left out; a pinned or private version stands alone from its first day."""
    new, old = load_policy("quzhou-demo@2026-04-01", None), load_policy("quzhou-demo@2023-05-01", None)
    shown = [(s.version.policy.version, s.start, s.end) for s in spans(new, date(2023, 1, 1), DAY)]
    assert [
        ("2023-05-01", date(2023, 5, 1), date(2026, 3, 31)),
        ("2026-04-01", date(2026, 4, 1), DAY),
    ] == shown
    assert [Span(old, date(2025, 1, 1), DAY)] == spans(old, date(2025, 1, 1), DAY)
    private = version_of(make_policy())
    assert [Span(private, date(2026, 1, 1), DAY)] == spans(private, date(2025, 1, 1), DAY)
    assert [] == spans(private, date(2025, 1, 1), date(2025, 2, 1))


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


def drawn(found: History, lang: Any) -> tuple[ElementTree.Element, list[str]]:
    """The picture and its texts."""
    root = ElementTree.fromstring(history_svg(found, "甲<乙&丙", lang, HUES))  # noqa: S314 — our own picture
    return root, [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", {"绿码", "黄码", "颜色"}), ("en", {"Green", "Yellow", "colour"})]
)
def test_chart(world: World, lang: Any, words: set[str]) -> None:
    """The chart is well-formed, has a title, a description and the words of its colours, numbers its changes, and runs nothing."""
    world.holds([enterprise()], [record(age=30, **PENALTY)])
    found = told_of(world, make_policy(COUNTED))
    root, texts = drawn(found, lang)
    assert words <= set(texts)
    assert {str(n) for n in range(1, len(found.changes) + 1)} <= set(texts)
    assert "甲<乙&丙" in (root.findtext("{http://www.w3.org/2000/svg}title") or "")
    assert str(DAY) in (root.findtext("{http://www.w3.org/2000/svg}desc") or "")
    assert not {"script", "style"} & {element.tag.rpartition("}")[2] for element in root.iter()}
    assert not [
        name for element in root.iter() for name in element.attrib if name == "style" or name.startswith("on")
    ]


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


@pytest.mark.parametrize("end", [{"restored_on": ago(5)}, {"withdrawn_on": ago(5)}, {}])
def test_records_whose_showing_ended_are_not_named(world: World, end: Row) -> None:
    """A record restored or withdrawn since moved the past, but its number and id are shown no more; others are named."""
    world.holds([enterprise()], [record(record_id="r1", age=30, document_no="虚罚1号", **PENALTY, **end)])
    found = describe_changes(told_of(world, make_policy(COUNTED)))
    assert found
    named = str(found)
    assert [not end, not end] == ["r1" in named, "虚罚1号" in named]
    assert bool(end) == ("since restored" in named)
