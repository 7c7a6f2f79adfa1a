"""What a code proves where there is no network: by its signature, the list of trusted keys and
the list of statuses."""

from __future__ import annotations

from dataclasses import dataclass

from scoring.administration.credential.code_claims import DAY, Claims
from scoring.administration.credential.envelope import Envelope
from scoring.administration.credential.not_a_code import CodeReason, NotACode
from scoring.administration.credential.profile import OpaqueCode, SignedCode, decode
from scoring.administration.credential.status_list import (
    REVOKED,
    SKEW,
    SUPERSEDED,
    UNDER_REVIEW,
    StatusList,
)
from scoring.administration.keys.trust_list import TrustedKey, TrustList
from scoring.errors import InputError

STALE = 7 * DAY
"""Seconds after which a status list says nothing of a code any more but that it ended."""
_BY_STATE = {
    SUPERSEDED: CodeReason.SUPERSEDED,
    REVOKED: CodeReason.REVOKED,
    UNDER_REVIEW: CodeReason.UNDER_REVIEW,
}


@dataclass(frozen=True)
class CodeVerdict:
    """What a look at a code comes to.

    Attributes:
        reason: What it comes to.
        claims: What the code says; ``None`` where that is not to be believed or nothing.
        key: The key that has signed it.
        list_age: Seconds since the status list was made; ``None``: there was none, or it was not
            asked.
        token: The random id of an opaque code.
    """

    reason: CodeReason
    claims: Claims | None = None
    key: TrustedKey | None = None
    list_age: int | None = None
    token: bytes | None = None

    @property
    def is_valid(self) -> bool:
        """Whether the code holds, as far as can be known here."""
        return self.reason is CodeReason.VALID

    @property
    def is_demo(self) -> bool:
        """Whether a key of a demonstration has signed it."""
        return self.key is not None and self.key.is_demo


def check(text: str, trust: TrustList, at: int, statuses: StatusList | None = None) -> CodeVerdict:
    """What a code's text proves at a moment.

    Args:
        text: What was scanned.
        trust: Whom to trust.
        at: The moment, in POSIX seconds.
        statuses: The issuer's status list, where there is one.

    Raises:
        InputError: The status list is another issuer's, or the clock is behind the trust list.
    """
    if at < trust.issued - SKEW:
        raise InputError("clock_behind_trust_list", hours=(trust.issued - at) // 3600)
    try:
        code = decode(text)
    except NotACode as refused:
        return CodeVerdict(refused.reason)
    if code.host not in trust.hosts:
        return CodeVerdict(CodeReason.FOREIGN_HOST)
    if isinstance(code, OpaqueCode):
        return CodeVerdict(CodeReason.OPAQUE, token=code.token)
    signer = _signer(code, trust)
    return signer if isinstance(signer, CodeVerdict) else _timely(code.claims, signer, at, statuses)


def _signer(code: SignedCode, trust: TrustList) -> TrustedKey | CodeVerdict:
    """The key that has signed a code, or why none has."""
    envelope, refusal = code.envelope, CodeReason.UNKNOWN_KEY
    able: list[TrustedKey] = []
    for key in trust.by_id.get(envelope.key_id, ()):
        if _is_named(key, envelope):
            reason = _out_of_scope(key, code.claims)
            # Of several keys with one id the first tells why.
            refusal = reason if reason and refusal is CodeReason.UNKNOWN_KEY else refusal
            able += [] if reason else [key]
    for key in able:
        if key.check is None:
            refusal = CodeReason.ALGORITHM_OFFLINE
        elif key.check(envelope.message, envelope.signature):
            return key
    if able and refusal is not CodeReason.ALGORITHM_OFFLINE:
        refusal = CodeReason.BAD_SIGNATURE
    return CodeVerdict(refusal)


def _is_named(key: TrustedKey, envelope: Envelope) -> bool:
    """Whether a code may be a key's: the algorithm stands beside the key, and what the code names
    must be it."""
    return key.purpose == "codes" and key.cose in (envelope.algorithm, None)


def _out_of_scope(key: TrustedKey, claims: Claims) -> CodeReason | None:
    """Why a key may not sign this; ``None``: it may."""
    if key.withdrawn is not None:
        return CodeReason.KEY_WITHDRAWN
    if not key.holds_in(claims.district):
        return CodeReason.KEY_OUT_OF_DISTRICT
    return None if key.signs_at(claims.issued) else CodeReason.KEY_OUT_OF_TIME


def _timely(claims: Claims, key: TrustedKey, at: int, statuses: StatusList | None) -> CodeVerdict:
    """What a signed code proves at a moment."""
    if claims.issued > at + SKEW:
        return CodeVerdict(CodeReason.NOT_YET, claims, key)
    if claims.expires < at:
        return CodeVerdict(CodeReason.EXPIRED, claims, key)
    if statuses is None:
        return CodeVerdict(CodeReason.STATUS_UNCHECKED, claims, key)
    if statuses.issuer != claims.issuer:
        raise InputError("status_list_foreign", issuer=statuses.issuer, other=claims.issuer)
    age = max(at - statuses.issued, 0)
    state = statuses.state(claims.index)
    # What ended stays ended; whatever else an old list says may be otherwise by now.
    if state in (SUPERSEDED, REVOKED):
        return CodeVerdict(_BY_STATE[state], claims, key, age)
    if state is None or age > STALE:
        return CodeVerdict(CodeReason.STATUS_UNCHECKED, claims, key, age)
    return CodeVerdict(_BY_STATE.get(state, CodeReason.VALID), claims, key, age)
