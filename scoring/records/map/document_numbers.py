"""Numbers of decisions in one normal form, and the acts that they identify, as DuckDB expressions."""

from __future__ import annotations

from scoring.records.map.identifiers import BLANKS, FULL_WIDTH, HALF_WIDTH
from scoring.sql.literals import literal

OPENING, CLOSING = "〔[【〖(（［﹝〈《「『{｛<＜⟨〘﹙︹", "〕]】〗)）］﹞〉》」』}｝>＞⟩〙﹚︺"
COMPARED_AS = {
    **dict(zip(FULL_WIDTH[:-1], HALF_WIDTH[:-1], strict=True)),
    **dict.fromkeys(OPENING, "["),
    **dict.fromkeys(CLOSING, "]"),
}
"""What document numbers are compared by: characters replaced (blanks are left out)."""
PLAIN, BRACKETED = r"[\p{Han}0-9A-Z\[\]|-]*", r"[\p{Han}0-9A-Z〔〕|-]*"
YEAR = r"\[?((?:19|20)[0-9]{2})(?:\]年|年\]|年)"
ORDINAL = r"第([0-9A-Z-]+)(号|號|$)"
DIGIT, NO_DIGIT = "[0-9０-９]", "[^0-9０-９]"
A_YEAR = f"[12１２][09０９]{DIGIT}{{2}}"
A_PLACE = f"[1-8１-８]{DIGIT}{{5}}"
ONLY_YEAR_OR_PLACE = (
    f"{NO_DIGIT}*({A_PLACE}{NO_DIGIT}+)?{A_YEAR}{NO_DIGIT}*"
    rf"|[^0-9０-９A-Za-z\p{{Han}}]*{A_PLACE}[^0-9０-９A-Za-z\p{{Han}}]*"
)
"""〔2026〕 without a number behind it, or 330802, the code of a district (GB/T 2260)."""
NO_NUMBER_KINDS = ("inspection", "sampling_test", "self_inspection")
"""Kinds that are never one act for having the same document number: two visits are two visits."""


def document_key(text: str) -> str:
    """An office, or a text like it, as it is compared: width, case, brackets, blanks normalised."""
    # Blanks have nothing beside them among the replacements, so they are left out.
    replaced = literal("".join(COMPARED_AS) + BLANKS)
    replacements = literal("".join(COMPARED_AS.values()))
    translated = f"translate(upper({text}), {replaced}, {replacements})"
    # Most texts need nothing, or only their 〔〕 replaced: patterns pick those, for ``translate`` is
    # thirty times slower.
    return (
        f"CASE WHEN regexp_full_match({text}, {literal(PLAIN)}) THEN {text} "
        f"WHEN regexp_full_match({text}, {literal(BRACKETED)}) "
        f"THEN replace(replace({text}, '〔', '['), '〕', ']') ELSE {translated} END"
    )


def number_key(text: str) -> str:
    """A document number as it is compared: as an office, 2026年 as 〔2026〕, and 第88号 as 88号."""
    key = document_key(text)
    with_year = f"regexp_replace({key}, {literal(YEAR)}, '[\\1]')"
    in_one_form = f"regexp_replace({with_year}, {literal(ORDINAL)}, '\\1\\2')"
    return f"CASE WHEN regexp_matches({text}, '[年第]') THEN {in_one_form} ELSE {key} END"


def number_in_id(text: str) -> str:
    """A document number as it stands in an id: the normal form, with the brackets of official papers."""
    key = number_key(text)
    return f"replace(replace({key}, '[', '〔'), ']', '〕')"


def is_plausible(text: str) -> str:
    """Whether a document number identifies anything; 无, / and 0 do not, nor do a year or a place."""
    is_long = f"length(replace({text}, ' ', '')) >= 4"
    has_digit = f"regexp_matches({text}, '[1-9１-９]')"
    is_empty = f"regexp_full_match({text}, {literal(ONLY_YEAR_OR_PLACE)})"
    return f"coalesce({is_long} AND {has_digit} AND NOT {is_empty}, FALSE)"


def has_number() -> str:
    """Whether records of a kind are one act for having the same document number."""
    return f"kind NOT IN ({', '.join(map(literal, NO_NUMBER_KINDS))})"


def act_id() -> str:
    """The act of a record: as given, else authority and number, of the basis first, else its id."""
    office = f"coalesce({document_key('authority')}, '')"
    by_basis = f"{has_number()} AND {is_plausible('basis_document_no')}"
    # Two offices count from 1 every year: a number says nothing without its authority.
    by_number = f"{has_number()} AND authority IS NOT NULL AND {is_plausible('document_no')}"
    return (
        f"CASE WHEN act_id IS NOT NULL THEN {document_key('act_id')} "
        f"WHEN {by_basis} THEN {office} || '|' || {number_key('basis_document_no')} "
        f"WHEN {by_number} THEN {office} || '|' || {number_key('document_no')} ELSE record_id END"
    )
