"""What follows to whom: who has succeeded whom over however many steps, and the records that follow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache, reduce
from operator import add, and_, or_

import ibis
import ibis.expr.types as ir
from duckdb import DuckDBPyConnection as Connection

from scoring.entities import RelationSet, Succeeds
from scoring.records.relate.steps import MadeTable, is_empty, make, step

MOST_SUCCESSIONS = 24
"""Successions one after the other that are followed."""
SUCCESSIONS = ibis.table(
    {
        "successor": "string",
        "predecessor": "string",
        "result": "string",
        "from_day": "date",
        "until_day": "date",
    },
    name="successions",
)
"""Who has succeeded whom, how, from which day on and until which day that is believed (exclusive)."""
LEGACY = ibis.table(
    {
        "rid": "int64",
        "enterprise_id": "string",
        "record_id": "string",
        "kind": "string",
        "result": "string",
        "occasion": "string",
        "number": "string",
        "refers_to": "string",
        "refers_number": "string",
        "known_on": "date",
        "known_until": "date",
    },
    name="legacy",
)
"""Versions of records of enterprises that another one has succeeded; ``known_until`` is never null."""


def find_heirs(connection: Connection, relations: RelationSet) -> MadeTable:
    """Makes the pairs of successor and predecessor over however many steps.

    Nobody succeeds itself, over no number of steps: where enterprises succeed each other in a circle, what
    follows comes back to nobody.

    Args:
        connection: Connection with ``successions``.
        relations: The set of relations.

    Returns:
        The step of (successor, predecessor, a column for each way that was taken, from_day, until_day).
    """
    heirs = _heirs(relations, 0)
    make(connection, heirs)
    for number in range(1, MOST_SUCCESSIONS):
        following = _heirs(relations, number)
        make(connection, following)
        if is_empty(connection, f"(SELECT * FROM {following.name} EXCEPT SELECT * FROM {heirs.name})"):
            break
        heirs = following
    return heirs


@lru_cache(maxsize=8 * MOST_SUCCESSIONS)
def _heirs(relations: RelationSet, number: int) -> MadeTable:
    if number == 0:
        return step("heirs_0", _first_heirs(relations))
    first, before = _heirs(relations, 0).table, _heirs(relations, number - 1).table
    return step(f"heirs_{number}", before.union(_one_step_on(before, first, relations), distinct=True))


def _first_heirs(relations: RelationSet) -> ir.Table:
    t = SUCCESSIONS.filter(SUCCESSIONS.successor != SUCCESSIONS.predecessor)
    taken: dict[str, ir.Value] = {}
    for name, way in _ways(relations):
        taken[name] = (
            (t.result == way).fill_null(False) if way else ~t.result.isin(relations.ways).fill_null(False)
        )
    return t.select(
        "successor", "predecessor", **taken, from_day="from_day", until_day="until_day"
    ).distinct()


def _one_step_on(heirs: ir.Table, first: ir.Table, relations: RelationSet) -> ir.Table:
    """The successors of those whom somebody succeeded, while both are so."""
    earlier = first.select(
        middle="successor",
        first_of_all="predecessor",
        **{f"earlier_{name}": first[name] for name, _way in _ways(relations)},
        earlier_from="from_day",
        earlier_until="until_day",
    )
    joined = heirs.inner_join(
        earlier, [heirs.predecessor == earlier.middle, heirs.successor != earlier.first_of_all]
    )
    further = joined.select(
        successor=joined.successor,
        predecessor=joined.first_of_all,
        **{name: joined[name] | joined[f"earlier_{name}"] for name, _way in _ways(relations)},
        from_day=ibis.greatest(joined.from_day, joined.earlier_from),
        until_day=ibis.least(joined.until_day, joined.earlier_until),
    )
    return further.filter(further.from_day < further.until_day)


def _ways(relations: RelationSet) -> list[tuple[str, str | None]]:
    """The columns of ways: one for each that has rules of its own, and one for all others."""
    return [*((f"by_{way}", way) for way in relations.ways), ("by_other", None)]


def find_inherited(connection: Connection, relations: RelationSet, heirs: MadeTable) -> MadeTable:
    """Makes what follows to whom: (rid, successor, predecessor, from_day, until_day, first_day, taken).

    A version follows for the days on which it is believed and the succession is too. ``first_day`` is the
    first one on which anything of its record follows to that successor, ``taken`` the ways by which it does.

    Args:
        connection: Connection with ``legacy``.
        relations: The set of relations.
        heirs: The step of ``find_heirs``.
    """
    follows = _follows(relations)
    inherited = _inherited(relations, heirs)
    make(connection, follows)
    make(connection, inherited)
    return inherited


@lru_cache(maxsize=8)
def _follows(relations: RelationSet) -> MadeTable:
    """The versions with a column for each way by which they follow."""
    by_way = {name: relations.on_succession(way) for name, way in _ways(relations)}
    named = LEGACY.view()
    target = named.select(
        of="enterprise_id",
        target_id="record_id",
        target_number="number",
        **{f"direct_{name}": _is_named_by(named, rules) for name, rules in by_way.items()},
    )
    naming = LEGACY.filter(LEGACY.refers_to.notnull())
    same = [
        naming.enterprise_id == target.of,
        naming.record_id != target.target_id,
        (naming.refers_to == target.target_id)
        | (naming.refers_number == target.target_number).fill_null(False),
    ]
    pairs = naming.inner_join(target, same)
    answers = pairs.group_by(answer_rid=pairs.rid).agg(
        **{f"answers_{name}": pairs[f"direct_{name}"].cast("int32").max() for name in by_way}
    )
    joined = LEGACY.left_join(answers, LEGACY.rid == answers.answer_rid)
    follows = {
        f"follows_{name}": _is_named_by(joined, rules) | _answers(joined, rules, joined[f"answers_{name}"])
        for name, rules in by_way.items()
    }
    return step("following", joined.select(*LEGACY.columns, **follows))


def _is_named_by(t: ir.Table, rules: Sequence[Succeeds]) -> ir.BooleanValue:
    """Whether a record follows for its kind and result."""
    tests: list[ir.BooleanValue] = [ibis.literal(False)]
    for rule in rules:
        test = t.kind.isin(rule.kinds)
        tests.append(test & t.result.isin(rule.results).fill_null(False) if rule.results else test)
    return reduce(or_, tests)


def _answers(t: ir.Table, rules: Sequence[Succeeds], answers: ir.IntegerValue) -> ir.BooleanValue:
    """Whether a record follows as an answer to what follows."""
    kinds = sorted({kind for rule in rules for kind in rule.closing})
    if not kinds:
        return ibis.literal(False)
    is_check = (t.occasion == "followup").fill_null(False) | (t.kind == "mending_check")
    return t.kind.isin(kinds) & (is_check | (answers == 1).fill_null(False))


@lru_cache(maxsize=8 * MOST_SUCCESSIONS)
def _inherited(relations: RelationSet, heirs: MadeTable) -> MadeTable:
    t, legacy = heirs.table, _follows(relations).table
    joined = t.inner_join(legacy, t.predecessor == legacy.enterprise_id)
    # Over several steps follows what follows at each of them.
    follows = reduce(and_, (~joined[name] | joined[f"follows_{name}"] for name, _way in _ways(relations)))
    spans = joined.filter(follows).select(
        "rid",
        "successor",
        "predecessor",
        "record_id",
        from_day=ibis.greatest(joined.known_on, joined.from_day),
        until_day=ibis.least(joined.known_until, joined.until_day),
        taken=reduce(
            add, (ibis.ifelse(joined[f"by_{way}"], f"{way} ", "") for way in relations.ways)
        ).strip(),
    )
    return step("inherited_spans", _joined_up(spans.filter(spans.from_day < spans.until_day).distinct()))


def _joined_up(spans: ir.Table) -> ir.Table:
    """Spans that overlap or meet become one: a record follows once, whichever way it came."""
    of_version = [spans.successor, spans.rid]
    # The order is total: both windows must see the same one.
    in_order = [spans.from_day, spans.until_day, spans.taken]
    reached = spans.until_day.max().over(
        ibis.window(group_by=of_version, order_by=in_order, preceding=(None, 1))
    )
    begins = (reached.isnull() | (spans.from_day > reached)).cast("int32")
    marked = spans.mutate(begins=begins)
    pieces = marked.mutate(
        piece=marked.begins.sum().over(
            ibis.cumulative_window(
                group_by=[marked.successor, marked.rid],
                order_by=[marked.from_day, marked.until_day, marked.taken],
            )
        )
    )
    whole = pieces.group_by("rid", "successor", "predecessor", "record_id", "piece").agg(
        from_day=lambda p: p.from_day.min(),
        until_day=lambda p: p.until_day.max(),
        taken=lambda p: p.taken.min(),
    )
    of_record = ibis.window(group_by=[whole.successor, whole.record_id])
    return whole.mutate(
        first_day=whole.from_day.min().over(of_record), taken=whole.taken.min().over(of_record)
    ).drop("piece", "record_id")
