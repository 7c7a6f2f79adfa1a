"""Public keys on which verifiers disagree are no keys: points of small or mixed order, and points
written in another way.

By such a key one library takes a signature that another refuses, and some take one signature for
every message.
"""

from __future__ import annotations

from scoring.errors import InputError
from scoring.rules.wording import both
from scoring.store.log.verify_proof import ORDER, P, Point, point_of, times


def require_strong_ed25519(public: bytes) -> None:
    """Refuses a public key of Ed25519 that no honest key generation makes.

    Raises:
        InputError: It is no point, not written as RFC 8032 writes it, or not of the prime order.
    """
    # ``point_of`` refuses y of p or more, and minus zero: there are no two ways to write a point.
    point = point_of(public)
    if point is None:
        raise InputError("key_weak", reason=both("weak_form"))
    if is_neutral(point) or not is_neutral(times(ORDER, point)):
        raise InputError("key_weak", reason=both("weak_order"))


def is_neutral(point: Point) -> bool:
    """Whether a point is the neutral element."""
    x, y, z, _t = point
    return x % P == 0 and (y - z) % P == 0
