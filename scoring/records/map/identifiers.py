"""Ids of enterprises (GB 32100-2015), document numbers and acts, as DuckDB expressions."""

from __future__ import annotations

from scoring.sql.literals import literal

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
"""GB 32100-2015: 31 characters, and 3^(i-1) mod 31 for the first seventeen places."""
PATTERN = "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"
DAY = "(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
PERSON = "[1-9][0-9]{5}(18|19|20)[0-9]{2}" + DAY + "[0-9]{3}[0-9Xx]"
OLD_PERSON = "[1-9][0-9]{5}[0-9]{2}" + DAY + "[0-9]{3}"
PERSON_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Identity numbers (GB 11643-1999, ISO 7064 MOD 11-2): area, birthday, sequence, check character.

Before 1999 they had fifteen digits.
"""
PREFIX = "([A-Za-z][A-Za-z0-9-]*:)?"
MAX_ID = 200
WIDE = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"
NARROW = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + " "
"""Full-width forms and their ASCII: what NFKC does to the characters that occur in codes and numbers."""
OPENING, CLOSING = "〔[【〖(（［", "〕]】〗)）］"
KEY = (
    dict(zip(WIDE[:-1], NARROW[:-1], strict=True)) | dict.fromkeys(OPENING, "[") | dict.fromkeys(CLOSING, "]")
)
BLANKS = " \t\r\n\u00a0\u3000\ufeff"
"""What document numbers are compared by: characters replaced, and characters left out."""
PLAIN, BRACKETED = r"[\p{Han}0-9A-Z\[\]|-]*", r"[\p{Han}0-9A-Z〔〕|-]*"
TYPES = {
    "91": "company",
    "92": "sole_trader",
    "93": "cooperative",
    "11": "public_institution",
    "12": "public_institution",
    "51": "social_organisation",
    "52": "social_organisation",
    "53": "social_organisation",
    "59": "social_organisation",
}
NO_NUMBER_KINDS = ("inspection", "sampling_test", "self_inspection")
"""Kinds that are never one act for having the same document number: two visits are two visits."""


def narrow(text: str) -> str:
    """Text with full-width characters made ASCII; one that is all ASCII is left as it is, which is quicker."""
    narrowed = f"trim(translate({text}, {literal(WIDE)}, {literal(NARROW)}))"
    return f"CASE WHEN strlen({text}) = length({text}) THEN {text} ELSE {narrowed} END"


def canonical_id(text: str, scheme: str | None) -> str:
    """An enterprise id: a code in capitals, or ``scheme:value``; the value itself where the map has no scheme."""
    clean = narrow(text)
    code = f"regexp_full_match(upper({clean}), {literal(PATTERN)})"
    local = f"{literal(scheme + ':')} || ({clean})" if scheme else f"({clean})"
    return f"CASE WHEN {code} THEN upper({clean}) ELSE {local} END"


def is_valid_id(column: str) -> str:
    """Whether an id is a code by its form, or has a scheme."""
    has_scheme = f"regexp_full_match({column}, '[A-Za-z][A-Za-z0-9-]*:[^[:space:]].*')"
    is_code = f"regexp_full_match({column}, {literal(PATTERN)})"
    return f"CASE WHEN {is_code} THEN TRUE ELSE {has_scheme} AND NOT {is_unwieldy(column)} END"


def is_unwieldy(column: str) -> str:
    """Whether an id is longer than ``MAX_ID`` or has control characters, which no one can see or type."""
    return f"(length(({column})) > {MAX_ID} OR regexp_matches({column}, '\\p{{Cc}}'))"


def check_digit_fails(column: str) -> str:
    """Whether a code has a check character other than GB 32100 computes."""
    total = " + ".join(
        f"(position(substr({column}, {place}, 1) IN {literal(ALPHABET)}) - 1) * {weight}"
        for place, weight in enumerate(WEIGHTS, 1)
    )
    expected = f"substr({literal(ALPHABET)}, ((31 - ({total}) % 31) % 31 + 1)::BIGINT, 1)"
    return f"(position(':' IN {column}) = 0 AND substr({column}, 18, 1) <> {expected})"


def is_id_number(text: str) -> str:
    """Whether a text looks like the identity number of a person (GB 11643), a scheme in front or not: never null.

    Codes of eighteen digits have the same shape where a birthday could stand. Such a code passes only if its own check
    character is right and that of an identity number would be wrong: a person must not pass, an enterprise can be asked about.
    """
    code = f"upper(right({text}, 18))"
    total = " + ".join(
        f"substr({code}, {place}, 1)::INTEGER * {weight}" for place, weight in enumerate(PERSON_WEIGHTS, 1)
    )
    genuine = f"substr('10X98765432', ({total}) % 11 + 1, 1) = right({code}, 1)"
    is_long = f"regexp_full_match({text}, {literal(PREFIX + PERSON)})"
    is_short = f"coalesce(regexp_full_match({text}, {literal(PREFIX + OLD_PERSON)}), FALSE)"
    return f"CASE WHEN {is_long} THEN {check_digit_fails(code)} OR {genuine} ELSE {is_short} END"


def uscc_type(column: str) -> str:
    """Entity type by characters 1-2 of a code."""
    pairs = " ".join(f"WHEN {literal(prefix)} THEN {literal(kind)}" for prefix, kind in TYPES.items())
    return f"CASE substr({column}, 1, 2) {pairs} ELSE 'other' END"


def enterprise_defaults() -> dict[str, str]:
    """Columns of an enterprise that follow from its code where the source is silent, over the canonical columns."""
    local = "position(':' IN enterprise_id) > 0"
    district = f"coalesce(district_code, CASE WHEN NOT {local} THEN substr(enterprise_id, 3, 6) END)"
    entity_type = f"CASE WHEN {local} THEN 'company' ELSE {uscc_type('enterprise_id')} END"
    return {
        "entity_type": f"coalesce(entity_type, {entity_type})",
        "status": "coalesce(status, 'active')",
        "district_code": district,
        "supervised_by": f"coalesce(supervised_by, {district})",
    }


def document_key(text: str) -> str:
    """A document number or an office as it is compared: width, case, brackets and blanks normalised once."""
    translated = (
        f"translate(upper({text}), {literal(''.join(KEY) + BLANKS)}, {literal(''.join(KEY.values()))})"
    )
    # Most texts need nothing, or only their 〔〕 replaced: patterns pick those, for translate is thirty times slower.
    return (
        f"CASE WHEN regexp_full_match({text}, {literal(PLAIN)}) THEN {text} "
        f"WHEN regexp_full_match({text}, {literal(BRACKETED)}) "
        f"THEN replace(replace({text}, '〔', '['), '〕', ']') ELSE {translated} END"
    )


def is_plausible(text: str) -> str:
    """Whether a document number identifies anything: 〔year〕…号, or four characters with a digit; 无, /, 0, - do not."""
    return f"coalesce(length(replace({text}, ' ', '')) >= 4 AND regexp_matches({text}, '[1-9１-９]'), FALSE)"


def has_number() -> str:
    """Whether records of a kind are one act for having the same document number."""
    return f"kind NOT IN ({', '.join(map(literal, NO_NUMBER_KINDS))})"


def act_id() -> str:
    """The act of a record: as given, else authority and number, of the basis first; else its own id."""
    office = f"coalesce({document_key('authority')}, '')"
    by_basis = f"{has_number()} AND {is_plausible('basis_document_no')}"
    # Two offices count from 1 every year: a number says nothing without its authority.
    by_number = f"{has_number()} AND authority IS NOT NULL AND {is_plausible('document_no')}"
    return (
        f"CASE WHEN act_id IS NOT NULL THEN {document_key('act_id')} "
        f"WHEN {by_basis} THEN {office} || '|' || {document_key('basis_document_no')} "
        f"WHEN {by_number} THEN {office} || '|' || {document_key('document_no')} ELSE record_id END"
    )
