"""SM2 signatures with SM3 (GB/T 32918, GM/T 0009): keys of 64 bytes, signatures r and s of 32
bytes each, no ASN.1.

Signing is gmalg's. Checking is done here with tables of multiples, some twenty times as fast: a
code that holds nothing is to be refused within 10 ms. Nothing of what is checked is secret.
"""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.hashes import SM3, Hash
from gmalg import SM2

from scoring.errors import InputError
from scoring.rules.wording import both

USER_ID = b"1234567812345678"
"""The id of signers that GM/T 0009 names where none is agreed."""
P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
"""The curve of GB/T 32918.5: y² = x³ - 3x + B over P; its base point and that one's order."""
WIDTH = 4
"""Bits of a window of a multiplier."""
Affine = tuple[int, int]
Jacobian = tuple[int, int, int]
NOWHERE: Jacobian = (1, 1, 0)
"""The point at infinity."""


def new_private_key(random_bytes: bytes) -> bytes:
    """A private key, from 48 bytes that nobody can guess."""
    # 128 bits more than the order has: what is left over by the division favours no key.
    return (int.from_bytes(random_bytes, "big") % (ORDER - 2) + 1).to_bytes(32, "big")


def public_key_of(private: bytes) -> bytes:
    """The public key, both coordinates."""
    return bytes(SM2(private).generate_pk(private)[1:])


def sign_sm2(private: bytes, public: bytes, message: bytes) -> bytes:
    """A signature of 64 bytes."""
    r, s = SM2(private, USER_ID, b"\x04" + public).sign(message)
    # gmalg leaves out leading zeros.
    return bytes(r.rjust(32, b"\0") + s.rjust(32, b"\0"))


class Sm2PublicKey:
    """A public key with what checking by it needs.

    Args:
        public: Both coordinates, 32 bytes each.

    Raises:
        InputError: It is no point of the curve.
    """

    def __init__(self, public: bytes) -> None:
        x, y = int.from_bytes(public[:32], "big"), int.from_bytes(public[32:], "big")
        if not (0 <= x < P and 0 <= y < P) or (y * y - x * x * x + 3 * x - B) % P:
            raise InputError("key_weak", reason=both("weak_sm2"))
        # Z of GB/T 32918.2, 5.5: the hash over the user id, the curve and the key.
        curve = b"".join(number.to_bytes(32, "big") for number in (P - 3, B, *G))
        self._identity = sm3((len(USER_ID) * 8).to_bytes(2, "big") + USER_ID + curve + public)
        # Made with the key, so that the first code takes no longer than the others.
        self._of_base, self._of_key = base_multiples(), multiples((x, y))

    def is_signed(self, message: bytes, signature: bytes) -> bool:
        """Whether a signature over a message is this key's (GB/T 32918.2, 7.1)."""
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
        if len(signature) != 64 or not (0 < r < ORDER and 0 < s < ORDER):
            return False
        t = (r + s) % ORDER
        if t == 0:
            return False
        total = added(added(NOWHERE, s, self._of_base), t, self._of_key)
        if total[2] == 0:
            return False
        x = total[0] * pow(total[2], -2, P) % P
        return (int.from_bytes(sm3(self._identity + message), "big") + x) % ORDER == r


def sm3(content: bytes) -> bytes:
    """The hash of GB/T 32905."""
    state = Hash(SM3())
    state.update(content)
    return state.finalize()


@cache
def base_multiples() -> list[list[Affine]]:
    """Multiples of the base point."""
    return multiples(G)


def multiples(point: Affine) -> list[list[Affine]]:
    """For each window the point's multiples by 1 to 15, times what the window counts."""
    table: list[list[Affine]] = []
    step: Jacobian = (*point, 1)
    for _window in range(256 // WIDTH):
        (first,) = _affine([step])
        row: list[Jacobian] = [step]
        for _digit in range(2, 1 << WIDTH):
            row.append(_plus(row[-1], first))
        table.append(_affine(row))
        step = _plus(row[-1], first)
    return table


def added(total: Jacobian, scalar: int, table: list[list[Affine]]) -> Jacobian:
    """A point with a multiple of another one, whose table is given, added."""
    for row in table:
        if digit := scalar & 15:
            total = _plus(total, row[digit - 1])
        scalar >>= WIDTH
    return total


def _plus(p: Jacobian, q: Affine) -> Jacobian:
    """Sum of a point in Jacobian coordinates and one in affine ones."""
    (x1, y1, z1), (x2, y2) = p, q
    if not z1:
        return x2, y2, 1
    zz = z1 * z1 % P
    h, r = (x2 * zz - x1) % P, (y2 * z1 * zz - y1) % P
    if not h:
        return NOWHERE if r else _double(p)
    hh = h * h % P
    hhh, v = h * hh % P, x1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - y1 * hhh) % P, z1 * h % P


def _double(p: Jacobian) -> Jacobian:
    x, y, z = p
    yy, zz = y * y % P, z * z % P
    s, m = 4 * x * yy % P, 3 * (x - zz) * (x + zz) % P
    x3 = (m * m - 2 * s) % P
    return x3, (m * (s - x3) - 8 * yy * yy) % P, 2 * y * z % P


def _affine(points: list[Jacobian]) -> list[Affine]:
    """Points in affine coordinates, by one inversion for all."""
    products = [1]
    for _x, _y, z in points:
        products.append(products[-1] * z % P)
    inverse, pairs = pow(products[-1], -1, P), list[Affine]()
    for (x, y, z), before in zip(reversed(points), reversed(products[:-1]), strict=True):
        i = inverse * before % P
        inverse = inverse * z % P
        pairs.append((x * i * i % P, y * i * i * i % P))
    return pairs[::-1]
