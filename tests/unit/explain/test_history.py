"""Points and colour over time, and each change by what really moved it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import chain
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

from scoring.assess.assessor import Assessor
from scoring.engine.duckdb import DuckEngine
from scoring.explain.history.chart import history_svg
from scoring.explain.history.day_change import Change
from scoring.explain.history.events import describe_changes
from scoring.explain.history.timeline import History, history
from scoring.explain.words.marks import HUES
from scoring.policy.language.schema import Policy
from scoring.policy.load import load_policy
from scoring.policy.spans import Span, spans

START = ago(60)
SVG = "{http://www.w3.org/2000/svg}"
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


def history_of(world: World, policy: Policy, start: date = START) -> History:
    """The history of ``e1`` under one policy up to ``DAY``."""
    version = version_of(policy)

    assessor = Assessor(world.engine, version, world.covers, world.tables)
    return history([Span(version, start, DAY)], lambda _version: assessor, "e1")


def days(past: History) -> list[tuple[date, int | None, str | None]]:
    """First day, points and band of each stretch."""
    return [(stretch.start, stretch.score.points, stretch.score.band) for stretch in past.stretches]


def kinds(change: Change) -> list[tuple[str, str | None]]:
    """Events of a change as (kind, record)."""
    return [(event.kind, event.record["record_id"] if event.record else None) for event in change.events]


def test_a_record_comes_and_goes(world: World) -> None:
    """A penalty counts from the day it is known, and stops when its window has passed."""
    world.holds([enterprise()], [record(age=50, **{**PENALTY, "known_on": ago(45)})])
    past = history_of(world, make_policy(COUNTED))
    assert [(START, 100, "B"), (ago(45), 70, "C"), (ago(10), 100, "B")] == days(past)
    assert [[("known", "r1")], [("lapsed", "r1")]] == [kinds(change) for change in past.changes]


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
            record(age=30, served_on=ago(300), known_until=ago(9), contest="review", **PENALTY),
            record(age=30, served_on=ago(300), contest="upheld", known_on=ago(9), **PENALTY),
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
    """A record that begins or stops to count is named on that very day, with what became of it."""
    records, day, expected = CASES[case]
    world.holds([enterprise()], records)
    policy = make_policy(COUNTED, finality="zhejiang-11")
    change = next(change for change in history_of(world, policy).changes if change.day == day)
    assert [expected] == kinds(change)
    assert change.after.points is not None and change.before.points is not None
    assert [("penalties", change.after.points - change.before.points)] == list(change.points)


def test_time_alone(world: World) -> None:
    """Where only time passes, the change is told with the record that the time is counted from."""
    bins = [{"upto": 30, "points": -10}, {"points": 0}]
    policy = make_policy(indicator("since", aggregate="days_since", bins=bins))
    world.holds([enterprise()], [record(age=45)])
    first, second = history_of(world, policy).changes
    assert (ago(45), ago(14), [("time", "r1")]) == (first.day, second.day, kinds(second))


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
    changes = history_of(world, policy).changes
    assert [[("known", "r1")], [("aged", "r1")]] == [kinds(change) for change in changes]


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
    bad = record(record_id="r0", age=50, kind="inspection", result="problem")
    clean = record(record_id="r1", age=30, kind="inspection", result="no_problem")
    world.holds([enterprise()], [bad, clean])
    last = history_of(world, make_policy(share)).changes[-1]
    assert (ago(30), [("known", "r1")], (("share", 20),)) == (last.day, kinds(last), last.points)


def test_the_register_and_a_cap(world: World) -> None:
    """A gate on the enterprise is a change of its entry; a cap that begins to hold is named."""
    policy = make_policy(
        COUNTED,
        gates=[rule("gone", all=[{"enterprise": "status", "in": ["revoked"]}])],
        caps=[rule("low", all=[{"indicator": "penalties", "at_least": 1}], band="D")],
    )
    entries = [enterprise(known_until=ago(3)), enterprise(known_on=ago(3), status="revoked")]
    world.holds(entries, [record(age=30, **PENALTY)])
    capped, gone = history_of(world, policy).changes
    assert (("cap", "low", True),) == capped.rules
    assert (("gate", "gone", True), ("cap", "low", False)) == gone.rules
    assert [("enterprise", None)] == kinds(gone)
    assert (None, None) == (gone.after.points, gone.after.band)


def test_what_is_known_later_moves_no_earlier_day(world: World) -> None:
    """A record dated long ago and known today leaves every day before as it was."""
    known = record("e1", "r0", age=50, **PENALTY)
    late = record("e1", "r1", age=35, **{**PENALTY, "known_on": DAY})
    world.holds([enterprise()], [known])
    before = days(history_of(world, make_policy(COUNTED)))
    world.holds([enterprise()], [known, late])
    after = history_of(world, make_policy(COUNTED))
    assert before == days(after)[:-1]
    assert (DAY, 70, "C") == days(after)[-1]


def test_days_before_the_enterprise_was_known(world: World) -> None:
    """Days before the enterprise was known have no result, and an unknown one has no history."""
    world.holds([enterprise(known_on=ago(7))], [])
    assert [(ago(7), 100, "B")] == days(history_of(world, make_policy(COUNTED)))
    world.holds([], [])
    assert History("e1", (), ()) == history_of(world, make_policy(COUNTED))


def test_spans_of_versions() -> None:
    """Days before the first version are left out; a pinned or private version stands alone."""
    new, old = load_policy("quzhou-demo@2026-04-01", None), load_policy("quzhou-demo@2023-05-01", None)
    in_force = spans(new, date(2023, 1, 1), DAY)
    shown = [(span.version.policy.version, span.start, span.end) for span in in_force]
    assert [
        ("2023-05-01", date(2023, 5, 1), date(2026, 3, 31)),
        ("2026-04-01", date(2026, 4, 1), DAY),
    ] == shown
    assert [Span(old, date(2025, 1, 1), DAY)] == spans(old, date(2025, 1, 1), DAY)
    private = version_of(make_policy())
    assert [Span(private, date(2026, 1, 1), DAY)] == spans(private, date(2025, 1, 1), DAY)
    assert [] == spans(private, date(2025, 1, 1), date(2025, 2, 1))


def drawn(past: History, lang: Any) -> tuple[ElementTree.Element, list[str]]:
    """The picture and its texts."""
    # S314 is about pictures of others: this one is ours.
    root = ElementTree.fromstring(history_svg(past, "甲<乙&丙", lang, HUES))  # noqa: S314
    return root, [element.text or "" for element in root.iter(f"{SVG}text")]


@pytest.mark.parametrize(
    ("lang", "words"), [("zh", {"绿码", "黄码", "颜色"}), ("en", {"Green", "Yellow", "colour"})]
)
def test_chart(world: World, lang: Any, words: set[str]) -> None:
    """The chart has a title, a description and words of colours, numbers its changes, and runs nothing."""
    world.holds([enterprise()], [record(age=30, **PENALTY)])
    past = history_of(world, make_policy(COUNTED))
    root, texts = drawn(past, lang)
    assert words <= set(texts)
    assert {str(number) for number in range(1, len(past.changes) + 1)} <= set(texts)
    assert "甲<乙&丙" in (root.findtext(f"{SVG}title") or "")
    assert str(DAY) in (root.findtext(f"{SVG}desc") or "")
    assert not {"script", "style"} & {element.tag.removeprefix(SVG) for element in root.iter()}
    attributes = set(chain.from_iterable(element.attrib for element in root.iter()))
    assert not [name for name in attributes if name == "style" or name.startswith("on")]


@pytest.mark.parametrize("end", [{"restored_on": ago(5)}, {"withdrawn_on": ago(5)}, {}])
def test_records_whose_showing_ended_are_not_named(world: World, end: Row) -> None:
    """A record restored or withdrawn since is named no more, though it moved the past; others are."""
    world.holds([enterprise()], [record(record_id="r1", age=30, document_no="虚罚1号", **PENALTY, **end)])
    described = describe_changes(history_of(world, make_policy(COUNTED)))
    assert described
    named = str(described)
    assert [not end, not end] == ["r1" in named, "虚罚1号" in named]
    assert bool(end) == ("since restored" in named)
