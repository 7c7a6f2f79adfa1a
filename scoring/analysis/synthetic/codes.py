"""Unified social credit codes of nobody: right in every check, with a body code of ``YY…``.

GB 32100-2015 for the whole code, GB 11714 for the body code inside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from scoring.analysis.synthetic.columns import Column, Ints, characters

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_POINTS = np.frombuffer(ALPHABET.encode("utf-32-le"), dtype=np.uint32)
# GB 11714 counts A as 10 … Z as 35.
_BODY_VALUES = np.array([int(character, 36) for character in ALPHABET])
_BODY_WEIGHTS = np.array([3, 7, 9, 10, 5, 8, 4, 2])
# GB 32100-2015: 3^(i-1) mod 31.
_CODE_WEIGHTS = np.array([pow(3, place, 31) for place in range(17)])
_SERIALS = 31**6
# Prime to 31, so that neighbours get codes far apart.
_STRIDE = 387_420_489


def social_credit_codes(
    prefixes: Sequence[str], prefix: Ints, serial: Ints, wrong: NDArray[np.bool_]
) -> Column:
    """Codes of 18 characters.

    Args:
        prefixes: The first eight digits: department, type and division, e.g. ``91330802``.
        prefix: Index into ``prefixes``, one per code.
        serial: Number of the enterprise in the district, 0 … 31^6 - 1; each number has its code.
        wrong: Where the check character shall fail, as in genuine codes issued early.

    Returns:
        Text column, upper case, unique by serial.
    """
    digits = np.empty((len(serial), 18), dtype=np.int64)
    digits[:, :8] = np.array([_digits(text) for text in prefixes])[prefix]
    digits[:, 8:10] = ALPHABET.index("Y")
    digits[:, 10:16] = (serial * _STRIDE % _SERIALS)[:, None] // 31 ** np.arange(6) % 31
    digits[:, 16] = _body_check(digits[:, 8:16])
    digits[:, 17] = (31 - digits[:, :17] @ _CODE_WEIGHTS % 31 + wrong) % 31
    return characters(_CODE_POINTS[digits])


def _digits(text: str) -> list[int]:
    return [ALPHABET.index(character) for character in text]


def _body_check(body: Ints) -> Ints:
    check = 11 - _BODY_VALUES[body] @ _BODY_WEIGHTS % 11
    return np.where(check == 10, ALPHABET.index("X"), check % 11)
