"""Whatever is done to a code, it is refused: quickly, in words, and alike by everybody who checks it."""

from __future__ import annotations

import os
from collections import Counter
from time import perf_counter, thread_time

from code_authority import ENTERPRISES, HOST, NOW, CodeAuthority
from code_mutations import mutations

from scoring.administration.credential import verify_code
from scoring.administration.credential.code_claims import COLOURS, DAY
from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.credential.status_list import StatusList
from scoring.administration.credential.verdict import CodeVerdict, check
from scoring.administration.keys.algorithms import Algorithm

COUNT = int(os.environ.get("SISE_CODES", "20000"))
"""Changed codes; the campaign has a million."""
AGREEING = int(os.environ.get("SISE_CODES_AGREEING", "2000"))
"""Codes on which the programme and the file that is given to others must agree."""
SM2 = int(os.environ.get("SISE_CODES_SM2", "60"))
"""Codes by SM2 on which the programme and gmalg must agree."""
MOST_SECONDS = 0.010
SEED = 20261201


def codes(authority: CodeAuthority, statuses: StatusList) -> list[str]:
    """Valid codes: of each colour, and codes on screens."""
    stickers = [
        authority.code(subject=subject, colour=colour, index=index, serial=bytes([index] * 8))
        for index, (subject, colour) in enumerate(zip(ENTERPRISES * 2, COLOURS, strict=False))
    ]
    texts = [*stickers, authority.shown(), authority.code(index=2**17 - 1)]
    assert {check(text, authority.trust, NOW, statuses).reason for text in texts} == {CodeReason.VALID}
    return texts


def test_no_changed_code_holds() -> None:
    """Of all changed codes none is valid, none raises, and none takes ten milliseconds."""
    authority = CodeAuthority()
    statuses = authority.statuses()
    texts = codes(authority, statuses)
    reasons, slowest, started = Counter[str](), 0.0, perf_counter()

    def checked(text: str) -> tuple[float, CodeVerdict]:
        """Seconds of processor, and the verdict."""
        before = thread_time()
        verdict = check(text, authority.trust, NOW, statuses)
        return thread_time() - before, verdict

    for kind, text in mutations(texts, COUNT, SEED):
        spent, verdict = checked(text)
        if spent > slowest:
            # What else the programme tidies up meanwhile is not of the code: of a slow one the least time counts.
            spent = min(spent, *(checked(text)[0] for _ in range(4)))
        slowest = max(slowest, spent)
        assert not verdict.is_valid, f"{kind}: {text}"
        reasons[str(verdict.reason)] += 1
    print(f"\n{COUNT:,} changed codes in {perf_counter() - started:.0f} s, slowest {slowest * 1000:.2f} ms")
    print(", ".join(f"{reason} {number:,}" for reason, number in reasons.most_common()))
    assert slowest < MOST_SECONDS
    assert reasons["bad_signature"] > COUNT / 20 and reasons["wrong_format"] > COUNT / 20


def test_the_file_that_is_given_to_others_agrees() -> None:
    """Programme and file give the same reason: of changed codes, and of codes in every state."""
    authority = CodeAuthority()
    states = {0: 1, 1: 2, 2: 3}
    statuses = authority.statuses(states)
    note = authority.trust.signed(authority.root)
    trust = verify_code.read_trust(note, authority.root.key.text())
    status = verify_code.read_status(authority.token(statuses), trust, NOW)
    texts = codes(authority, authority.statuses())
    for kind, text in [("", text) for text in texts] + list(mutations(texts, AGREEING, SEED + 1)):
        for at in (NOW, NOW + 200 * DAY) if not kind else (NOW,):
            ours, theirs = (
                check(text, authority.trust, at, statuses),
                verify_code.check(text, trust, at, status),
            )
            assert theirs["reason"] == str(ours.reason), f"{kind}: {text}"


def test_gmalg_agrees() -> None:
    """Of codes by SM2, whole and changed, gmalg takes the same signatures, and no changed code holds."""
    import gmalg

    authority = CodeAuthority.of_sm2()
    statuses = authority.statuses()
    check_by = gmalg.SM2(None, b"1234567812345678", b"\x04" + authority.codes.signer.public)
    texts = codes(authority, statuses)
    assert authority.codes.trusted.algorithm is Algorithm.SM2 and all(HOST in text for text in texts)
    rest = mutations(texts, SM2, SEED + 2)
    for whole, text in [(True, text) for text in texts] + [(False, text) for _kind, text in rest]:
        verdict = check(text, authority.trust, NOW, statuses)
        assert verdict.is_valid == whole, text
        if verdict.reason in (CodeReason.VALID, CodeReason.BAD_SIGNATURE):
            message, signature = _signed(text)
            assert check_by.verify(message, signature[:32], signature[32:]) == whole


def _signed(text: str) -> tuple[bytes, bytes]:
    """What a code's signature is over, and the signature."""
    from scoring.administration.credential.profile import SignedCode, decode

    code = decode(text)
    assert isinstance(code, SignedCode)
    return code.envelope.message, code.envelope.signature
