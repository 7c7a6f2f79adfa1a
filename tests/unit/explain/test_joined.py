"""What an explanation says of how records stand to each other: for itself and for officers, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from linking import linked_together
from worlds import DAY, World, ago, enterprise, indicator, make_policy, per_unit, version_of

from scoring.assess.assessor import Assessor
from scoring.cli import show
from scoring.cli.show.terminal import Terminal
from scoring.engine.duckdb import DuckEngine
from scoring.entities import RECORD_COLUMNS, Explanation
from scoring.explain.build import explain
from scoring.explain.present import as_dict, withheld
from scoring.policy.law.relations import load_relations

RELATIONS = load_relations("enforcement-2026")
OPEN = indicator(
    "open",
    kind="inspection",
    select={"result": ["problem"], "state": ["open"]},
    direction="adverse",
    bins=per_unit(0, -20, -30),
)
LISTS = indicator("lists", kind="wage_arrears_listing", direction="adverse", bins=per_unit(0, -40))
POLICY = make_policy(OPEN, LISTS, relations="enforcement-2026")
Row = dict[str, Any]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world that a test fills by ``holds``."""
    with DuckEngine(threads=1, memory="300MB") as engine:
        yield World(engine, tmp_path)


def row(record_id: str, kind: str, age: int, owner: str = "e1", **changes: Any) -> Row:
    """A record of so many days ago, known on its day."""
    given = {
        "record_id": record_id,
        "act_id": record_id,
        "enterprise_id": owner,
        "kind": kind,
        "scope": "own",
    }
    days = {"decided_on": ago(age), "known_on": ago(age)}
    return {**dict.fromkeys(RECORD_COLUMNS), **given, **days, "source": "甲源", **changes}


def visit(record_id: str, age: int, **changes: Any) -> Row:
    """A visit with a finding."""
    about = {"result": "problem", "field": "food", "authority": "虚构甲局", "matter_id": record_id}
    return row(record_id, "inspection", age, **{**about, **changes})


def check(record_id: str, age: int, **changes: Any) -> Row:
    """A passed re-check that names nothing."""
    return visit(record_id, age, result="no_problem", occasion="followup", **changes)


def explained(world: World, *rows: Row, firm: str = "e1") -> Explanation:
    """The explanation of an enterprise."""
    linked = linked_together(rows, ("e1", "e2"), world.folder / "linked", RELATIONS)
    world.holds([enterprise(firm)], linked[firm])
    version = version_of(POLICY)
    assessed = Assessor(world.engine, version, world.covers, world.tables).full(firm, DAY)
    return explain(assessed, version)


def shown(explanation: Explanation, lang: str) -> str:
    """What the terminal shows, on one line."""
    terminal = Terminal()
    with terminal.capture() as capture:
        terminal.show(show.explanation(explanation, version_of(POLICY), lang, officer=False))  # type: ignore[arg-type]
    return "".join(capture.get().split())


def test_a_re_check_of_nobody_knows_what(world: World) -> None:
    """With two open findings, or none, a passed re-check is told as not attributed; with one there is nothing to say."""
    several = explained(world, visit("f", 40), visit("g", 30), check("c", 10))
    assert ["复查未能归属"] == [sentence["zh"][:6] for sentence in several.joined]
    assert "2 findings were open" in several.joined[0]["en"]
    assert "哪一个都没有销号" in shown(several, "zh")
    assert "Re-checknotattributed" in shown(several, "en")
    assert ["there is nothing to close"] == [
        sentence["en"][-25:] for sentence in explained(world, check("c", 10)).joined
    ]
    assert () == explained(world, visit("f", 40), check("c", 10)).joined


def test_what_lacks_every_field_is_counted_by_source(world: World) -> None:
    """A sentence for each source, with how many lack each field; those that have one are counted, not complained of."""
    rows = [
        row("p1", "administrative_penalty", 30, document_no="无"),
        row("p2", "administrative_penalty", 30, document_no="虚罚〔2026〕7号"),
        row("p3", "administrative_penalty", 30, source="乙源"),
        row("p4", "administrative_penalty", 30, source="丙源", matter_id="M"),
        row("h", "honour", 30),
    ]
    joined = explained(world, *rows).joined
    assert ["来源 乙源：1 条", "来源 甲源：2 条"] == [sentence["zh"][:9] for sentence in joined]
    assert "1 条没有任何可供并案的字段" in joined[1]["zh"]
    assert (
        "a document number: 1, without the number of what they rest on: 2, without a matter: 2"
        in joined[1]["en"]
    )


def test_what_followed_says_from_whom_and_why(world: World) -> None:
    """The article, the day and the predecessor are told; the public sees none of it."""
    entry = row("entry", "wage_arrears_listing", 60, owner="e2", matter_id="M")
    merger = row("s", "succession", 20, result="merger", refers_to="e2")
    explanation = explained(world, entry, merger)
    assert ["e2"] == [record.inherited_from for record in explanation.reasons[0].evidence]
    (sentence,) = explanation.joined
    assert "e2 的 1 条记录（合并；依据《公司法》第二百二十一条" in sentence["zh"]
    assert "Company Law 第二百二十一条" in sentence["en"]
    assert "承继自e2" in shown(explanation, "zh")
    assert [sentence["zh"]] == [told["zh"] for told in as_dict(explanation, version_of(POLICY))["joined"]]
    assert () == withheld(explanation).joined
    assert () == explained(world, entry, merger, firm="e2").joined
