"""What every text and day of a row keeps to, whatever file it came from, as expressions in DuckDB.

At most 200 characters, line breaks but no other control characters; no identity number of a person; no day
after the clock's; nothing known before it happened.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from scoring.entities import ENTERPRISE_COLUMNS, RECORD_COLUMNS
from scoring.records.map.identifiers import (
    MONTH_AND_DAY,
    PERSON_WEIGHTS,
    check_digit_fails,
)
from scoring.records.map.row_faults import Fault
from scoring.sql.literals import literal, name_of

MAX_TEXT, MAX_NOTE = 200, 20_000
"""Characters of a text that is shown, and of a note that only officers see."""
NOTES = ("officer_note",)
ENTERPRISE_TEXTS = ("name", "industry_code", "district_code", "supervised_by", "source")
RECORD_TEXTS = (
    "authority",
    "document_no",
    "basis_document_no",
    "refers_to",
    "matter_id",
    "officer_note",
    "source",
)
"""Texts that are no ids and no codes of a list."""
RECORD_KEYS = ("record_id", "act_id")
"""Ids that a map may make of such texts."""
HAPPENED = (
    "registered_on",
    "occurred_on",
    "decided_on",
    "served_on",
    "mended_on",
    "restored_on",
    "withdrawn_on",
    "masked_from",
    "confirmed_on",
    "known_on",
)
"""Days on which something happened; others end a period and may lie ahead."""
MASK = "［身份证号］"
"""What stands in place of the identity number of a person."""
SUSPECT = name_of("t:suspect")
DIGITS = "[0-9０-９]"
WIDE_DIGITS, NARROW_DIGITS = "０１２３４５６７８９Ｘｘ", "0123456789Xx"
CONTROL = r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x{9f}]"
AS_IDENTITY_NUMBER = f"{DIGITS}{{14}}[0-9０-９XxＸｘ]"
"""As many digits as the identity number of a person has."""
LOOKED_FOR = f"{CONTROL}|{AS_IDENTITY_NUMBER}"
"""What makes a row worth a second look: a control character, or as many digits as an identity number has."""
AREA = "(1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|91)[0-9]{4}"
"""GB/T 2260: the division that an identity number begins with; 91 of foreigners with a permit to stay."""
LONG = AREA + "(18|19|20)[0-9]{2}" + MONTH_AND_DAY + "[0-9]{3}[0-9X]"
SHORT = AREA + "[0-9]{2}" + MONTH_AND_DAY + "[0-9]{3}"


@dataclass(frozen=True)
class TextContract:
    """The contract in SQL over the canonical columns of a row.

    Attributes:
        suspect: Whether a row is worth a second look, as the column ``t:suspect``.
        kept: Columns as they are kept, over that column.
        faults: What of it refuses a row.
    """

    suspect: str
    kept: Mapping[str, str]
    faults: tuple[Fault, ...]


def text_contract(
    is_enterprise: bool, assumed: Container[str], today: date | None, plain: Container[str] = ()
) -> TextContract:
    """The contract of enterprises or of records.

    Args:
        is_enterprise: Which of them.
        assumed: Columns with days that the map assumes, which may lie ahead.
        today: The clock's day; without one any day may be.
        plain: Columns whose cells are known to be plain (``read.plain_columns``).
    """
    column_types = ENTERPRISE_COLUMNS if is_enterprise else RECORD_COLUMNS
    texts = ENTERPRISE_TEXTS if is_enterprise else RECORD_TEXTS
    looked_at = texts if is_enterprise else (*texts, *RECORD_KEYS)
    suspect = _is_suspect([column for column in looked_at if column not in plain], is_enterprise)
    kept = {column: f"CASE WHEN {SUSPECT} THEN {_masked(column)} ELSE {column} END" for column in looked_at}
    faults = [_unfit_text(column) for column in texts if column not in plain]
    days = [column for column in HAPPENED if column in column_types and column not in assumed]
    if today is not None:
        faults += [_ahead(column, today) for column in days]
    if not is_enterprise:
        faults.append(Fault("known_on < occurred_on", "known_on", "known_before", "known_on"))
    return TextContract(suspect, kept, tuple(faults))


def _is_suspect(columns: Sequence[str], is_enterprise: bool) -> str:
    """Whether some of these columns, or an act made of other columns, is worth a second look; never null."""
    looked_at = {column: column for column in columns}
    if not is_enterprise:
        # Most acts have the id of their record.
        looked_at["act_id"] = "nullif(act_id, record_id)"
    joined = ", ".join(looked_at.values()) or "NULL::VARCHAR"
    # One text alone is mostly null, and then not looked at.
    text = joined if len(looked_at) <= 1 else f"concat_ws(' ', {joined})"
    return f"coalesce(regexp_matches({text}, {literal(LOOKED_FOR)}), FALSE)"


def _unfit_text(column: str) -> Fault:
    most = MAX_NOTE if column in NOTES else MAX_TEXT
    has_control = f"{SUSPECT} AND regexp_matches({column}, {literal(CONTROL)})"
    # Bytes are counted at once, characters one by one.
    is_long = f"strlen({column}) > {most} AND length({column}) > {most}"
    shown = f"regexp_replace(left({column}, 40), {literal(CONTROL)}, '?', 'g')"
    return Fault(f"({is_long}) OR ({has_control})", column, "bad_text", shown)


def _ahead(column: str, today: date) -> Fault:
    return Fault(f"{column} > DATE '{today}'", column, "day_ahead", column)


def _masked(text: str) -> str:
    """A text in which every identity number of a person gives way to a mask."""
    narrow = f"upper(translate(n, {literal(WIDE_DIGITS)}, {literal(NARROW_DIGITS)}))"
    runs = f"regexp_extract_all({text}, '{DIGITS}+[XxＸｘ]?')"
    numbers = f"list_filter({runs}, lambda n: {_is_person(narrow)})"
    return f"list_reduce({numbers}, lambda t, n: replace(t, n, {literal(MASK)}), {text})"


def _is_person(number: str) -> str:
    """Whether a run of digits is an identity number: its place, its day and its check character.

    A code of an enterprise in which a birthday could stand is none, if its own check character is
    right.
    """
    digits = [f"TRY_CAST(substr({number}, {place}, 1) AS INTEGER)" for place in range(1, 18)]
    weighted = " + ".join(f"{digit} * {weight}" for digit, weight in zip(digits, PERSON_WEIGHTS, strict=True))
    # ISO 7064 MOD 11-2, as GB 11643 has it.
    is_genuine = f"substr('10X98765432', ({weighted}) % 11 + 1, 1) = right({number}, 1)"
    is_long = f"regexp_full_match({number}, {literal(LONG)}) AND {is_genuine}"
    is_code = f"left({number}, 1) = '9' AND NOT {check_digit_fails(number)}"
    is_short = f"regexp_full_match({number}, {literal(SHORT)})"
    return f"coalesce(({is_long} AND NOT ({is_code})) OR {is_short}, FALSE)"
