"""Which records belong to one matter: what some evidence joins, however many steps apart."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache, reduce

import ibis
import ibis.expr.types as ir
from duckdb import DuckDBPyConnection as Connection

from scoring.entities import RelationSet
from scoring.records.relate.steps import CANDIDATES, MadeTable, is_empty, make, step

MOST_STEPS = 24
"""Steps of evidence between two records of a matter that are followed."""
NO_MATTER = "-"
"""``matter_id`` of a record that an officer has parted from all others."""


def relate_matters(connection: Connection, relations: RelationSet, checks: MadeTable) -> MadeTable:
    """Makes the matters of several records: (enterprise_id, record_id, matter, matter_rank).

    Args:
        connection: Connection with ``candidates``.
        relations: The set of relations.
        checks: The step that attributed the re-checks.

    Returns:
        The step whose table holds them.
    """
    evidence, labels = _first_steps(relations, checks)
    make(connection, evidence)
    make(connection, labels)
    for number in range(1, MOST_STEPS):
        following = _labels_after(relations, checks, number)
        make(connection, following)
        changed = f"{following.name} JOIN {labels.name} l USING (enterprise_id, record_id)"
        labels = following
        if is_empty(connection, f"{changed} WHERE {following.name}.label <> l.label"):
            break
    matters = _ranked(labels)
    make(connection, matters)
    return matters


@lru_cache(maxsize=64)
def _first_steps(relations: RelationSet, checks: MadeTable) -> tuple[MadeTable, MadeTable]:
    evidence = step("evidence", _evidence(checks.table, relations))
    labels = evidence.table.select("enterprise_id", "record_id", label="record_id").distinct()
    return evidence, step("labels_0", labels)


@lru_cache(maxsize=64 * MOST_STEPS)
def _labels_after(relations: RelationSet, checks: MadeTable, number: int) -> MadeTable:
    evidence, first = _first_steps(relations, checks)
    labels = first if number == 1 else _labels_after(relations, checks, number - 1)
    return step(f"labels_{number}", _next_labels(evidence.table, labels.table))


@lru_cache(maxsize=64)
def _ranked(last: MadeTable) -> MadeTable:
    c, labels = CANDIDATES, last.table
    same = [labels.enterprise_id == c.enterprise_id, labels.record_id == c.record_id]
    ranked = labels.inner_join(c, same).select(
        labels.enterprise_id, labels.record_id, labels.label, c.gravity
    )
    in_matter = ibis.window(
        group_by=[ranked.enterprise_id, ranked.label], order_by=[ranked.gravity, ranked.record_id]
    )
    return step(
        "matters",
        ranked.select(
            "enterprise_id",
            "record_id",
            matter="label",
            matter_rank=ibis.row_number().over(in_matter).cast("int32"),
        ),
    )


def _evidence(checks: ir.Table, relations: RelationSet) -> ir.Table:
    """(enterprise_id, record_id, key): records with one key belong together; keys of one alone are left out."""
    belonging = CANDIDATES.kind.isin(relations.matter.kinds)
    c = CANDIDATES.filter(belonging & (CANDIDATES.given_matter != NO_MATTER).fill_null(True))
    keys = [
        _keyed(c, "m:", c.given_matter),
        _keyed(c, "a:", c.given_act),
        _keyed(c, "r:", c.record_id),
        _number_keys(c, relations),
        *_basis_keys(c),
        _failed_checks(c, checks, relations),
    ]
    everything = reduce(lambda some, more: some.union(more), keys).distinct()
    shared = everything.group_by(of="enterprise_id", shared="key").agg(n=lambda t: t.record_id.nunique())
    shared = shared.filter(shared.n > 1)
    return everything.semi_join(
        shared, [everything.enterprise_id == shared.of, everything.key == shared.shared]
    )


def _keyed(c: ir.Table, prefix: str, text: ir.StringValue) -> ir.Table:
    keyed = c.select("enterprise_id", "record_id", key=ibis.literal(prefix) + text)
    return keyed.filter(keyed.key.notnull())


def _number_keys(c: ir.Table, relations: RelationSet) -> ir.Table:
    """One decision, whoever reports it: its number and day, with its authority where the number has no mark."""
    decision = c.filter(c.kind.isin(relations.matter.decisions) & c.dated_on.notnull())
    office = ibis.ifelse(decision.has_mark, "", ibis.coalesce(decision.office, decision.record_id))
    number_and_day = decision.number + "|" + decision.dated_on.cast("string")
    return _keyed(decision, "n:", office + "|" + number_and_day)


def _basis_keys(c: ir.Table) -> Iterator[ir.Table]:
    """What cites the document of another: of the same authority if there is one, else of the only other."""
    citing = c.filter(c.basis.notnull())
    cites = citing.select(owner="enterprise_id", citing_id="record_id", cited="basis", citing_office="office")
    numbered = c.view().filter(lambda t: t.number.notnull())
    same = [
        cites.owner == numbered.enterprise_id,
        cites.cited == numbered.number,
        cites.citing_id != numbered.record_id,
    ]
    pairs = cites.inner_join(numbered, same)
    is_own = (pairs.office == pairs.citing_office).fill_null(False) | pairs.has_mark
    cited_by = pairs.group_by(enterprise_id=pairs.owner, citing_id=pairs.citing_id).agg(
        of_own=ibis.cases((is_own, pairs.record_id)).min(),
        offices=pairs.office.nunique(),
        of_other=pairs.record_id.min(),
    )
    target = ibis.coalesce(cited_by.of_own, ibis.cases((cited_by.offices <= 1, cited_by.of_other)))
    known = cited_by.mutate(target=target)
    known = known.filter(known.target.notnull())
    yield known.select("enterprise_id", record_id="citing_id", key=ibis.literal("r:") + known.target)


def _failed_checks(c: ir.Table, checks: ir.Table, relations: RelationSet) -> ir.Table:
    """A failed re-check is no second finding: it belongs to the matter of the first."""
    known = checks.filter(checks.finding_id.notnull())
    failed = c.filter(c.result.isin(relations.rechecks.findings))
    same = [known.enterprise_id == failed.enterprise_id, known.check_id == failed.record_id]
    joined = known.inner_join(failed, same)
    return joined.select(
        enterprise_id=joined.enterprise_id,
        record_id=joined.check_id,
        key=ibis.literal("r:") + joined.finding_id,
    )


def _next_labels(evidence: ir.Table, labels: ir.Table) -> ir.Table:
    """Each record with the least label of those that share a key with it."""
    same = [evidence.enterprise_id == labels.enterprise_id, evidence.record_id == labels.record_id]
    labelled = evidence.inner_join(labels, same).select(
        evidence.enterprise_id, evidence.record_id, evidence.key, labels.label
    )
    least = labelled.group_by(of="enterprise_id", at="key").agg(least=lambda t: t.label.min())
    back = labelled.inner_join(least, [labelled.enterprise_id == least.of, labelled.key == least.at])
    return back.group_by("enterprise_id", "record_id").agg(label=back.least.min())
