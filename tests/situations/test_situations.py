"""What the law and the policy say about an enterprise on a day, situation by situation, through the one path from records to reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from situations import DEFAULT_POLICY, Case, read_cases

from scoring.assess.assessor import Assessed, Assessor
from scoring.assess.scorer import Scorer
from scoring.engine.decision import OUTSIDE_SCHEME
from scoring.engine.results import HYSTERESIS
from scoring.engine.snapshot import NOT_KNOWN, SAME_ACT, days, exclusion_rules, with_dates
from scoring.entities import CODED_COLUMNS, RECORD_COLUMNS, Explanation, Outlook
from scoring.errors import InputError
from scoring.explain.build import explain
from scoring.explain.outlook.look_ahead import look_ahead
from scoring.policy.language.schema import Policy
from scoring.policy.law.applied import load_law
from scoring.policy.law.retention import limits, read_instrument, retention_ids
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy

HERE = Path(__file__).resolve().parent
CASES = read_cases(sorted(HERE.glob("*.toml")))
POLICIES = sorted({case.policy for case in CASES})
FIRST_DAY = date(2023, 5, 1)
"""The first day on which a policy that rests on zhejiang-11 is in force."""
NEVER_FIRST = "samr45_any"
"""The one rule of use that can never be the first to drop a record, see the test."""
RULES = {"caps": ("cap", "hysteresis"), "vetoes": ("veto",)}
Group = tuple[str, frozenset[str] | None]


class SituationRunner:
    """Assesses cases.

    Those of one policy and one coverage come through one intake, opened when the first of them is
    heard.
    """

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._open: dict[Group, Assessor] = {}

    def assess(self, case: Case) -> tuple[Assessor, Assessed]:
        """The enterprise of a case on its day."""
        group = (case.policy, case.covers)
        if group not in self._open:
            assessor = self._stack.enter_context(_opened(group))
            ids = [case.enterprise_id for case in CASES if (case.policy, case.covers) == group]
            held = assessor.engine.memory(
                assessor.tables, ids
            )  # plans for few rows, as the pages do: a third of the time
            self._open[group] = Assessor(assessor.engine, assessor.version, assessor.covers, held)
        return self._open[group], self._open[group].full(case.enterprise_id, case.on)


def _opened(group: Group) -> AbstractContextManager[Assessor]:
    cases = [case for case in CASES if (case.policy, case.covers) == group]
    version = load_policy(group[0], min(case.on for case in cases))
    enterprises = pd.DataFrame([row for case in cases for row in case.enterprises()])
    records = pd.DataFrame([row for case in cases for row in case.records()])
    prior = pd.DataFrame(
        [
            {"enterprise_id": c.enterprise_id, "band": _band(version, c.situation["prior"])}
            for c in cases
            if "prior" in c.situation
        ],
        columns=["enterprise_id", "band"],
    )
    day = max(case.on for case in cases)
    scorer = Scorer(version, day, prior=prior if len(prior) else None, covers=group[1])
    return scorer.open(enterprises, records)


def _band(version: ResolvedPolicy, colour: str) -> str:
    return next(band.id for band in version.policy.bands if band.colour == colour)


@pytest.fixture(scope="module")
def runner() -> Iterator[SituationRunner]:
    """One runner for all cases, with few intakes."""
    with ExitStack() as stack:
        yield SituationRunner(stack)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_situation(case: Case, runner: SituationRunner) -> None:
    """Colour, reasons with points, rules, and what does not count are what the articles say, all of them and no others."""
    assessor, assessed = runner.assess(case)
    asked = {"forecast", "path"} & case.expect.keys()
    ahead = look_ahead(assessor, assessed) if asked else None
    explanation = explain(assessed, assessor.version, ahead)
    assert expected(case, assessor.version.policy) == found(case, assessed, explanation)


def test_there_are_many() -> None:
    """There are at least eighty situations, each with a title of its own."""
    titles = {case.situation["title"]["en"] for case in CASES}
    assert 80 <= len(titles) == len({(case.id.partition("-")[0], case.situation["id"]) for case in CASES})


def test_every_exclusion_occurs() -> None:
    """Every rule by which the snapshot can drop a record drops one in some situation."""
    law = load_law("zhejiang-11")
    types = {"text": "string", "date": "date", "int": "int64"}
    columns = {
        name: "int32" if name in CODED_COLUMNS else types[kind] for name, kind in RECORD_COLUMNS.items()
    }
    records = with_dates(ibis.table({**columns, **dict.fromkeys(days(law), "date")}, name="records"))
    known = {rule.code for rule in exclusion_rules(records, law)} | {SAME_ACT}
    occurring = {
        rule
        for case in CASES
        for rules in case.expect.get("excluded", {}).values()
        for rule in _listed(rules)
    }
    assert {NEVER_FIRST} == known - occurring
    assert set() == occurring - known


def test_one_exclusion_never_comes_first() -> None:
    """SAMR Order 45's three years cannot be what drops a penalty.

    An NDRC order with three years of its own is always asked first.
    """
    law = load_law("zhejiang-11")
    order = list(limits(law.instruments, FIRST_DAY))
    assert order.index("ndrc58_penalty") < order.index("ndrc36_any") < order.index(NEVER_FIRST)
    for n in range(3_000):
        oldest = limits(law.instruments, FIRST_DAY + timedelta(days=n))
        assert oldest[NEVER_FIRST] == max(oldest["ndrc58_penalty"], oldest["ndrc36_any"])


def test_every_rule_of_the_policy_occurs() -> None:
    """Every gate, cap and veto of the policy in force from April 2026 holds in some situation, hysteresis and the scheme's limits too."""
    policy = load_policy(DEFAULT_POLICY, None).policy
    expects = [case.expect for case in CASES if case.policy == DEFAULT_POLICY]
    assert {OUTSIDE_SCHEME} | {rule.id for rule in policy.gates} == {
        e["not_rated"] for e in expects if "not_rated" in e
    }
    assert {HYSTERESIS} | {rule.id for rule in policy.caps} == {
        rule for e in expects for rule in e.get("caps", [])
    }
    assert {rule.id for rule in policy.vetoes} == {rule for e in expects for rule in e.get("vetoes", [])}
    scored = {reason for e in expects for reason in e.get("reasons", {})}
    assert {i.id for i in policy.indicators if any(b.points for b in i.bins)} <= scored


def test_every_ground_is_known() -> None:
    """What a situation rests on is cited by the rules, or is a line of citations.txt, or is a part of the policy."""
    rules = [version.policy.legal for version in map(load_policy, POLICIES, [None] * len(POLICIES))]
    cited = {
        f"{law.document} {law.article}"
        for laws in (*rules, load_law("zhejiang-11").finality.legal)
        for law in laws
    }
    for found in map(read_instrument, retention_ids()):
        cited |= {
            f"{found.legal.document} {article}"
            for article in (found.legal.article, *(rule.article for rule in found.use))
        }
    cited |= set((HERE / "citations.txt").read_text(encoding="utf-8").splitlines())
    policy = load_policy(DEFAULT_POLICY, None).policy
    rule_ids = {rule.id for rule in (*policy.gates, *policy.caps, *policy.vetoes)}
    parts = {indicator.id for indicator in policy.indicators} | rule_ids | set(type(policy).model_fields)
    cited |= {f"{policy.id} {part}" for part in parts}
    assert [] == sorted(
        {
            f"{case.id}: {ground}"
            for case in CASES
            for ground in case.situation["ground"]
            if ground not in cited
        }
    )


def test_the_readme_shows_a_situation(tmp_path: Path) -> None:
    """The example of the README is read, and says what the situation of its name says."""
    path = tmp_path / "restoration.toml"
    path.write_text(
        (HERE / "README.md").read_text(encoding="utf-8").split("```toml\n")[1].split("```")[0],
        encoding="utf-8",
    )
    heard = {case.id: case for case in CASES}
    shown = read_cases([path])
    assert ["restoration-restored-2026-08-09", "restoration-restored-2026-08-10"] == [
        case.id for case in shown
    ]
    assert all(
        case.expect == heard[case.id].expect and list(case.records()) == list(heard[case.id].records())
        for case in shown
    )


GOOD = """[[situation]]
id = "one"
title = { zh = "一", en = "one" }
ground = ["x"]
records = [{ id = "r", kind = "honour", decided_on = 2026-05-06 }]
expect = [{ on = 2026-05-20, colour = "green" }]
"""


@pytest.mark.parametrize(
    ("good", "bad", "place", "word"),
    [
        ("[[situation]]", "[[situations]]", "bad.toml", "situations"),
        ("ground", "grounds", "bad.toml, one", "grounds"),
        ('ground = ["x"]', "", "bad.toml, one", "ground"),
        ("decided_on", "decided", "bad.toml, one, records, r", "decided"),
        ("honour", "honor", "bad.toml, one, records, r", "honour"),
        ("colour", "color", "bad.toml, one, expect 2026-05-20", "color"),
        ("green", "gren", "bad.toml, one, expect 2026-05-20", "gren"),
        (', colour = "green"', "", "bad.toml, one, expect 2026-05-20", "not_rated"),
        ("on = 2026-05-20", 'on = "2026-05-20"', "bad.toml, one, expect 2026-05-20", "without quotes"),
        ('en = "one"', 'en = ""', "bad.toml, one", "title lacks en"),
        ('id = "r",', 'id = "r", of = "branch",', "bad.toml, one, records, r", "branch = {}"),
        ("ground", 'prior = "A"\nground', "bad.toml, one", "prior"),
        ("[[situation]]", "[[situation]", "bad.toml", "TOML"),
        (
            "2026-05-20, colour",
            '2026-05-20, colour = "green" }, { on = 2026-05-20, colour',
            "bad-one-2026-05-20",
            "twice",
        ),
    ],
)
def test_a_slip_is_named(good: str, bad: str, place: str, word: str, tmp_path: Path) -> None:
    """A misspelt key or code, or something left out, is refused with file, situation and key, and with an example, in both languages."""
    path = tmp_path / "bad.toml"
    path.write_text(GOOD, encoding="utf-8")
    assert ["bad-one-2026-05-20"] == [case.id for case in read_cases([path])]
    path.write_text(GOOD.replace(good, bad, 1), encoding="utf-8")
    with pytest.raises(InputError) as refused:
        read_cases([path])
    assert (place, True) == (refused.value.place, word in refused.value.en)
    assert "例如" in refused.value.zh
    assert "e.g." in refused.value.en


def expected(case: Case, policy: Policy) -> dict[str, Any]:
    """What is expected, with what is expected where nothing is said."""
    expect = case.expect
    rated = "colour" in expect
    standard = {"clean_visits": 10} if case.visited and rated else {}
    reasons = {name: points for name, points in (standard | expect.get("reasons", {})).items() if points}
    told: dict[str, Any] = {key: expect[key] for key in ("coverage", "forecast", "path") if key in expect}
    return {
        "colour": expect.get("colour"),
        "not_rated": expect.get("not_rated"),
        "points": policy.scale.base + sum(reasons.values()) if rated else None,
        "reasons": reasons,
        "caps": sorted(expect.get("caps", [])),
        "vetoes": sorted(expect.get("vetoes", [])),
        "excluded": {name: sorted(_listed(rules)) for name, rules in expect.get("excluded", {}).items()},
        **told,
    }


def found(case: Case, assessed: Assessed, explanation: Explanation) -> dict[str, Any]:
    """What came of it, in the same words."""
    score, outlook = explanation.score, explanation.outlook
    rules = {
        kind: sorted(rule.id for rule in explanation.rules if rule.kind in kinds)
        for kind, kinds in RULES.items()
    }
    excluded = [(str(evidence.record_id), rule) for evidence, rule in explanation.excluded]
    excluded += [
        (str(record["record_id"]), NOT_KNOWN)
        for record in assessed.records
        if record["excluded"] == NOT_KNOWN
    ]
    by_id: dict[str, list[str]] = {}
    for record_id, rule in sorted(excluded):
        by_id.setdefault(case.plain(record_id), []).append(rule)
    told: dict[str, Any] = {"coverage": score.coverage} if "coverage" in case.expect else {}
    if outlook and "forecast" in case.expect:
        told["forecast"] = _turns(case, explanation, outlook)
    if outlook and "path" in case.expect:
        told["path"] = _steps(case, outlook)
    return {
        "colour": score.colour and str(score.colour),
        "not_rated": score.status_reason,
        "points": score.points,
        "reasons": {c.indicator_id: c.points for c in explanation.contributions},
        **rules,
        "excluded": by_id,
        **told,
    }


def _listed(rules: str | list[str]) -> list[str]:
    return [rules] if isinstance(rules, str) else rules


def _turns(case: Case, explanation: Explanation, outlook: Outlook) -> dict[str, str]:
    """Changes of colour by day, up to the last day that the case names."""
    colours: Mapping[str | None, str] = {band.id: str(band.colour) for band in explanation.bands}
    last = max(map(date.fromisoformat, case.expect["forecast"]))
    turns = [turn for turn in outlook.turns if turn.before.band != turn.after.band and turn.on <= last]
    return {str(turn.on): colours.get(turn.after.band, "not_rated") for turn in turns}


def _steps(case: Case, outlook: Outlook) -> list[str]:
    """The steps of the path to a better grade, as ``restore penalty 2026-05-18``."""
    steps = outlook.path.steps if outlook.path else ()
    return [
        " ".join(
            filter(None, (step.kind, case.plain(step.record_id) if step.record_id else "", str(step.on)))
        )
        for step in steps
    ]
