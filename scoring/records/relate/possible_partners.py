"""Records that may have a partner, with texts in the form in which they are compared (DuckDB only).

Most records have none. Hashes and a few columns pick the enterprises of the others, and only of their
records the normal forms are written.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pyarrow as pa
from duckdb import DuckDBPyConnection as Connection

from scoring.entities import RelationSet, codes
from scoring.records.map.document_numbers import document_key, is_plausible, number_key
from scoring.sql.literals import literal
from scoring.workdays import add_workdays

SIGNS_OF_NUMBERS = (
    "第号號字年罚罰处處决決定书書行政责責令改检檢查抽强強简簡立案通知不予"
    "市场場监監管局食药藥品安环環保消防交运運人社税稅住建文旅卫衛城综綜合执執法应應急水农農林资資规規商医醫"
)
"""Characters that stand in any number of a document or name a branch of administration: none says whose it is."""


def find_candidates(connection: Connection, relations: RelationSet, records: str) -> None:
    """Makes ``candidates``, ``held_powers``, ``grades`` and ``fallen`` (``relate.steps``).

    Args:
        connection: Connection with ``offices``, authorities by their names as names are compared, and
            ``ended_records``, of which some version has ended.
        relations: The set of relations.
        records: Table or view of canonical records with their acts.
    """
    _list_powers(connection, relations)
    _pick_enterprises(connection, relations, records)
    _date_reports(connection, relations, records)
    connection.execute(
        f"""
        CREATE TABLE of_versions AS
        FROM ended_records
        UNION
        SELECT record_id FROM {records} WHERE known_until IS NOT NULL
        """
    )
    _candidates(connection, relations, records)
    _grades(connection, relations, records)


def _list_powers(connection: Connection, relations: RelationSet) -> None:
    """Makes ``held_powers``: who exercises whose power when, by the register of authorities."""
    connection.execute(
        "CREATE TABLE held_powers (power VARCHAR, field VARCHAR, holder VARCHAR, begins DATE, until DATE)"
    )
    rows = [
        (held.power, held.field, held.holder, held.begins, held.until or date.max)
        for held in relations.powers
    ]
    if rows:
        columns = ", ".join(["unnest(?)"] * len(rows[0]))
        connection.execute(
            f"INSERT INTO held_powers SELECT {columns}", list(map(list, zip(*rows, strict=True)))
        )


def _pick_enterprises(connection: Connection, relations: RelationSet, records: str) -> None:
    """Makes ``partnered``: enterprises of which some record names, checks or repeats another."""
    # Most decisions have their number in normal form in their act.
    act_id = own("act_id")
    in_act = f"nullif(split_part({act_id}, '|', 2), '')"
    numbered = f"coalesce({in_act}, CASE WHEN act_id = record_id THEN {_number('document_no')} END, {act_id})"
    connection.execute(
        f"""
        CREATE TABLE partnered AS
        SELECT enterprise_id
        FROM {records}
        WHERE matter_id IS NOT NULL OR basis_document_no IS NOT NULL OR refers_to IS NOT NULL
            OR occasion = 'followup' OR kind = 'mending_check'
        UNION
        SELECT any_value(enterprise_id)
        FROM {records}
        WHERE act_id <> record_id OR kind IN ({listed(relations.matter.decisions)})
        GROUP BY hash(enterprise_id, {numbered})
        HAVING min(hash(record_id)) <> max(hash(record_id))
        """
    )


def _date_reports(connection: Connection, relations: RelationSet, records: str) -> None:
    """Makes ``report_days``: for each day on which mending was reported the day on which it has waited enough."""
    reported = connection.execute(
        f"SELECT DISTINCT mended_on FROM {records} WHERE mended_on IS NOT NULL"
    ).fetchall()
    days: list[date] = [day for (day,) in reported]
    due = [add_workdays(add_workdays(day, relations.rechecks.workdays), 1) for day in days]
    report_days = pa.table({"mended_on": pa.array(days, pa.date32()), "due_on": pa.array(due, pa.date32())})
    connection.register("given_report_days", report_days)
    connection.execute("CREATE TABLE report_days AS SELECT * FROM given_report_days")
    connection.unregister("given_report_days")


def _candidates(connection: Connection, relations: RelationSet, records: str) -> None:
    kinds = {*relations.matter.kinds, *relations.rechecks.kinds, *relations.rechecks.by}
    for settled in relations.settles:
        kinds.update((*settled.kinds, *settled.by))
    number, basis = _number("document_no"), _number("basis_document_no")
    connection.execute(
        f"""
        CREATE TABLE candidates AS
        SELECT
            enterprise_id, record_id, own_id, kind::VARCHAR AS kind, field::VARCHAR AS field,
            result::VARCHAR AS result, occasion::VARCHAR AS occasion, office, number,
            coalesce(regexp_matches(number, '[^{SIGNS_OF_NUMBERS}\\P{{Han}}]'), FALSE) AS has_mark,
            basis, refers_to, refers_number, given_matter,
            CASE
                WHEN act_id = record_id OR ends_with(own_act, '|' || coalesce(number, '?'))
                    OR ends_with(own_act, '|' || coalesce(basis, '?')) THEN NULL
                ELSE act_id
            END AS given_act,
            dated_on, known_on, mended_on, due_on AS report_due_on,
            {falls()} AS falls, {_is_plain()} AS is_plain,
            {_gravity()} AS gravity
        FROM (
            SELECT
                *, {own("record_id")} AS own_id, {own("act_id")} AS own_act,
                {number} AS number, {basis} AS basis,
                {number_key("refers_to")} AS refers_number, {document_key("matter_id")} AS given_matter,
                coalesce(decided_on, occurred_on) AS dated_on
            FROM {records}
            LEFT JOIN offices USING (authority)
            WHERE known_until IS NULL AND kind IN ({listed(kinds)})
                AND enterprise_id IN (SELECT enterprise_id FROM partnered)
        )
        LEFT JOIN report_days USING (mended_on)
        """
    )


def _grades(connection: Connection, relations: RelationSet, records: str) -> None:
    grades = relations.grades
    is_low = f"result IS NULL AND coalesce(value_x100 < {grades.adverse_below_x100}, FALSE)"
    contained = sorted({kind for rule in relations.contains for kind in rule.kinds})
    connection.execute(
        f"""
        CREATE TABLE grades AS
        SELECT
            enterprise_id, record_id,
            concat_ws('|', kind::VARCHAR, coalesce(field::VARCHAR, ''), office) AS series,
            coalesce(decided_on, occurred_on) AS dated_on, known_on, {_is_plain()} AS is_plain,
            coalesce(result IN ({listed(grades.adverse)}), FALSE) OR ({is_low}) AS is_adverse
        FROM {records}
        LEFT JOIN offices USING (authority)
        WHERE known_until IS NULL AND kind IN ({listed(grades.kinds)})
        """
    )
    connection.execute(
        f"""
        CREATE TABLE fallen AS
        SELECT DISTINCT enterprise_id, record_id
        FROM {records}
        WHERE kind IN ({listed(contained)}) AND {falls()}
        """
    )


def own(column: str) -> str:
    """An id as it stands where its record came from, without what a copy under a successor has behind it."""
    behind = "length(inherited_from) + length(enterprise_id) + 2"
    return f"CASE WHEN inherited_from IS NULL THEN {column} ELSE left({column}, -({behind})) END"


def falls() -> str:
    """Whether a version says that its record was withdrawn, annulled, masked or restored."""
    return (
        "(withdrawn_on IS NOT NULL OR restored_on IS NOT NULL OR masked_from IS NOT NULL"
        " OR coalesce(contest = 'annulled', FALSE))"
    )


def _is_plain() -> str:
    """Whether nothing about a record can change what it does to others but its own days."""
    is_settled = "coalesce(contest::VARCHAR, 'none') IN ('none', 'upheld', 'unknown')"
    return f"(NOT {falls()} AND {is_settled} AND record_id NOT IN (SELECT record_id FROM of_versions))"


def _number(column: str) -> str:
    return f"CASE WHEN {is_plausible(column)} THEN {number_key(column)} END"


def _gravity() -> str:
    """Decisions first, then the graver, then the weightier kind, then the newer; the least comes first."""
    kind_labels = codes()["kinds"]
    severities = {code: int(str(labels["level"])) for code, labels in codes()["severities"].items()}
    by_nature = {
        code: severities[str(labels["nature"])] for code, labels in kind_labels.items() if "nature" in labels
    }
    ranks = {code: int(str(labels["rank"])) for code, labels in kind_labels.items()}
    rank = _case("kind", ranks, "0")
    severity = _case("severity", severities, _case("kind", by_nature, "0"))
    is_slight = f"CASE WHEN {rank} >= {ranks['administrative_penalty']} THEN 0 ELSE 1 END"
    day = "coalesce(99999 - (dated_on - DATE '1900-01-01'), 99999)"
    return f"((({is_slight}) * 10 + 9 - {severity}) * 1000 + 999 - {rank})::BIGINT * 100000 + {day}"


def _case(column: str, values: dict[str, int], otherwise: str) -> str:
    cases = " ".join(f"WHEN {literal(code)} THEN {value}" for code, value in values.items())
    return f"(CASE {column} {cases} ELSE {otherwise} END)"


def listed(values: Iterable[str]) -> str:
    """Texts as what stands in brackets after IN, sorted; of none a null, which nothing is equal to."""
    return ", ".join(literal(value) for value in sorted(values)) or "NULL"
