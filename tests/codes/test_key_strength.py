"""Keys on which verifiers disagree are refused: made by mathematics, every kind of them."""

from __future__ import annotations

from datetime import date

import pytest
from code_authority import CodeAuthority
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from scoring.administration.credential import verify_code
from scoring.administration.keys.algorithms import Algorithm, check_of
from scoring.administration.keys.key_strength import is_neutral
from scoring.administration.keys.sm2 import G
from scoring.administration.keys.trust_list import TrustedKey, read_trust_list
from scoring.errors import InputError
from scoring.store.log.verify_proof import ORDER, P, Point, add, point_of, times


def encoded(point: Point, flip: int = 0) -> bytes:
    """A point as 32 bytes; with ``flip`` with the other sign."""
    x, y, z, _t = point
    inverse = pow(z, -1, P)
    x, y = x * inverse % P, y * inverse % P
    return (y | ((x & 1) ^ flip) << 255).to_bytes(32, "little")


def torsion() -> list[Point]:
    """The eight points of small order, as multiples of one of order eight."""
    for y in range(2, 200):
        point = point_of(y.to_bytes(32, "little"))
        if point is None:
            continue
        eighth = times(ORDER, point)
        if not is_neutral(times(4, eighth)):
            return [times(number, eighth) for number in range(8)]
    raise AssertionError("every second point has a part of order eight")


SMALL = torsion()
HONEST = Ed25519PrivateKey.generate().public_key().public_bytes_raw()
HONEST_POINT = point_of(HONEST)


def weak_keys() -> dict[str, bytes]:
    """Every kind of key on which verifiers disagree."""
    assert HONEST_POINT is not None
    keys = {f"order 8, multiple {number}": encoded(point) for number, point in enumerate(SMALL)}
    keys |= {f"mixed order {number}": encoded(add(HONEST_POINT, SMALL[number])) for number in range(1, 8)}
    # A second way to write what there is: y plus the prime, and minus zero.
    keys |= {f"y = {y} + p": (y + P).to_bytes(32, "little") for y in (0, 1, 3, 18)}
    keys |= {f"y = {y} + p, negative": (y + P | 1 << 255).to_bytes(32, "little") for y in (0, 1, 3)}
    keys |= {
        "minus zero": (1 | 1 << 255).to_bytes(32, "little"),
        "minus zero, -1": (P - 1 | 1 << 255).to_bytes(32, "little"),
    }
    not_on_curve = next(y for y in range(2, 99) if point_of(y.to_bytes(32, "little")) is None)
    return {**keys, "not on the curve": not_on_curve.to_bytes(32, "little")}


WEAK = weak_keys()


@pytest.mark.parametrize("public", WEAK.values(), ids=WEAK.keys())
def test_a_trust_list_with_a_weak_key_is_refused(public: bytes) -> None:
    """A list that names such a key is not taken at all, though the root key has signed it."""
    authority = CodeAuthority()
    weak = TrustedKey(Algorithm.ED25519, "codes", public, "330000", date(2026, 1, 1), date(2027, 1, 1))
    note = authority.trusting(weak).signed(authority.root)
    with pytest.raises(InputError) as refused:
        read_trust_list(note, authority.root.key)
    assert refused.value.code == "key_weak"


@pytest.mark.parametrize("name", [name for name in WEAK if "mixed" not in name and "curve" not in name])
def test_the_file_refuses_them_too(name: str) -> None:
    """The file that is given to others refuses points of small order and second ways to write a point."""
    authority = CodeAuthority()
    weak = TrustedKey(Algorithm.ED25519, "codes", WEAK[name], "330000", date(2026, 1, 1), date(2027, 1, 1))
    note = authority.trusting(weak).signed(authority.root)
    with pytest.raises(verify_code.NotSo, match="weak"):
        verify_code.read_trust(note, authority.root.key.text())


def test_small_order_is_what_it_is_called() -> None:
    """There are eight such points, and five second coordinates of them; the file knows them all."""
    assert len({encoded(point) for point in SMALL}) == 8
    ys = {int.from_bytes(encoded(point), "little") & (2**255 - 1) for point in SMALL}
    assert ys == verify_code.SMALL


def test_honest_keys_are_taken() -> None:
    """Keys as they are generated are strong; a key of another length is none."""
    for _ in range(20):
        check_of(Algorithm.ED25519, Ed25519PrivateKey.generate().public_key().public_bytes_raw())
    for algorithm in Algorithm:
        with pytest.raises(InputError, match="key_length"):
            check_of(algorithm, HONEST[:31])


@pytest.mark.parametrize("point", [(0, 0), (1, 1), (G[0], G[1] + 1), (2**256 - 1, G[1])])
def test_sm2_keys_lie_on_the_curve(point: tuple[int, int]) -> None:
    """Two numbers that are no point of the SM2 curve are no key."""
    public = b"".join(number.to_bytes(32, "big") for number in point)
    with pytest.raises(InputError, match="key_weak"):
        check_of(Algorithm.SM2, public)
