"""What the law and the policy say about an enterprise on a day, situation by situation.

Each goes the one path from records to reasons.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from datetime import date, timedelta
from itertools import chain
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
BESIDES = ("coverage", "forecast", "path")
"""What a situation may say besides; what it does not say is not compared."""
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
            ids = [case.enterprise_id for case in _cases_of(group)]
            # Plans for few rows, as the pages do: a third of the time.
            in_memory = assessor.engine.memory(assessor.tables, ids)
            self._open[group] = Assessor(assessor.engine, assessor.version, assessor.covers, in_memory)
        return self._open[group], self._open[group].full(case.enterprise_id, case.on)


def _cases_of(group: Group) -> list[Case]:
    return [case for case in CASES if (case.policy, case.covers) == group]


def _opened(group: Group) -> AbstractContextManager[Assessor]:
    cases = _cases_of(group)
    days_of_cases = [case.on for case in cases]
    version = load_policy(group[0], min(days_of_cases))
    enterprises = pd.DataFrame(chain.from_iterable(case.enterprises() for case in cases))
    records = pd.DataFrame(chain.from_iterable(case.records() for case in cases))
    bands = {
        case.enterprise_id: _band(version, case.situation["prior"])
        for case in cases
        if "prior" in case.situation
    }
    prior = pd.DataFrame(bands.items(), columns=["enterprise_id", "band"]) if bands else None
    scorer = Scorer(version, max(days_of_cases), prior=prior, covers=group[1])
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
    """Colour, reasons with points, rules and what does not count are what the articles say."""
    assessor, assessed = runner.assess(case)
    looks_ahead = {"forecast", "path"} & case.expect.keys()
    ahead = look_ahead(assessor, assessed) if looks_ahead else None
    explanation = explain(assessed, assessor.version, ahead)
    assert expected(case, assessor.version.policy) == outcome(case, assessed, explanation)


def test_there_are_many() -> None:
    """There are at least eighty situations, each with a title of its own."""
    titles = {case.situation["title"]["en"] for case in CASES}
    situations = {(case.id.partition("-")[0], case.situation["id"]) for case in CASES}
    assert 80 <= len(titles) == len(situations)


def test_every_exclusion_occurs() -> None:
    """Every rule by which the snapshot can drop a record drops one in some situation."""
    law = load_law("zhejiang-11")
    types = {"text": "string", "date": "date", "int": "int64"}
    columns = dict.fromkeys(days(law), "date")
    for column, kind in RECORD_COLUMNS.items():
        columns[column] = "int32" if column in CODED_COLUMNS else types[kind]
    records = with_dates(ibis.table(columns, name="records"))
    known = {rule.code for rule in exclusion_rules(records, law)} | {SAME_ACT}
    occurring: set[str] = set()
    for case in CASES:
        for rules in case.expect.get("excluded", {}).values():
            occurring.update(_listed(rules))
    assert {NEVER_FIRST} == known - occurring
    assert set() == occurring - known


def test_one_exclusion_never_comes_first() -> None:
    """SAMR Order 45's three years cannot be what drops a penalty.

    An NDRC order with three years of its own is always asked first.
    """
    law = load_law("zhejiang-11")
    order = list(limits(law.instruments, FIRST_DAY))
    assert order.index("ndrc58_penalty") < order.index("ndrc36_any") < order.index(NEVER_FIRST)
    for later in range(3_000):
        oldest = limits(law.instruments, FIRST_DAY + timedelta(days=later))
        assert oldest[NEVER_FIRST] == max(oldest["ndrc58_penalty"], oldest["ndrc36_any"])


def test_every_rule_of_the_policy_occurs() -> None:
    """Every rule of the policy in force from April 2026 holds in some situation, hysteresis too."""
    policy = load_policy(DEFAULT_POLICY, None).policy
    expects = [case.expect for case in CASES if case.policy == DEFAULT_POLICY]
    gates = {expect["not_rated"] for expect in expects if "not_rated" in expect}
    assert {OUTSIDE_SCHEME} | {rule.id for rule in policy.gates} == gates
    caps = chain.from_iterable(expect.get("caps", []) for expect in expects)
    assert {HYSTERESIS} | {rule.id for rule in policy.caps} == set(caps)
    vetoes = chain.from_iterable(expect.get("vetoes", []) for expect in expects)
    assert {rule.id for rule in policy.vetoes} == set(vetoes)
    scored = set(chain.from_iterable(expect.get("reasons", {}) for expect in expects))
    for indicator in policy.indicators:
        assert indicator.id in scored or not any(step.points for step in indicator.bins)


def test_every_ground_is_known() -> None:
    """What a situation rests on is cited by the rules, in citations.txt, or a part of the policy."""
    laws = [*load_law("zhejiang-11").finality.legal]
    for policy_id in POLICIES:
        laws += load_policy(policy_id, None).policy.legal
    cited = {f"{law.document} {law.article}" for law in laws}
    for instrument in map(read_instrument, retention_ids()):
        articles = (instrument.legal.article, *(rule.article for rule in instrument.use))
        cited |= {f"{instrument.legal.document} {article}" for article in articles}
    cited |= set((HERE / "citations.txt").read_text(encoding="utf-8").splitlines())
    policy = load_policy(DEFAULT_POLICY, None).policy
    parts = {rule.id for rule in (*policy.gates, *policy.caps, *policy.vetoes)}
    parts |= {indicator.id for indicator in policy.indicators} | set(type(policy).model_fields)
    cited |= {f"{policy.id} {part}" for part in parts}
    for case in CASES:
        assert set() == set(case.situation["ground"]) - cited, case.id


def test_the_readme_shows_a_situation(tmp_path: Path) -> None:
    """The example of the README is read, and says what the situation of its name says."""
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    path = tmp_path / "restoration.toml"
    path.write_text(readme.split("```toml\n")[1].split("```")[0], encoding="utf-8")
    by_id = {case.id: case for case in CASES}
    shown = read_cases([path])
    ids = [case.id for case in shown]
    assert ["restoration-restored-2026-08-09", "restoration-restored-2026-08-10"] == ids
    for case in shown:
        same = by_id[case.id]
        assert (same.expect, list(same.records())) == (case.expect, list(case.records()))


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
    """A misspelt or missing key or code is refused with its place and an example, in both languages."""
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
    reasons = standard | expect.get("reasons", {})
    reasons = {name: points for name, points in reasons.items() if points}
    excluded = expect.get("excluded", {})
    besides: dict[str, Any] = {key: expect[key] for key in BESIDES if key in expect}
    return {
        "colour": expect.get("colour"),
        "not_rated": expect.get("not_rated"),
        "points": policy.scale.base + sum(reasons.values()) if rated else None,
        "reasons": reasons,
        "caps": sorted(expect.get("caps", [])),
        "vetoes": sorted(expect.get("vetoes", [])),
        "excluded": {name: sorted(_listed(rules)) for name, rules in excluded.items()},
        **besides,
    }


def outcome(case: Case, assessed: Assessed, explanation: Explanation) -> dict[str, Any]:
    """What came of it, in the same words."""
    score, outlook = explanation.score, explanation.outlook
    besides: dict[str, Any] = {"coverage": score.coverage} if "coverage" in case.expect else {}
    if outlook and "forecast" in case.expect:
        besides["forecast"] = _turns(case, explanation, outlook)
    if outlook and "path" in case.expect:
        besides["path"] = _steps(case, outlook)
    return {
        "colour": score.colour and str(score.colour),
        "not_rated": score.status_reason,
        "points": score.points,
        "reasons": {given.indicator_id: given.points for given in explanation.contributions},
        "caps": sorted(rule.id for rule in explanation.rules if rule.kind in ("cap", "hysteresis")),
        "vetoes": sorted(rule.id for rule in explanation.rules if rule.kind == "veto"),
        "excluded": _excluded(case, assessed, explanation),
        **besides,
    }


def _excluded(case: Case, assessed: Assessed, explanation: Explanation) -> dict[str, list[str]]:
    """The rules that dropped the versions of each record, what is known only later included."""
    excluded = [(str(evidence.record_id), rule) for evidence, rule in explanation.excluded]
    later = [record for record in assessed.records if record["excluded"] == NOT_KNOWN]
    excluded += [(str(record["record_id"]), NOT_KNOWN) for record in later]
    by_id: dict[str, list[str]] = {}
    for record_id, rule in sorted(excluded):
        by_id.setdefault(case.plain(record_id), []).append(rule)
    return by_id


def _listed(rules: str | list[str]) -> list[str]:
    return [rules] if isinstance(rules, str) else rules


def _turns(case: Case, explanation: Explanation, outlook: Outlook) -> dict[str, str]:
    """Changes of colour by day, up to the last day that the case names."""
    colours: Mapping[str | None, str] = {band.id: str(band.colour) for band in explanation.bands}
    last = max(map(date.fromisoformat, case.expect["forecast"]))
    turns = [turn for turn in outlook.turns if turn.before.band != turn.after.band]
    return {str(turn.on): colours.get(turn.after.band, "not_rated") for turn in turns if turn.on <= last}


def _steps(case: Case, outlook: Outlook) -> list[str]:
    """The steps of the path to a better grade, as ``restore penalty 2026-05-18``."""
    steps = []
    for step in outlook.path.steps if outlook.path else ():
        record = case.plain(step.record_id) if step.record_id else ""
        steps.append(" ".join(filter(None, (step.kind, record, str(step.on)))))
    return steps
