"""Ids of enterprises (GB 32100-2015) and of persons, as DuckDB expressions."""

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
BLANKS = " \t\r\n\u00a0\u3000\ufeff"
"""Characters that a cell may begin or end with, and that are nothing."""
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
OTHER_TYPES = "^([1-8][1-9]|99|A[19]|N[1-39]|Y1)"
"""Other organisations that GB 32100-2015 and its amendment know: the office and the sort."""


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
    """Entity type by characters 1-2 of a code; null where no office registers such organisations."""
    # GB 32100-2015: the office that registers, and the kind of organisation.
    cases = [f"WHEN {literal(start)} THEN {literal(kind)}" for start, kind in ENTITY_TYPES.items()]
    is_other = f"regexp_matches({column}, {literal(OTHER_TYPES)})"
    return f"CASE substr({column}, 1, 2) {' '.join(cases)} ELSE CASE WHEN {is_other} THEN 'other' END END"


def enterprise_defaults(entity_type: str | None = None) -> dict[str, str]:
    """Columns of an enterprise that follow from its code where the source is silent.

    Args:
        entity_type: What its map says of an enterprise of which nothing tells the type.
    """
    is_local = "position(':' IN enterprise_id) > 0"
    registered_in = f"CASE WHEN NOT {is_local} THEN substr(enterprise_id, 3, 6) END"
    district = f"coalesce(district_code, {registered_in})"
    # A local id says nothing of its owner.
    by_code = f"CASE WHEN NOT {is_local} THEN {uscc_type('enterprise_id')} END"
    stated = f", {literal(entity_type)}" if entity_type else ""
    return {
        "entity_type": f"coalesce(entity_type, {by_code}{stated})",
        "district_code": district,
        "supervised_by": f"coalesce(supervised_by, {district})",
    }
