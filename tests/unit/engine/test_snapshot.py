"""What counts on a day.

Each exclusion rule at its boundary, as traced and as counted in a batch.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import chain

import pytest
from worlds import Row, World, enterprise, indicator, make_policy, record, version_of

DAY = date(2026, 11, 13)
BEFORE, AFTER = DAY - timedelta(days=1), DAY + timedelta(days=1)
LONG_AGO = date(2025, 3, 3)
PENALTY = {
    "kind": "administrative_penalty",
    "procedure": "ordinary",
    "severity": "serious",
    "decided_on": LONG_AGO,
    "known_on": LONG_AGO,
}
FINAL = {**PENALTY, "final_on": LONG_AGO}
SMALL = {
    **FINAL,
    "decided_on": DAY - timedelta(days=30),
    "procedure": None,
    "severity": "minor",
    "amount_fen": 300_000,
    "publish_until": AFTER,
}
POLICY = make_policy(
    indicator("honours"), indicator("penalties", kind="administrative_penalty"), finality="zhejiang-11"
)

CASES: dict[str, tuple[Row, str | None]] = {
    "known before": ({"known_on": BEFORE}, None),
    "known that day": ({"known_on": DAY}, None),
    "known after": ({"known_on": AFTER}, "not_known"),
    "superseded before": ({"known_until": BEFORE}, "superseded"),
    "superseded that day": ({"known_until": DAY}, "superseded"),
    "superseded after": ({"known_until": AFTER}, None),
    "no date": ({"decided_on": None}, "no_date"),
    "only occurred": ({"decided_on": None, "occurred_on": DAY}, None),
    "decided goes before occurred": ({"decided_on": DAY, "occurred_on": AFTER}, None),
    "known on no day": ({"known_on": None}, "no_date"),
    "age 0": ({"decided_on": DAY}, None),
    "age -1": ({"decided_on": AFTER, "known_on": BEFORE}, "not_yet"),
    "withdrawn before": ({"withdrawn_on": BEFORE}, "withdrawn"),
    "withdrawn that day": ({"withdrawn_on": DAY}, "withdrawn"),
    "withdrawn after": ({"withdrawn_on": AFTER}, None),
    "restored before": ({"restored_on": BEFORE}, "restored"),
    "restored that day": ({"restored_on": DAY}, "restored"),
    "restored after": ({"restored_on": AFTER}, None),
    "shown until the day before": ({"publish_until": BEFORE}, "expired"),
    "shown until that day": ({"publish_until": DAY}, None),
    "shown until the day after": ({"publish_until": AFTER}, None),
    "contest none": ({**FINAL, "contest": "none"}, None),
    "contest unknown": ({**FINAL, "contest": "unknown"}, None),
    "contest upheld": ({**FINAL, "contest": "upheld"}, None),
    "contest review": ({**FINAL, "contest": "review"}, "contested"),
    "contest lawsuit": ({**FINAL, "contest": "lawsuit"}, "contested"),
    "contest altered": ({**FINAL, "contest": "altered"}, "contested"),
    "contest annulled": ({**FINAL, "contest": "annulled"}, "annulled"),
    "an inspection under review": ({"contest": "review"}, "contested"),
    "ordinary": (FINAL, None),
    "ordinary and small": ({**SMALL, "procedure": "ordinary"}, None),
    "summary": ({**FINAL, "procedure": "summary"}, "summary"),
    "unknown procedure, 3,000 yuan": (SMALL, "summary"),
    "unknown procedure, 3,000.01 yuan": ({**SMALL, "amount_fen": 300_001}, None),
    "procedure said to be unknown": ({**SMALL, "procedure": "unknown"}, "summary"),
    "unknown procedure, warning only": ({**SMALL, "amount_fen": None}, "summary"),
    "unknown procedure, small though general": ({**SMALL, "severity": "general"}, "summary"),
    "unknown procedure, small, gravity unknown": (
        {**SMALL, "severity": None, "info_class": "general"},
        "summary",
    ),
    "unknown procedure, nothing known but its class": (
        {**SMALL, "severity": None, "amount_fen": None, "info_class": "general"},
        None,
    ),
    "minor, not said to be published": ({**SMALL, "publish_until": None}, "minor_unpublished"),
    "minor, not said to be published, summary": (
        {**SMALL, "publish_until": None, "procedure": "summary"},
        "minor_unpublished",
    ),
    "minor, not said to be published, contested": (
        {**SMALL, "publish_until": None, "contest": "review"},
        "contested",
    ),
    "minor by its class, not said to be published": (
        {**FINAL, "decided_on": DAY, "known_on": DAY, "info_class": "minor"},
        "minor_unpublished",
    ),
    "minor, general by its class": (
        {**FINAL, "severity": "minor", "info_class": "general", "decided_on": DAY, "known_on": DAY},
        None,
    ),
    "of unknown class": ({**FINAL, "severity": None}, "unclassed"),
    "of unknown gravity, classed": ({**FINAL, "severity": None, "info_class": "serious"}, None),
    "of unknown class though published": ({**FINAL, "severity": None, "publish_until": AFTER}, "unclassed"),
    "unpublished and unclassed are about penalties": ({"severity": "minor"}, None),
    "summary is for penalties": ({"procedure": "summary"}, None),
    "final before": ({**PENALTY, "final_on": BEFORE}, None),
    "final that day": ({**PENALTY, "final_on": DAY}, None),
    "final after": ({**PENALTY, "final_on": AFTER}, "not_final"),
    "its own date goes before presumption": (
        {**PENALTY, "served_on": LONG_AGO, "final_on": AFTER},
        "not_final",
    ),
    "presumed from service": ({**PENALTY, "served_on": date(2026, 5, 12)}, None),
    "served a day later": ({**PENALTY, "served_on": date(2026, 5, 13)}, "not_final"),
    "presumed from decision": ({**PENALTY, "decided_on": date(2026, 5, 12)}, None),
    "decided a day later": ({**PENALTY, "decided_on": date(2026, 5, 13)}, "not_final"),
    "service goes before decision": (
        {**PENALTY, "decided_on": LONG_AGO, "served_on": date(2026, 5, 13)},
        "not_final",
    ),
    "no period runs from the deed": ({**PENALTY, "decided_on": None, "occurred_on": LONG_AGO}, "not_final"),
    "presumed though unknown whether contested": ({**PENALTY, "contest": "unknown"}, None),
    "finality is for penalties": ({"decided_on": DAY}, None),
}

GRADED: list[tuple[str | None, str, str | None, Row]] = [
    ("minor", "2026-08-13", None, {"publish_until": AFTER}),
    ("minor", "2026-08-12", "ndrc36_minor", {}),
    ("general", "2025-11-13", None, {}),
    ("general", "2025-11-12", "ndrc36_general", {}),
    ("serious", "2023-11-13", None, {}),
    ("serious", "2023-11-12", "ndrc36_any", {}),
    (None, "2023-11-13", "unclassed", {}),
    (None, "2023-11-12", "ndrc36_any", {}),
    ("serious", "2025-11-11", "ndrc36_general", {"info_class": "general"}),
    ("general", "2025-11-11", None, {"info_class": "serious"}),
    ("minor", "2026-08-11", "ndrc36_minor", {"field": "food"}),
]
"""Severity and day of a decision, the rule that drops it, and what else it has."""
for _severity, _day, _rule, _more in GRADED:
    _facts = {**FINAL, "severity": _severity, "decided_on": date.fromisoformat(_day), **_more}
    CASES[f"{_severity} decided on {_day}"] = (_facts, _rule)

PRECEDENCE: list[tuple[str, Row]] = [
    ("not_known", {"known_on": AFTER}),
    ("superseded", {"known_until": DAY}),
    ("no_date", {"decided_on": None}),
    ("withdrawn", {"withdrawn_on": DAY}),
    ("restored", {"restored_on": DAY}),
    ("expired", {"publish_until": BEFORE}),
    ("ndrc36_any", {"decided_on": date(2020, 1, 1)}),
    ("contested", {"contest": "review"}),
    ("unclassed", {"severity": None}),
    ("summary", {"procedure": "summary"}),
    ("not_final", {"final_on": AFTER}),
]


@pytest.fixture(scope="module")
def full(engine, tmp_path_factory) -> World:
    """One enterprise for each case, with that case's record."""
    world = World(engine, tmp_path_factory.mktemp("snapshot"))
    enterprises, records = [], []
    for number, (changes, _) in enumerate(CASES.values()):
        name = f"e{number:02}"
        enterprises.append(enterprise(name))
        records.append(record(name, f"r-{name}", age=30, day=DAY, **changes))
    return world.holds(enterprises, records)


@pytest.mark.parametrize("number", range(len(CASES)), ids=list(CASES))
def test_rule_at_its_boundary(full: World, number: int) -> None:
    """The trace names the rule that dropped the record, or none."""
    expected = list(CASES.values())[number][1]
    assert [expected] == [row["excluded"] for row in full.traced(POLICY, f"e{number:02}", DAY)]


def test_batch_counts_what_the_trace_counts(full: World) -> None:
    """A batch counts a record exactly where the trace names no rule."""
    expected = {f"e{number:02}": int(code is None) for number, (_, code) in enumerate(CASES.values())}
    assert expected == {name: row["n_records"] for name, row in full.scores(POLICY, DAY).items()}


def test_batch_counts_exclusions(full: World) -> None:
    """The counts of a run are those of the traces, by rule."""
    expected = Counter(code for _, code in CASES.values() if code)
    assert expected == Counter(full.engine.exclusions(version_of(POLICY), DAY, full.tables))


def test_weight_is_of_counted_records_only(full: World) -> None:
    """A dropped record weighs nothing in any indicator, a counted one a whole."""
    rows = chain.from_iterable(full.traced(POLICY, f"e{number:02}", DAY) for number in range(4))
    weights = [(row["weights"].get("honours", 0), row["weights"].get("penalties", 0)) for row in rows]
    assert [(100, 0), (100, 0), (0, 0), (0, 0)] == weights


@pytest.mark.parametrize("first", range(len(PRECEDENCE)), ids=[code for code, _ in PRECEDENCE])
def test_precedence(world: World, first: int) -> None:
    """Of several reasons the first in the published order is named."""
    faults: Row = {}
    for _, change in reversed(PRECEDENCE[first:]):
        faults |= change
    world.holds([enterprise()], [record(**{**PENALTY, **faults})])
    assert [PRECEDENCE[first][0]] == [row["excluded"] for row in world.traced(POLICY, day=DAY)]


@pytest.mark.parametrize(
    ("served", "as_of", "expected"),
    [
        (date(2026, 5, 12), date(2026, 11, 12), "not_final"),
        (date(2026, 5, 12), date(2026, 11, 13), None),
        # The last day falls on National Day and moves to the 8th.
        (date(2026, 4, 1), date(2026, 10, 8), "not_final"),
        (date(2026, 4, 1), date(2026, 10, 9), None),
    ],
)
def test_presumed_finality(world: World, served: date, as_of: date, expected: str | None) -> None:
    """The last day of the period does not count yet, the day after does."""
    world.holds([enterprise()], [record(**{**PENALTY, "served_on": served})])
    assert [expected] == [row["excluded"] for row in world.traced(POLICY, day=as_of)]


def test_known_late_ages_from_its_date(world: World) -> None:
    """A record known late counts from then on, and is as old as its date says."""
    world.holds([enterprise()], [record(decided_on=date(2026, 1, 1), known_on=DAY)])
    assert [(None, 316)] == [(row["excluded"], row["age"]) for row in world.traced(POLICY, day=DAY)]


def test_versions_take_turns(world: World) -> None:
    """On every day one version of a record counts.

    The old until the day before the new one is known.
    """
    old = record(severity="minor", known_on=date(2026, 10, 1), known_until=DAY, decided_on=LONG_AGO)
    new = record(severity="general", known_on=DAY, decided_on=LONG_AGO)
    world.holds([enterprise()], [old, new])
    expected = {
        date(2026, 9, 30): ["not_known", "not_known"],
        BEFORE: [None, "not_known"],
        DAY: ["superseded", None],
    }
    for day, rules in expected.items():
        assert rules == [row["excluded"] for row in world.traced(POLICY, day=day)]


def test_enterprise_versions_take_turns(world: World) -> None:
    """An enterprise is scored by the version in force, once, and not before it is known."""
    versions = [
        enterprise(name="old", known_on=date(2026, 10, 1), known_until=DAY),
        enterprise(name="new", known_on=DAY),
    ]
    world.holds(versions, [])
    for day, names in ((date(2026, 9, 30), []), (BEFORE, ["old"]), (DAY, ["new"])):
        assert names == [row["name"] for row in world.scores(POLICY, day).values()]


def test_profile_decides(world: World) -> None:
    """Without finality a fresh summary penalty counts at once, and one under review still does not."""
    fresh = {**PENALTY, "decided_on": DAY, "known_on": DAY, "procedure": "summary"}
    under_review = record(record_id="r2", **fresh, contest="review")
    world.holds([enterprise()], [record(record_id="r1", **fresh), under_review])
    assert [None, "contested"] == [
        row["excluded"] for row in world.traced(make_policy(finality="at-once"), day=DAY)
    ]


@pytest.mark.parametrize(
    ("kind", "field", "decided", "as_of", "rule"),
    [
        # Order 58: three years; Order 36: three months.
        ("administrative_penalty", "transport", "2025-12-01", "2026-03-31", None),
        ("administrative_penalty", "transport", "2025-12-01", "2026-04-01", "ndrc36_minor"),
        # SAMR Order 45: three months, to the day.
        ("administrative_penalty", "food", "2025-12-31", "2026-03-31", None),
        ("administrative_penalty", "food", "2025-12-30", "2026-03-31", "samr45_minor"),
        ("administrative_penalty", "transport", "2023-03-31", "2026-03-31", None),
        ("administrative_penalty", "transport", "2023-03-30", "2026-03-31", "ndrc58_penalty"),
        # Before Order 58: five years of Zhejiang.
        ("administrative_penalty", "transport", "2020-01-01", "2023-04-30", None),
        ("administrative_penalty", "transport", "2018-04-29", "2023-04-30", "zhejiang_five_years"),
        ("serious_violation_listing", "market", "2023-11-13", "2026-11-13", None),
        ("serious_violation_listing", "market", "2023-11-12", "2026-11-13", "samr44_listing"),
        ("wage_arrears_listing", "labour", "2023-11-12", "2026-11-13", "mohrss45_listing"),
        ("work_safety_listing", "work_safety", "2023-11-12", "2026-11-13", "mem11_listing"),
        ("judgment_default", "credit", "2024-11-13", "2026-11-13", None),
        ("judgment_default", "credit", "2024-11-12", "2026-11-13", "spc_default_listing"),
        ("criminal_judgment", "credit", "2021-11-13", "2026-11-13", None),
        ("criminal_judgment", "credit", "2021-11-12", "2026-11-13", "zhejiang_five_years"),
        # 29 February ends on the 28th.
        ("accident", "work_safety", "2024-02-29", "2029-02-28", None),
        ("accident", "work_safety", "2024-02-29", "2029-03-01", "zhejiang_five_years"),
    ],
)
def test_law_in_force_on_the_day_decides_use(
    world: World, kind: str, field: str, decided: str, as_of: str, rule: str | None
) -> None:
    """A record counts to the last day that the law in force on ``as_of`` gives, and not on the next."""
    dated = date.fromisoformat(decided)
    facts = {
        "kind": kind,
        "field": field,
        "severity": "minor",
        "procedure": "ordinary",
        "final_on": dated,
        "decided_on": dated,
        "publish_until": date(2030, 1, 1),
    }
    world.holds([enterprise()], [record(**facts, known_on=dated)])
    traced = world.traced(POLICY, day=date.fromisoformat(as_of))
    assert [rule] == [row["excluded"] for row in traced]


@pytest.mark.parametrize(
    ("kind", "result", "rule"),
    [
        ("complaint", "substantiated", None),
        ("complaint", "unsubstantiated", "unsubstantiated"),
        ("complaint", "pending", "unsubstantiated"),
        ("complaint", None, "unsubstantiated"),
        ("commitment", "broken", None),
        ("commitment", "kept", "promise_kept"),
        ("commitment", "pending", "promise_kept"),
        ("inspection", None, None),
    ],
)
def test_what_never_scores(world: World, kind: str, result: str | None, rule: str | None) -> None:
    """A complaint scores only once substantiated, a promise only once broken; others do not ask."""
    world.holds([enterprise()], [record(kind=kind, result=result)])
    assert [rule] == [row["excluded"] for row in world.traced(POLICY)]
