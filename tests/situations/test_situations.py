"""What the law and the policy say about an enterprise on a day, situation by situation.

Each goes the one path from records to reasons.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date, timedelta
from itertools import chain
from pathlib import Path

import ibis
import pytest

from scoring.analysis.situations.situation_case import SituationCase
from scoring.analysis.situations.situation_file import read_cases
from scoring.analysis.situations.situation_runner import SituationRunner, as_list, run_situations
from scoring.engine.decision import OUTSIDE_SCHEME
from scoring.engine.matters import SAME_MATTER
from scoring.engine.related import CONTAINED, MATTER_DISPUTED, MATTER_ENDED, REPLACED, SAME_FINDING
from scoring.engine.results import HYSTERESIS
from scoring.engine.snapshot import days, exclusion_rules, with_dates
from scoring.entities import CODED_COLUMNS, LINKED_COLUMNS, RECORD_COLUMNS
from scoring.errors import InputError
from scoring.policy.law.applied import load_law
from scoring.policy.law.retention import read_instrument, retention_ids
from scoring.policy.load import load_policy
from scoring.policy.read.instruments import instruments

HERE = Path(__file__).resolve().parent
CASES = read_cases(sorted(HERE.glob("*.toml")))
POLICIES = sorted({case.policy for case in CASES})
FIRST_DAY = date(2023, 5, 1)
"""The first day on which a policy that rests on zhejiang-11 is in force."""
NEVER_FIRST = "samr45_any"
"""The one rule of use that can never be the first to drop a record, see the test."""
DEFAULT_POLICY = "quzhou-demo@2026-04-01"
"""The policy that the files name for all of their situations."""


@pytest.fixture(scope="module")
def runner() -> Iterator[SituationRunner]:
    """One runner for all cases, with few intakes."""
    with ExitStack() as stack:
        yield SituationRunner(stack, CASES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_situation(case: SituationCase, runner: SituationRunner) -> None:
    """Colour, reasons with points, rules and what does not count are what the articles say."""
    verdict = runner.verdict(case)
    assert verdict.expected == verdict.outcome


@pytest.mark.parametrize("on", [date(2026, 5, 20), date(2026, 12, 20)])
def test_the_clean_visit(on: date) -> None:
    """What goes without saying is what the README says: one clean visit, 10 points, 860 in all, green."""
    situation = {"policy": DEFAULT_POLICY, "visit": True}
    case = SituationCase("plain", situation, {"on": on, "colour": "green", "reasons": {"clean_visits": 10}})
    (verdict,) = run_situations([case])
    assert (True, 860) == (verdict.passed, verdict.outcome["points"])


def test_there_are_many() -> None:
    """There are at least two hundred situations, each with a title of its own."""
    titles = {case.situation["title"]["en"] for case in CASES}
    situations = {(case.id.partition("-")[0], case.situation["id"]) for case in CASES}
    assert 200 <= len(titles) == len(situations)


def test_every_exclusion_occurs() -> None:
    """Every rule by which the snapshot can drop a record drops one in some situation."""
    law = load_policy(DEFAULT_POLICY, None).law
    types = {"text": "string", "date": "date", "int": "int64"}
    columns = dict.fromkeys(days(law), "date")
    for column, kind in {**RECORD_COLUMNS, **LINKED_COLUMNS}.items():
        columns[column] = "int32" if column in CODED_COLUMNS else types[kind]
    records = with_dates(ibis.table(columns, name="records"), law)
    known = {rule.code for rule in exclusion_rules(records, law)}
    known |= {CONTAINED, REPLACED, SAME_FINDING, MATTER_DISPUTED, MATTER_ENDED, SAME_MATTER}
    occurring: set[str] = set()
    for case in CASES:
        for rules in case.expect.get("excluded", {}).values():
            occurring.update(as_list(rules))
    assert {NEVER_FIRST} == known - occurring
    assert set() == occurring - known


def test_one_exclusion_never_comes_first() -> None:
    """SAMR Order 45's three years cannot be what drops a penalty.

    An NDRC order with three years of its own is always asked first.
    """
    law = load_law("zhejiang-11")
    order = list(law.limits(FIRST_DAY))
    assert order.index("ndrc58_penalty") < order.index("ndrc36_any") < order.index(NEVER_FIRST)
    for later in range(3_000):
        oldest = law.limits(FIRST_DAY + timedelta(days=later))
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


def _named(document: str, article: str | None) -> str:
    """An article, or the document alone where the article is to be checked."""
    return f"{document} {article or ''}".rstrip()


def test_every_ground_is_known() -> None:
    """What a situation rests on is cited by the rules, in citations.txt, or a part of the policy."""
    laws = [*load_law("zhejiang-11").finality.legal]
    for policy_id in POLICIES:
        laws += load_policy(policy_id, None).policy.legal
    cited = {_named(law.document, law.article) for law in laws}
    for instrument in map(read_instrument, retention_ids()):
        articles = (instrument.legal.article, *(rule.article for rule in instrument.use))
        cited |= {_named(instrument.legal.document, article) for article in articles}
    relations = load_policy(DEFAULT_POLICY, None).law.relations
    for follows in relations.succeeds if relations else ():
        cited |= {_named(instruments()[law.instrument].document, law.article) for law in follows.legal}
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


GOOD = """policy = "quzhou-demo@2026-04-01"

[[situation]]
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
        ('id = "r",', 'id = "r", of = "predecessor",', "bad.toml, one, records, r", "predecessor = {}"),
        ('id = "r"', 'id = "visit"', "bad.toml, one, records, visit", "twice"),
        ('"green"', '"green", fields = { fod = "green" }', "bad.toml, one, expect 2026-05-20", "fod"),
        ('"green"', '"green", fields = "green"', "bad.toml, one, expect 2026-05-20", "fields"),
        ("ground", "visit = 1\nground", "bad.toml, one", "visit"),
        ('policy = "quzhou-demo@2026-04-01"', "", "bad.toml, one", "--policy"),
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
