"""The one form of a code: its size in QR, what it says, and what another library reads in it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import cbor2
import cwt
import pytest
import qrcode
from code_authority import ENTERPRISES, HOST, NOW, CodeAuthority
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from stdnum.cn import uscc

from scoring.administration.credential.code_address import read_address
from scoring.administration.credential.code_claims import COLOURS, DAY, Claims, is_uscc
from scoring.administration.credential.not_a_code import CodeReason, NotACode
from scoring.administration.credential.profile import (
    MOST_IN_QR,
    OpaqueCode,
    SignedCode,
    decode,
    encode,
    sign_codes,
)
from scoring.administration.credential.verdict import check

AUTHORITY = CodeAuthority()
ALPHANUMERIC = re.compile(r"[0-9A-Z $%*+\-./:]+")


def version_of(text: str) -> int:
    """Version of the QR code that holds a text at level M."""
    code = qrcode.QRCode(error_correction=qrcode.constants.ERROR_CORRECT_M)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    assert [data.mode for data in code.data_list] == [qrcode.util.MODE_ALPHA_NUM]
    return int(code.version)


@pytest.mark.parametrize("authority", [AUTHORITY, CodeAuthority.of_sm2()], ids=["ed25519", "sm2"])
@pytest.mark.parametrize("colour", COLOURS)
def test_a_code_is_read_as_it_was_written(authority: CodeAuthority, colour: Any) -> None:
    """Every colour comes back with all that was said, in at most 160 bytes and version 10 at level M."""
    claims = authority.claims(colour=colour, index=2**23 - 1)
    (content,) = sign_codes([claims], authority.codes)
    text = encode(HOST, content)
    code = decode(text)
    assert isinstance(code, SignedCode) and code.claims == claims and code.host == HOST
    assert len(content) <= 160 and ALPHANUMERIC.fullmatch(text)
    assert version_of(text) <= 10


def test_the_size_of_the_design() -> None:
    """By Ed25519 a code has 155 bytes, and with a host of 20 letters version 10; an opaque one has version 3."""
    text = AUTHORITY.code()
    assert len(read_address(text).content) == 155
    assert version_of(encode("A" * 20, read_address(text).content)) == 10
    assert version_of("A" * MOST_IN_QR) == 10 and version_of("A" * (MOST_IN_QR + 1)) == 11
    opaque = encode(HOST, bytes(range(16)))
    assert version_of(opaque) == 3
    assert decode(opaque) == OpaqueCode(HOST, bytes(range(16)))


def test_another_library_reads_it() -> None:
    """A library of CWT verifies a code by its own means, and finds the claims in it."""
    public = Ed25519PublicKey.from_public_bytes(AUTHORITY.codes.signer.public)
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    key = cwt.COSEKey.from_pem(pem, kid=AUTHORITY.codes.key_id, alg="Ed25519")
    content = read_address(AUTHORITY.code(issued=1_700_000_000, expires=1_700_000_000 + DAY)).content
    with pytest.raises(cwt.VerifyError, match="expired"):
        cwt.decode(content, key)
    claims = cbor2.loads(cwt.COSE.new(alg_auto_inclusion=False).decode(content, key))
    assert claims == AUTHORITY.claims(issued=1_700_000_000, expires=1_700_000_000 + DAY).as_map()


def test_the_parts_of_an_envelope() -> None:
    """A code is tag 18 over header, nothing, claims and signature; it names algorithm -19 and four bytes of its key."""
    envelope = cbor2.loads(read_address(AUTHORITY.code()).content)
    assert envelope.tag == 18
    protected, unprotected, payload, signature = envelope.value
    assert cbor2.loads(protected) == {1: -19, 4: AUTHORITY.codes.key_id}
    assert unprotected == {} and len(signature) == 64
    assert list(cbor2.loads(payload)) == [1, 2, 4, 6, 7, -65537]
    sm2 = CodeAuthority.of_sm2()
    assert cbor2.loads(cbor2.loads(read_address(sm2.code()).content).value[0])[1] == -70001


FIRST, DATE = AUTHORITY.claims(), date(2026, 4, 1)
WRONG: dict[str, dict[int, Any]] = {
    "issuer": {1: "CN-33080"},
    "issuer of another form": {1: "cn-330802"},
    "issuer as bytes": {1: b"CN-330802"},
    "subject": {2: ENTERPRISES[0][:17]},
    "check character": {2: ENTERPRISES[0][:17] + "A"},
    "subject in lower case": {2: ENTERPRISES[0].lower()},
    "local id": {2: "shop:12"},
    "longer than 92 days": {4: FIRST.issued + 92 * DAY + 1},
    "over before it begins": {4: FIRST.issued - 1},
    "floating number": {4: float(FIRST.expires)},
    "truth value": {6: True},
    "negative time": {6: -1},
    "serial too short": {7: b"1234567"},
    "serial as text": {7: "12345678"},
    "colour 4": {-65537: [4, 20777, 20260401, 1]},
    "colour as text": {-65537: ["green", 20777, 20260401, 1]},
    "colour as truth": {-65537: [True, 20777, 20260401, 1]},
    "no 30 February": {-65537: [1, 20777, 20260230, 1]},
    "day in the year 10000": {-65537: [1, 2932897, 20260401, 1]},
    "negative index": {-65537: [1, 20777, 20260401, -1]},
    "index beyond the list": {-65537: [1, 20777, 20260401, 2**23]},
    "five values": {-65537: [1, 20777, 20260401, 1, 0]},
    "three values": {-65537: [1, 20777, 20260401]},
    "no list": {-65537: 1},
    "both faces": {-65538: [1]},
    "not before": {5: FIRST.issued},
    "audience": {3: "all"},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_other_claims_are_refused_though_signed(change: dict[int, Any]) -> None:
    """A claim more, a claim less, another type or another range is no code, however well it is signed."""
    text = AUTHORITY.odd({**FIRST.as_map(), **change})
    assert check(text, AUTHORITY.trust, NOW).reason is CodeReason.WRONG_FORMAT


@pytest.mark.parametrize("name", [1, 2, 4, 6, 7, -65537])
def test_a_claim_less_is_refused(name: int) -> None:
    """Every claim is needed."""
    claims = {number: value for number, value in FIRST.as_map().items() if number != name}
    assert check(AUTHORITY.odd(claims), AUTHORITY.trust, NOW).reason is CodeReason.WRONG_FORMAT


def test_a_shown_code_has_no_colour_and_a_day() -> None:
    """A code on a screen says an enterprise and a place in the list, for a day at most."""
    code = decode(AUTHORITY.shown(issued=NOW, expires=NOW + DAY))
    assert isinstance(code, SignedCode) and code.claims.colour is None
    assert list(code.claims.as_map()) == [1, 2, 4, 6, 7, -65538]
    with pytest.raises(NotACode):
        decode(AUTHORITY.shown(issued=NOW, expires=NOW + DAY + 1))
    assert version_of(AUTHORITY.shown()) <= 10


def test_check_characters() -> None:
    """The check character is that of GB 32100, as another library computes it."""
    for code in ENTERPRISES:
        assert is_uscc(code) and uscc.is_valid(code)
        for letter in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            other = code[:17] + letter
            assert is_uscc(other) == uscc.is_valid(other)
    assert not is_uscc(ENTERPRISES[0].lower()) and not is_uscc("I" * 18) and not is_uscc(None)


def test_days_are_whole() -> None:
    """The first and the last day that a code can say are read as they were written."""
    for as_of in (date(1970, 1, 1), date(9999, 12, 31)):
        claims: Claims = replace(FIRST, as_of=as_of, rules_from=as_of)
        (content,) = sign_codes([claims], AUTHORITY.codes)
        code = decode(encode(HOST, content))
        assert isinstance(code, SignedCode) and code.claims == claims
