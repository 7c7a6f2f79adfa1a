"""The verdict on a code in every state, with a list of every age, by the programme and by the file for others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from code_authority import NOW, CodeAuthority, MadeKey

from scoring.administration.credential import verify_code
from scoring.administration.credential.code_claims import DAY
from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.credential.status_list import StatusList
from scoring.administration.credential.verdict import check
from scoring.administration.keys.trust_list import TrustList
from scoring.errors import InputError

AUTHORITY = CodeAuthority()
INDEX = 70_000
STATES = {
    "valid": 0,
    "superseded": 1,
    "revoked": 2,
    "under_review": 3,
    "sold": 2,
    "closed": 2,
    "merged": 2,
    "expired": 0,
}
"""What became of a code -> its state in the list: a sold, a closed and a merged enterprise have theirs revoked."""
AGES = {"fresh": 3600, "a day": 2 * DAY, "stale": 8 * DAY, "no list": None}
ENDED = {
    "superseded": "superseded",
    "revoked": "revoked",
    "sold": "revoked",
    "closed": "revoked",
    "merged": "revoked",
}


def expected(state: str, age: str) -> str:
    """The verdict, reasoned from the design: expiry first; what ended stays ended; an old list says nothing else."""
    if state == "expired":
        return "expired"
    if age == "no list":
        return "status_unchecked"
    if state in ENDED:
        return ENDED[state]
    return "status_unchecked" if age == "stale" else state


def theirs(text: str, trust: TrustList, at: int, statuses: StatusList | None) -> dict[str, Any]:
    """The verdict of the file that is given to others."""
    read = verify_code.read_trust(trust.signed(AUTHORITY.root), AUTHORITY.root.key.text())
    status = verify_code.read_status(AUTHORITY.token(statuses), read, at) if statuses else None
    return verify_code.check(text, read, at, status)


@pytest.mark.parametrize("face", ["sticker", "shown"])
@pytest.mark.parametrize("age", AGES)
@pytest.mark.parametrize("state", STATES)
def test_matrix(state: str, age: str, face: str) -> None:
    """State by age of the list by face: the exact verdict, the same of both, with the age of the list."""
    at = NOW + 81 * DAY if state == "expired" else NOW
    make = AUTHORITY.code if face == "sticker" else AUTHORITY.shown
    text, seconds = make(index=INDEX), AGES[age]
    statuses = (
        None if seconds is None else AUTHORITY.statuses({INDEX: STATES[state]}, age=seconds - (at - NOW))
    )
    verdict = check(text, AUTHORITY.trust, at, statuses)
    assert str(verdict.reason) == expected(state, age)
    assert verdict.is_valid == (verdict.reason is CodeReason.VALID)
    assert verdict.list_age == (None if statuses is None or state == "expired" else seconds)
    assert verdict.claims is not None and verdict.claims.index == INDEX
    by_file = theirs(text, AUTHORITY.trust, at, statuses)
    assert by_file["reason"] == str(verdict.reason) and by_file.get("list_age") == verdict.list_age
    assert ("colour" in by_file) == (face == "sticker")


def test_an_opaque_code_is_known_online_alone() -> None:
    """A random id proves nothing without a network, and says so."""
    text = f"HTTPS://{AUTHORITY.trust.hosts[0]}/Q/{'A' * 24}BY"[:-1] + "A"
    verdict = check(text, AUTHORITY.trust, NOW)
    assert verdict.reason is CodeReason.OPAQUE and verdict.token is not None and not verdict.is_valid
    assert theirs(text, AUTHORITY.trust, NOW, None) == {"reason": "opaque"}


WRONG_KEYS: dict[str, tuple[dict[str, Any], CodeReason]] = {
    "district": ({"district": "330300"}, CodeReason.KEY_OUT_OF_DISTRICT),
    "too early": ({"since": date(2026, 11, 22)}, CodeReason.KEY_OUT_OF_TIME),
    "too late": ({"until": date(2026, 11, 20)}, CodeReason.KEY_OUT_OF_TIME),
    "withdrawn": ({"withdrawn": date(2026, 11, 30)}, CodeReason.KEY_WITHDRAWN),
    "of tokens": ({"purpose": "tokens"}, CodeReason.UNKNOWN_KEY),
    "unknown algorithm": ({"algorithm": "sm9"}, CodeReason.ALGORITHM_OFFLINE),
}


@pytest.mark.parametrize(("words", "reason"), WRONG_KEYS.values(), ids=WRONG_KEYS.keys())
def test_what_the_list_says_of_a_key_decides(words: dict[str, Any], reason: CodeReason) -> None:
    """The same code by the same key: what is trusted of it stands in the list and nowhere else."""
    text, trust = AUTHORITY.code(), AUTHORITY.trusting(**words)
    assert check(text, trust, NOW).reason is reason
    assert theirs(text, trust, NOW, None)["reason"] == str(reason)


@pytest.mark.parametrize("district", ["330802", "330800", "330000"])
def test_a_key_holds_in_all_that_lies_in_its_district(district: str) -> None:
    """A key of the county, of the city or of the province may sign for the county."""
    trust = AUTHORITY.trusting(district=district)
    assert check(AUTHORITY.code(), trust, NOW, AUTHORITY.statuses()).is_valid
    assert theirs(AUTHORITY.code(), trust, NOW, AUTHORITY.statuses())["reason"] == "valid"


def test_the_first_and_the_last_second_of_a_key() -> None:
    """The days of a key are days of China: it signs from midnight to midnight there."""
    trust = AUTHORITY.trusting(since=date(2026, 11, 21), until=date(2026, 11, 21))
    midnight = 1_795_190_400  # 2026-11-21T00:00+08:00
    for issued, reason in (
        (-1, CodeReason.KEY_OUT_OF_TIME),
        (0, CodeReason.VALID),
        (86_399, CodeReason.VALID),
        (86_400, CodeReason.KEY_OUT_OF_TIME),
    ):
        text = AUTHORITY.code(issued=midnight + issued)
        assert check(text, trust, NOW, AUTHORITY.statuses()).reason is reason
        assert theirs(text, trust, NOW, AUTHORITY.statuses())["reason"] == str(reason)


def test_the_algorithm_is_the_keys() -> None:
    """A code that names another algorithm than its key has, or another key's id, is not looked at further."""
    sm2 = MadeKey.of(algorithm=CodeAuthority.of_sm2().codes.signer.algorithm)
    both = AUTHORITY.trusting(sm2.trusted)
    assert check(AUTHORITY.code(sm2), both, NOW, AUTHORITY.statuses()).is_valid
    assert theirs(AUTHORITY.code(sm2), both, NOW, None)["reason"] == "algorithm_offline"
    stranger = MadeKey.of()
    assert check(AUTHORITY.code(stranger), both, NOW).reason is CodeReason.UNKNOWN_KEY


def test_keys_with_one_id() -> None:
    """Where two keys have the same four bytes, each of them is tried."""
    other = MadeKey.of()
    trust = AUTHORITY.trusting(other.trusted)
    # As if both had this id: 2^32 keys are not made for a test.
    trust.by_id[AUTHORITY.codes.key_id].insert(0, other.trusted)  # type: ignore[attr-defined]
    assert check(AUTHORITY.code(), trust, NOW, AUTHORITY.statuses()).is_valid


def clock_ahead(hours: int) -> str:
    """The verdict where the verifier's clock is so far off."""
    text = AUTHORITY.code(issued=NOW - 60, expires=NOW + 90 * DAY)
    trust = replace(AUTHORITY.trust, issued=NOW - 30 * DAY)
    return str(check(text, trust, NOW + hours * 3600, AUTHORITY.statuses(age=5 * DAY)).reason)


def test_a_clock_that_is_off() -> None:
    """Two days behind, a code seems to come from the future; two days ahead, the list grows older sooner."""
    assert (
        clock_ahead(0) == "valid" and clock_ahead(-48) == "not_yet" and clock_ahead(49) == "status_unchecked"
    )


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "clock behind the trust list": (
        lambda: check(AUTHORITY.code(), AUTHORITY.trust, NOW - 2 * DAY),
        "clock_behind_trust_list",
    ),
    "list of another issuer": (
        lambda: check(AUTHORITY.code(), AUTHORITY.trust, NOW, AUTHORITY.statuses(issuer="CN-330803")),
        "status_list_foreign",
    ),
}


@pytest.mark.parametrize(("look", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_lists_that_do_not_belong_are_refused(look: Callable[[], object], code: str) -> None:
    """A list that says nothing of this code, and a clock that cannot be right, are told in a sentence."""
    with pytest.raises(InputError) as refused:
        look()
    assert refused.value.code == code and refused.value.sentence("zh") and refused.value.sentence("en")


def test_an_index_beyond_the_list() -> None:
    """Of a code that came after the list nothing is known."""
    short = AUTHORITY.statuses(packed=b"\0")
    assert check(AUTHORITY.code(), AUTHORITY.trust, NOW, short).reason is CodeReason.STATUS_UNCHECKED
