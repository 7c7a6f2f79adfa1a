"""The compiled text.

Portable, without the date of the run, cached, and fresh answers whatever happened to the records.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import product

import pyarrow as pa
import pytest
import sqlglot
from policy_forms import generated, name_of, shipped
from sqlglot import exp
from worlds import DAY, World, ago, enterprise, indicator, make_policy, per_unit, record, rule, version_of

from scoring.engine.cases import Case
from scoring.engine.cells import LOOK_UP, LOOK_UP_CODE, TABLE
from scoring.engine.compile import exclusion_sql, output_columns, sql, trace_sql
from scoring.engine.dialects import Dialect
from scoring.entities import codes
from scoring.policy.load import load_policy
from scoring.policy.resolved import ResolvedPolicy, resolve

SHIPPED = load_policy("quzhou-demo@2026-04-01", None)
WEIGHTS = {"age_weights": [[100, 100], [365, 50]]}
EVERY_AGGREGATE = version_of(
    make_policy(
        indicator("count"),
        indicator("weighted_count", aggregate="weighted_count", **WEIGHTS),
        indicator("sum", aggregate="sum"),
        indicator("weighted_sum", aggregate="weighted_sum", **WEIGHTS),
        indicator("max", aggregate="max", of="value_x100"),
        indicator("latest", aggregate="latest", of="severity"),
        indicator("previous", aggregate="previous", of="severity"),
        indicator("min", aggregate="min", of="value_x100"),
        indicator("mean", aggregate="mean", of="value_x100"),
        indicator("days_since", aggregate="days_since"),
        indicator("distinct", aggregate="distinct"),
        indicator("share", aggregate="share", among={"kind": ["honour"]}),
        upgrade_margin=5,
        gates=[rule("thin", all=[{"indicator": "days_since", "unknown": True}])],
        caps=[rule("cap", all=[{"indicator": "distinct", "at_least": 2}], band="B")],
        vetoes=[rule("veto", any=[{"indicator": "share", "at_least": 1}], band="D")],
    )
)
POLICIES = [SHIPPED, EVERY_AGGREGATE]
ALL = frozenset(codes()["kinds"])
TEXTS: dict[str, Callable[[ResolvedPolicy, Dialect], str]] = {
    "all covered": lambda policy, dialect: sql(policy, dialect, ALL),
    "none covered": lambda policy, dialect: sql(policy, dialect, frozenset()),
    "trace": trace_sql,
    "excluded": exclusion_sql,
}
SHAPES = ("all covered", "trace", "excluded")
"""Texts that differ in more than in true and false."""
NOT_PORTABLE = (
    r"\bbit_(and|count|xor)\b",
    r"\b(array_agg|list|collect\w*)\s*\([^)]*\border by\b",
    r"\b(double|float|real|decimal)\b",
    r"\bcount\s*\(\s*distinct\b",
    r"\brandom\b",
    r"\bcurrent_",
    r"\bnow\b",
    r"\d\.\d",
)
WINDOWS = (r"\brow_number\b", r"\bover\s*\(")
DISTINCT = ("record_id", "matter", "matter_rank")
"""What is another one in every row of a window."""
LONG_AGO = "MAKE_DATE(1, 1, 1)"
"""Before all days: it stands for the want of one."""
CHOICE = re.compile(
    r"""'(?:[^'\\]|\\.)*' | `[^`]*` | (?P<choice>\b(?:GREATEST|LEAST|COALESCE)\() | (?P<mark>[(),])""",
    re.VERBOSE,
)
"""Quoted text, which is passed over, and what opens, parts and closes the arguments of a choice."""


def choices(text: str) -> Iterator[int]:
    """How many arguments each greatest, least and first of a text has; to read it as SQL would take seconds."""
    # for each open bracket the commas in it so far, and whether it is that of a choice
    stack: list[tuple[int, bool]] = []
    for match in CHOICE.finditer(text):
        if match["choice"] or match["mark"] == "(":
            stack.append((0, bool(match["choice"])))
        elif match["mark"] == "," and stack:
            commas, is_choice = stack.pop()
            stack.append((commas + 1, is_choice))
        elif match["mark"] == ")":
            commas, is_choice = stack.pop()
            if is_choice:
                yield commas + 1


@pytest.mark.parametrize("policy", POLICIES, ids=["shipped", "every aggregate"])
@pytest.mark.parametrize("what", TEXTS)
@pytest.mark.parametrize("dialect", ["duckdb", "pyspark"])
def test_text_is_portable(policy: ResolvedPolicy, what: str, dialect: Dialect) -> None:
    """The text keeps to what every engine does alike.

    No floats, no ordered lists, no clock, and windows only where records stand in relations.
    """
    text = TEXTS[what](policy, dialect)
    patterns = NOT_PORTABLE if policy.law.relations else (*NOT_PORTABLE, *WINDOWS)
    assert [] == [pattern for pattern in patterns if re.search(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize("what", SHAPES)
@pytest.mark.parametrize(("dialect", "name"), [("duckdb", "duckdb"), ("pyspark", "spark")])
def test_a_window_leaves_no_choice(what: str, dialect: Dialect, name: str) -> None:
    """Every window looks at one case and puts its rows into one order alone, whatever the engine."""
    windows = list(sqlglot.parse_one(TEXTS[what](SHIPPED, dialect), dialect=name).find_all(exp.Window))
    assert windows
    for window in windows:
        last = window.args["order"].expressions[-1].this.name
        assert ("case_id", True) == (window.args["partition_by"][0].name, last in DISTINCT), window.sql(name)


@pytest.mark.parametrize(
    ("dialect", "literal"),
    [
        ("duckdb", r"CAST\('\[[-\d,]+\]' AS BIGINT\[\]\)"),
        ("pyspark", r"ARRAY\([-\d,]+\)"),
    ],
)
def test_a_table_is_one_literal(dialect: Dialect, literal: str) -> None:
    """Each dialect has its own literal for a table of numbers, and no placeholder is left."""
    for make in TEXTS.values():
        text = make(SHIPPED, dialect)
        assert re.search(literal, text)
        assert not re.search(rf"\b({LOOK_UP}|{LOOK_UP_CODE}|{TABLE})\b", text)


@pytest.mark.parametrize("policy", [*shipped(), *map(generated, range(6))], ids=name_of)
def test_a_choice_is_between_two(policy: ResolvedPolicy) -> None:
    """Spark refuses a greatest, least or first of one, which DuckDB and Sail take."""
    for what in SHAPES:
        counts = list(choices(TEXTS[what](policy, "pyspark")))
        assert counts or what == "excluded"
        assert [] == [number for number in counts if number < 2], what


def test_choices_are_counted() -> None:
    """Of each greatest, least and first its own arguments are counted, whatever stands in them."""
    assert [2, 1] == list(choices("SELECT GREATEST(F(a, b), ',(') AS `x,(`, COALESCE(y) FROM t"))
    assert [3, 1] == list(choices("LEAST(COALESCE((a), CASE WHEN b IN (1, 2) THEN 'o''),' END, c))"))


@pytest.mark.parametrize("what", TEXTS)
def test_text_holds_no_date(what: str) -> None:
    """No day is written into the text: days come from the case alone."""
    text = TEXTS[what](SHIPPED, "duckdb").replace(LONG_AGO, "")
    assert [] == re.findall(r"\bDATE '|MAKE_DATE|\d{4}-\d{2}-\d{2}", text)


def test_only_share_divides() -> None:
    """Division is found once for each share that the policy names, and nowhere else."""
    without_share = version_of(make_policy(indicator("count"), indicator("sum", aggregate="sum")))
    texts = [sql(policy, "duckdb", ALL) for policy in (EVERY_AGGREGATE, without_share)]
    assert [True, False] == ["/" in text for text in texts]


def test_text_is_cached() -> None:
    """The same policy, read again, gives the very same text.

    Another policy of the same id does not.
    """
    again = load_policy("quzhou-demo@2026-04-01", None)
    margin = SHIPPED.policy.upgrade_margin + 1
    changed = resolve(SHIPPED.policy.model_copy(update={"upgrade_margin": margin}))
    text = sql(SHIPPED, "duckdb", ALL)
    assert (True, False) == (sql(again, "duckdb", ALL) is text, sql(changed, "duckdb", ALL) == text)


def test_columns_are_integers(world: World) -> None:
    """Everything that decides is an integer.

    No decimal, double or huge integer leaves the engine.
    """
    world.holds([enterprise()], [record(amount_fen=5, value_x100=3, severity="minor", authority="A")])
    schema = world.wide(EVERY_AGGREGATE.policy, prior={"e1": "A"}).table.schema
    kinds = {str(schema.field(name).type) for name in output_columns(EVERY_AGGREGATE.policy)}
    indicators = EVERY_AGGREGATE.policy.indicators
    values = {schema.field(f"v__{indicator.id}").type for indicator in indicators}
    points = {schema.field(f"p__{indicator.id}").type for indicator in indicators}
    assert {"int32", "int64", "bool", "string", "date32[day]"} == kinds
    assert ({pa.int64()}, {pa.int32()}) == (values, points)


def test_columns_are_those_announced(world: World) -> None:
    """The result has the announced columns in order, for a batch as for cases."""
    world.holds([enterprise()], [])
    rows = world.engine.cases(EVERY_AGGREGATE, [Case("c", "e1", DAY)], world.covers, world.tables)
    assert (output_columns(EVERY_AGGREGATE.policy),) * 2 == (
        world.wide(EVERY_AGGREGATE.policy).table.column_names,
        rows.column_names,
    )


def test_answer_is_fresh(world: World) -> None:
    """Between two questions to one engine the records change, and the second answer knows it.

    No plan is kept.
    """
    policy = make_policy(indicator("honours", bins=per_unit(*range(50))))
    counts = []
    for many in (1, 40, 0, 7):
        world.holds([enterprise()], [record(record_id=f"r{number:02}") for number in range(many)])
        counts.append((world.values(policy)["e1"]["honours"], len(world.traced(policy))))
    assert [(1, 1), (40, 40), (0, 0), (7, 7)] == counts


def test_answer_from_memory_is_fresh(world: World) -> None:
    """Copies held in memory are replaced as a whole when they are asked for again."""
    policy = make_policy(indicator("honours"))
    counts = []
    cases = [Case("c", "e1", DAY), Case("d", "e2", DAY)]
    for many in (3, 1, 12):
        records = [record(record_id=f"r{number:02}") for number in range(many)]
        world.holds([enterprise(), enterprise("e2")], records)
        in_memory = world.engine.memory(world.tables, ["e1"])
        rows = world.engine.cases(version_of(policy), cases, world.covers, in_memory)
        counts.append([(row["case_id"], row["v__honours"]) for row in rows.to_pylist()])
    assert [[("c", 3)], [("c", 1)], [("c", 12)]] == counts


def test_cases_equal_batches(world: World) -> None:
    """Many days of many enterprises in one query give what a batch of each day gives, column for column."""
    enterprises = [enterprise("e1"), enterprise("e2"), enterprise("e3", known_on=ago(200))]
    records = []
    for name, number in product(("e1", "e2"), range(14)):
        facts = {"age": 31 * number, "amount_fen": number, "value_x100": -number, "severity": "minor"}
        known = {"authority": f"A{number % 3}", "known_on": ago(30 * number)}
        records.append(record(name, f"{name}-{number}", **facts, **known))
    world.holds(enterprises, records)
    days: list[date] = [ago(number) for number in (0, 1, 90, 199, 201, 400)]
    names = [row["enterprise_id"] for row in enterprises]
    cases = [Case(f"{day}|{name}", name, day) for day, name in product(days, names)]
    by_cases = world.engine.cases(EVERY_AGGREGATE, cases, world.covers, world.tables)
    by_batches = []
    for day in sorted(days):
        by_batches.append(world.wide(EVERY_AGGREGATE.policy, day).table.drop_columns(["case_id"]))
    expected = pa.concat_tables(by_batches).to_pylist()
    assert expected == by_cases.drop_columns(["case_id"]).to_pylist()


def test_ranges_equal_the_whole(world: World) -> None:
    """Scoring range by range gives the rows of scoring all at once."""
    names = [f"e{number}" for number in range(7)]
    records = []
    for many, name in enumerate(names):
        records += [record(name, f"{name}-{number}", authority=str(number)) for number in range(many)]
    world.holds([enterprise(name) for name in names], records)
    ranges = [("e0", "e2"), ("e3", "e3"), ("e4", "e6")]
    parts = list(world.engine.batch(EVERY_AGGREGATE, DAY, world.covers, world.tables, ranges))
    assert [3, 1, 3] == [part.num_rows for part in parts]
    assert world.wide(EVERY_AGGREGATE.policy).table.to_pylist() == pa.concat_tables(parts).to_pylist()


def test_ids_are_quoted(world: World) -> None:
    """An id with a quote in it is an id, not SQL."""
    strange = "x:o'; DROP TABLE t; --"
    world.holds([enterprise(strange)], [record(strange)])
    policy = make_policy(indicator("honours"))
    version, only = version_of(policy), [(strange, strange)]
    rows = next(iter(world.engine.batch(version, DAY, world.covers, world.tables, only))).to_pylist()
    case = Case(strange, strange, DAY)
    cases = world.engine.cases(version, [case], world.covers, world.tables).to_pylist()
    assert ([strange], [strange], 1) == (
        [row["enterprise_id"] for row in rows],
        [row["case_id"] for row in cases],
        len(world.traced(policy, strange)),
    )
