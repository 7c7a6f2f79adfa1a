"""SM2 with SM3 against others: OpenSSL's command line and gmalg take our signatures, and we take theirs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import gmalg
import pytest
from code_authority import NOW, CodeAuthority

from scoring.administration.credential import verify_code
from scoring.administration.credential.not_a_code import CodeReason
from scoring.administration.credential.profile import SignedCode, decode
from scoring.administration.credential.verdict import check
from scoring.administration.keys.sm2 import ORDER, USER_ID, Sm2PublicKey, public_key_of, sign_sm2
from scoring.rules.wording import say

HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
"""SubjectPublicKeyInfo of a key on the curve sm2p256v1 (1.2.156.10197.1.301), up to the point."""
PRIVATE = bytes.fromhex("30770201010420")
CURVE = bytes.fromhex("a00a06082a811ccf5501822da144034200")


@pytest.fixture(scope="module")
def openssl() -> str:
    """OpenSSL with SM2; without it the test is skipped, under CI it fails."""
    found = shutil.which("openssl")
    listed = (
        subprocess.run([found, "list", "-public-key-algorithms"], capture_output=True, text=True, check=False)
        if found
        else None
    )
    if found and listed and "SM2" in listed.stdout:
        return found
    reason = "openssl with SM2 is not installed (apt-get install openssl)"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def der(signature: bytes) -> bytes:
    """A signature r‖s as the sequence of two numbers that OpenSSL reads."""
    numbers = [int.from_bytes(part, "big") for part in (signature[:32], signature[32:])]
    encoded = [number.to_bytes(number.bit_length() // 8 + 1, "big") for number in numbers]
    body = b"".join(b"\x02" + bytes([len(part)]) + part for part in encoded)
    return b"\x30" + bytes([len(body)]) + body


def raw(sequence: bytes) -> bytes:
    """The same back."""
    first = 4 + sequence[3]
    parts = sequence[4:first], sequence[first + 2 :]
    return b"".join(int.from_bytes(part, "big").to_bytes(32, "big") for part in parts)


def run(openssl: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Runs OpenSSL over the digest with the id of signers."""
    option = ("-pkeyopt", f"distid:{USER_ID.decode()}")
    return subprocess.run(
        [openssl, "pkeyutl", *arguments, "-rawin", "-digest", "sm3", *option],
        capture_output=True,
        check=False,
    )


def test_openssl_takes_our_signatures_and_we_take_its(openssl: str, tmp_path: Path) -> None:
    """Of twenty messages each side takes what the other signed, and neither takes it over another message."""
    authority = CodeAuthority.of_sm2()
    private, public = authority.codes.signer.private, authority.codes.signer.public
    files = {name: tmp_path / name for name in ("public.der", "private.der", "message", "signature", "other")}
    files["public.der"].write_bytes(HEAD + b"\x04" + public)
    files["private.der"].write_bytes(PRIVATE + private + CURVE + b"\x04" + public)
    checks, names = Sm2PublicKey(public), {name: str(file) for name, file in files.items()}
    for number in range(20):
        code = decode(authority.code(serial=number.to_bytes(8, "big")))
        assert isinstance(code, SignedCode)
        files["message"].write_bytes(code.envelope.message)
        files["other"].write_bytes(code.envelope.message[:-1] + b"\xff")
        files["signature"].write_bytes(der(code.envelope.signature))
        key = (
            "-verify",
            "-pubin",
            "-inkey",
            names["public.der"],
            "-keyform",
            "DER",
            "-sigfile",
            names["signature"],
        )
        assert run(openssl, *key, "-in", names["message"]).returncode == 0
        assert run(openssl, *key, "-in", names["other"]).returncode != 0
        sign = (
            "-sign",
            "-inkey",
            names["private.der"],
            "-keyform",
            "DER",
            "-in",
            names["message"],
            "-out",
            names["signature"],
        )
        done = run(openssl, *sign)
        assert done.returncode == 0, done.stderr
        theirs = raw(files["signature"].read_bytes())
        assert checks.is_signed(code.envelope.message, theirs)
        assert not checks.is_signed(files["other"].read_bytes(), theirs)


def test_numbers_at_the_edge() -> None:
    """Parts that are zero, the order or beyond it, and parts that cancel each other, are no signature."""
    private = bytes(31) + b"\x07"
    public = public_key_of(private)
    checks, message = Sm2PublicKey(public), b"message"
    signature = sign_sm2(private, public, message)
    r, s = signature[:32], signature[32:]
    assert checks.is_signed(message, signature) and len(signature) == 64
    zero, order, most = bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32
    opposite = (ORDER - int.from_bytes(r, "big")).to_bytes(32, "big")
    for wrong in (
        zero + s,
        r + zero,
        order + s,
        r + order,
        most + s,
        r + most,
        r + opposite,
        signature[:63],
        signature + b"\0",
        b"",
    ):
        assert not checks.is_signed(message, wrong)


def test_short_numbers_keep_their_place() -> None:
    """Of the signatures that begin with a zero, which gmalg leaves out, each part has its 32 bytes; gmalg takes them."""
    private = (12345).to_bytes(32, "big")
    public = public_key_of(private)
    theirs = gmalg.SM2(None, USER_ID, b"\x04" + public)
    short: list[bytes] = []
    # One part of two in 256: within 3,000 there is one, but once in 10^10 times.
    for _ in range(3000):
        signature = sign_sm2(private, public, b"message")
        short += [signature] if 0 in (signature[0], signature[32]) else []
        if short:
            break
    (signature,) = short
    assert len(signature) == 64 and theirs.verify(b"message", signature[:32], signature[32:])
    assert Sm2PublicKey(public).is_signed(b"message", signature)


def test_who_has_no_sm2_says_so() -> None:
    """The file that is given to others checks Ed25519 alone, and says of a code by SM2 that it cannot be checked offline."""
    authority = CodeAuthority.of_sm2()
    text = authority.code()
    assert check(text, authority.trust, NOW, authority.statuses()).is_valid
    trust = verify_code.read_trust(authority.trust.signed(authority.root), authority.root.key.text())
    assert verify_code.check(text, trust, NOW) == {"reason": "algorithm_offline"}
    assert say("zh", f"code_is_{CodeReason.ALGORITHM_OFFLINE}") == "此算法不能离线核验"
    assert "此算法不能离线核验" in Path(verify_code.__file__).read_text(encoding="utf-8")
