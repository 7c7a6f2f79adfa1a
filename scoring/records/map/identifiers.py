"""Ids of enterprises (GB 32100-2015), document numbers and acts, as DuckDB expressions."""

from __future__ import annotations

from scoring.sql.literals import literal

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
"""GB 32100-2015: 31 characters, and 3^(i-1) mod 31 for the first seventeen places."""
PATTERN = "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"
MONTH_AND_DAY = "(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])"
PERSON = "[1-9][0-9]{5}(18|19|20)[0-9]{2}" + MONTH_AND_DAY + "[0-9]{3}[0-9Xx]"
OLD_PERSON = "[1-9][0-9]{5}[0-9]{2}" + MONTH_AND_DAY + "[0-9]{3}"
PERSON_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
"""Identity numbers (GB 11643-1999, ISO 7064 MOD 11-2): area, birthday, sequence, check character.

Before 1999 they had fifteen digits.
"""
PREFIX = "([A-Za-z][A-Za-z0-9-]*:)?"
MAX_ID = 200
FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000"
HALF_WIDTH = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + " "
"""Full-width forms and their ASCII, as NFKC has them for characters of codes and numbers."""
OPENING, CLOSING = "〔[【〖(（［", "〕]】〗)）］"
COMPARED_AS = {
    **dict(zip(FULL_WIDTH[:-1], HALF_WIDTH[:-1], strict=True)),
    **dict.fromkeys(OPENING, "["),
    **dict.fromkeys(CLOSING, "]"),
}
BLANKS = " \t\r\n\u00a0\u3000\ufeff"
"""What document numbers are compared by: characters replaced, and characters left out."""
PLAIN, BRACKETED = r"[\p{Han}0-9A-Z\[\]|-]*", r"[\p{Han}0-9A-Z〔〕|-]*"
ENTITY_TYPES = {
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
    """Text with full-width characters made ASCII."""
    # A text that is all ASCII is left as it is, which is quicker.
    narrowed = f"trim(translate({text}, {literal(FULL_WIDTH)}, {literal(HALF_WIDTH)}))"
    return f"CASE WHEN strlen({text}) = length({text}) THEN {text} ELSE {narrowed} END"


def canonical_id(text: str, scheme: str | None) -> str:
    """An enterprise id: a code in capitals, or ``scheme:value``; without a scheme the value alone."""
    narrowed = narrow(text)
    is_code = f"regexp_full_match(upper({narrowed}), {literal(PATTERN)})"
    local_id = f"{literal(scheme + ':')} || ({narrowed})" if scheme else f"({narrowed})"
    return f"CASE WHEN {is_code} THEN upper({narrowed}) ELSE {local_id} END"


def is_valid_id(column: str) -> str:
    """Whether an id is a code by its form, or has a scheme."""
    has_scheme = f"regexp_full_match({column}, '[A-Za-z][A-Za-z0-9-]*:[^[:space:]].*')"
    is_code = f"regexp_full_match({column}, {literal(PATTERN)})"
    return f"CASE WHEN {is_code} THEN TRUE ELSE {has_scheme} AND NOT {is_unwieldy(column)} END"


def is_unwieldy(column: str) -> str:
    """Whether an id is too long or has control characters, which no one can see or type."""
    return f"(length(({column})) > {MAX_ID} OR regexp_matches({column}, '\\p{{Cc}}'))"


def check_digit_fails(column: str) -> str:
    """Whether a code has a check character other than GB 32100 computes."""
    places = range(1, len(WEIGHTS) + 1)
    values = [f"(position(substr({column}, {place}, 1) IN {literal(ALPHABET)}) - 1)" for place in places]
    weighted_sum = _weighted(values, WEIGHTS)
    # GB 32100-2015: 31 less the remainder, and 0 where that is 31.
    expected = f"substr({literal(ALPHABET)}, ((31 - ({weighted_sum}) % 31) % 31 + 1)::BIGINT, 1)"
    # Local ids, which have a colon, have no check character.
    return f"(position(':' IN {column}) = 0 AND substr({column}, 18, 1) <> {expected})"


def _weighted(values: list[str], weights: tuple[int, ...]) -> str:
    return " + ".join(f"{value} * {weight}" for value, weight in zip(values, weights, strict=True))


def is_id_number(text: str) -> str:
    """Whether a text, with a scheme or not, looks like the identity number of a person: never null.

    Codes of eighteen digits have the same shape where a birthday could stand. Such a code passes
    only if its own check character is right and that of an identity number would be wrong: a person
    must not pass, an enterprise can be asked about.
    """
    last_digits = f"upper(right({text}, 18))"
    places = range(1, len(PERSON_WEIGHTS) + 1)
    digits = [f"substr({last_digits}, {place}, 1)::INTEGER" for place in places]
    weighted_sum = _weighted(digits, PERSON_WEIGHTS)
    # ISO 7064 MOD 11-2, as GB 11643 has it.
    is_genuine = f"substr('10X98765432', ({weighted_sum}) % 11 + 1, 1) = right({last_digits}, 1)"
    is_long = f"regexp_full_match({text}, {literal(PREFIX + PERSON)})"
    is_short = f"coalesce(regexp_full_match({text}, {literal(PREFIX + OLD_PERSON)}), FALSE)"
    is_no_code = check_digit_fails(last_digits)
    return f"CASE WHEN {is_long} THEN {is_no_code} OR {is_genuine} ELSE {is_short} END"


def uscc_type(column: str) -> str:
    """Entity type by characters 1-2 of a code."""
    # GB 32100-2015: the office that registers, and the kind of organisation.
    cases = [f"WHEN {literal(start)} THEN {literal(kind)}" for start, kind in ENTITY_TYPES.items()]
    return f"CASE substr({column}, 1, 2) {' '.join(cases)} ELSE 'other' END"


def enterprise_defaults() -> dict[str, str]:
    """Columns of an enterprise that follow from its code where the source is silent."""
    is_local = "position(':' IN enterprise_id) > 0"
    registered_in = f"CASE WHEN NOT {is_local} THEN substr(enterprise_id, 3, 6) END"
    district = f"coalesce(district_code, {registered_in})"
    # A local id says nothing of its owner.
    entity_type = f"CASE WHEN {is_local} THEN 'company' ELSE {uscc_type('enterprise_id')} END"
    return {
        "entity_type": f"coalesce(entity_type, {entity_type})",
        "status": "coalesce(status, 'active')",
        "district_code": district,
        "supervised_by": f"coalesce(supervised_by, {district})",
    }


def document_key(text: str) -> str:
    """A document number or an office as it is compared: width, case, brackets, blanks normalised."""
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


def is_plausible(text: str) -> str:
    """Whether a document number identifies anything: four characters with a digit; 无, / or 0 do not."""
    is_long = f"length(replace({text}, ' ', '')) >= 4"
    return f"coalesce({is_long} AND regexp_matches({text}, '[1-9１-９]'), FALSE)"


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
        f"WHEN {by_basis} THEN {office} || '|' || {document_key('basis_document_no')} "
        f"WHEN {by_number} THEN {office} || '|' || {document_key('document_no')} ELSE record_id END"
    )
