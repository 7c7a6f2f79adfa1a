"""The canonical tables, their closed lists and the bounds that make sums safe."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Literal

from scoring.rules import shipped_table
from scoring.rules.wording import Lang

ColumnType = Literal["text", "date", "int"]


class Colour(StrEnum):
    """Colours of a code. Which is best is policy data, never this order."""

    BLUE = "blue"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


ENTERPRISE_COLUMNS: Mapping[str, ColumnType] = {
    "enterprise_id": "text",
    "name": "text",
    "entity_type": "text",
    "status": "text",
    "registered_on": "date",
    "industry_code": "text",
    "district_code": "text",
    "supervised_by": "text",
    "parent_id": "text",
    "size_band": "text",
    "source": "text",
    "known_on": "date",
    "known_until": "date",
}
"""Canonical enterprises, one row per version.

``known_on`` is inclusive (null: always known), ``known_until`` exclusive.
"""

RECORD_COLUMNS: Mapping[str, ColumnType] = {
    "record_id": "text",
    "enterprise_id": "text",
    "act_id": "text",
    "matter_id": "text",
    "kind": "text",
    "field": "text",
    "result": "text",
    "severity": "text",
    "info_class": "text",
    "scope": "text",
    "occasion": "text",
    "occurred_on": "date",
    "decided_on": "date",
    "served_on": "date",
    "final_on": "date",
    "contest": "text",
    "procedure": "text",
    "publish_until": "date",
    "mended_on": "date",
    "restored_on": "date",
    "withdrawn_on": "date",
    "masked_from": "date",
    "masked_until": "date",
    "confirmed_on": "date",
    "amount_fen": "int",
    "value_x100": "int",
    "authority": "text",
    "document_no": "text",
    "basis_document_no": "text",
    "refers_to": "text",
    "officer_note": "text",
    "source": "text",
    "known_on": "date",
    "known_until": "date",
}
"""Canonical records, one dated fact a row, versioned like enterprises.

``occasion`` says why a visit took place. ``matter_id`` names the matter that a record belongs to (``-``:
none), ``refers_to`` the record, number or enterprise that it is about: the finding that a re-check
passed, the predecessor of a merger. ``mended_on`` is the day on which mending was reported, a court in
restructuring hides a record from ``masked_from`` until ``masked_until``, and ``confirmed_on`` is the day
on which its authority confirmed it after another record of its matter had fallen. ``officer_note`` is
never shown to the public.
"""

CODED_COLUMNS: Mapping[str, str] = {
    "kind": "kinds",
    "field": "fields",
    "result": "results",
    "severity": "severities",
    "info_class": "severities",
    "scope": "scopes",
    "occasion": "occasions",
    "contest": "contests",
    "procedure": "procedures",
    "entity_type": "entity_types",
    "status": "statuses",
    "size_band": "size_bands",
    "state": "states",
}
"""Columns whose values are a closed list, and that list's table in ``rules/kinds.toml``."""

LINKED_COLUMNS: Mapping[str, ColumnType] = {
    "act_rank": "int",
    "related": "int",
    "matter": "text",
    "matter_rank": "int",
    "recheck_of": "text",
    "open_findings": "int",
    "series": "text",
    "closed_on": "date",
    "replaced_on": "date",
    "inherited_from": "text",
    "inherited_on": "date",
    "inherited_by": "text",
}
"""What linking adds to a record: how it stands to the others of its enterprise.

``act_rank`` is its place in an act of several records, 0 where it is alone. The others are filled in
under a set of relations (``entities.relation_set``): ``matter`` with its place there, ``recheck_of`` the
finding that it checks again or, where it passed and nobody knows which, the number of ``open_findings``
on its day, ``series`` the grades of one kind. A record that stands in nothing but one
plain relation has the day of its effect: ``closed_on`` of a finding that was mended, ``replaced_on`` of
a grade that a newer one followed. ``related`` is 1 where the relations are looked at anew on each day.
A record that followed from an enterprise which this one succeeded has that one's id in
``inherited_from``, the first day on which it followed in ``inherited_on`` and in ``inherited_by`` the
results of the successions that brought it, with blanks between them.
"""

EVIDENCE_OF_MATTER = ("document_no", "basis_document_no", "matter_id")
"""Columns by which a record can be joined to others of its matter."""

FICTITIOUS_SOURCE = "synthetic"
"""``source`` of facts that are made up: whoever shows them says so."""

MAX_AMOUNT_FEN = 10**12
MAX_RECORDS = 50_000
"""Bounds that make 64-bit sums safe: amount x weight x records <= 10^12 x 100 x 50,000 < 2^63."""


@cache
def codes() -> Mapping[str, Mapping[str, Mapping[str, object]]]:
    """The closed lists of ``rules/kinds.toml``: attributes (``zh``, ``en``, ``rank``) by table and code."""
    return shipped_table("kinds")


@cache
def code_number(column: str, code: str) -> int:
    """Number of a code within its closed list, from 1; severities so count up from minor.

    Raises:
        KeyError: The column's list has no such code.
    """
    closed_list = list(codes()[CODED_COLUMNS[column]])
    if code not in closed_list:
        raise KeyError(f"{column}: {code}")
    return closed_list.index(code) + 1


def code_label(table: str, code: str | None, lang: Lang) -> str:
    """Label of a code in ``zh`` or ``en``.

    The code itself if it is not in the list, a dash if there is none.
    """
    if code is None:
        return "—"
    return str(codes()[table].get(code, {}).get(lang, code))
