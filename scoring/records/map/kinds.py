"""What a kind of record may say: its results, its gravity and its fields (``rules/kinds.toml``), in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, cast

from scoring.entities import codes
from scoring.records.map.row_faults import Fault
from scoring.sql.literals import literal


@cache
def results_by_kind() -> Mapping[str, tuple[str, ...]]:
    """The results that a record of each kind may have, in the order of their list."""
    results_of: dict[str, tuple[str, ...]] = dict.fromkeys(codes()["kinds"], ())
    for code, attributes in codes()["results"].items():
        for kind in cast(Sequence[str], attributes.get("of", ())):
            results_of[kind] += (code,)
    return results_of


@cache
def equated() -> Mapping[tuple[str, str], str]:
    """The result that says the same in a kind which has none of this code: 不合格 of a visit is a problem."""
    return {
        (kind, code): str(attributes["same_as"])
        for code, attributes in codes()["results"].items()
        for kind, results in results_by_kind().items()
        if code not in results and attributes.get("same_as") in results
    }


def equated_result(kind: str, result: str) -> str:
    """A result, or in its place the one by which its kind says the same.

    Args:
        kind: The kind, in SQL.
        result: The result, in SQL.
    """
    by_code: dict[str, list[str]] = {}
    for (of_kind, code), meant in equated().items():
        by_code.setdefault(code, []).append(f"WHEN {kind} = {literal(of_kind)} THEN {literal(meant)}")
    # Most results are none of these codes, so the kind is looked at for few.
    cases = " ".join(
        f"WHEN {result} = {literal(code)} THEN CASE {' '.join(of_kinds)} ELSE {result} END"
        for code, of_kinds in by_code.items()
    )
    return f"CASE {cases} ELSE {result} END"


def result_of_another_kind() -> Fault:
    """The fault of a result that records of its kind cannot have."""
    kinds_by_results: dict[tuple[str, ...], list[str]] = {}
    for kind, results in results_by_kind().items():
        kinds_by_results.setdefault(results, []).append(kind)
    cases = " ".join(
        f"WHEN kind IN ({_listed(kinds)}) THEN result NOT IN ({_listed(results)})"
        for results, kinds in kinds_by_results.items()
        if results
    )
    is_foreign = f"result IS NOT NULL AND CASE WHEN kind IS NULL THEN FALSE {cases} ELSE TRUE END"
    return Fault(is_foreign, "result", "result_not_of_kind", "kind || ': ' || result")


def results_expected(kind_and_result: str) -> tuple[str, ...]:
    """The results of the kind that stands before the colon of a value of this fault."""
    return results_by_kind().get(kind_and_result.partition(":")[0], ())


def lacks_severity() -> str:
    """Whether a record lacks the gravity by which rules look at its kind."""
    kinds = [kind for kind, attributes in codes()["kinds"].items() if attributes.get("severity") == "needed"]
    return f"(severity IS NULL AND kind IN ({_listed(kinds)}))"


def has_foreign_field() -> str:
    """Whether a record has a field that its kind does not have; never null."""
    fields_by_kind: dict[str, Any] = {
        kind: attributes["fields"] for kind, attributes in codes()["kinds"].items() if "fields" in attributes
    }
    cases = " ".join(
        f"WHEN {literal(kind)} THEN field NOT IN ({_listed(fields)})"
        for kind, fields in fields_by_kind.items()
    )
    return f"coalesce(CASE kind {cases} ELSE FALSE END, FALSE)"


def _listed(listed_codes: Sequence[str]) -> str:
    return ", ".join(map(literal, listed_codes))
