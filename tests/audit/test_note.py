"""Checkpoints: signed notes as Go's reference writes them, Ed25519 as RFC 8032 prescribes it,
a witness below the log.
"""

from __future__ import annotations

import random

import pytest

from scoring.errors import InputError, UsageError
from scoring.store.log.merkle import leaf_hash, root
from scoring.store.log.note import Checkpoint, Signer, countersign, open_checkpoint, read_key, sign
from scoring.store.log.verify_proof import ORDER, Key, ProofError, ed25519_valid, open_note, read_checkpoint

NEUMANN = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
NEUMANN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
"""Private key, verifier key, text and signature line from the documentation of Go's
``sumdb/note``.
"""

RFC_8032 = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e0652"
        "24901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223eb"
        "db69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7"
        "db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
)
"""Public key, message and signature of tests 1 to 3 of RFC 8032, 7.1."""

LOG = Signer.generate("audit.example.gov.cn")
WITNESS = Signer.generate("witness.example.gov.cn", witness=True)
POINT = Checkpoint(LOG.name, 3, root([leaf_hash(b"%d" % i) for i in range(3)]))
NOTE = sign(POINT, LOG)


def test_the_note_of_the_reference() -> None:
    """Go's private key gives Go's verifier key and Go's signature,
    and both programmes accept it.
    """
    signer = Signer.read(NEUMANN)
    assert signer.text() == NEUMANN + "\n"
    assert signer.key.text() == NEUMANN_KEY
    assert signer.line(TEXT, 0) == LINE
    assert open_note(f"{TEXT}\n{LINE}", [Key.read(NEUMANN_KEY)]) == TEXT


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_ed25519_of_the_rfc(public: str, message: str, signature: str) -> None:
    """The script's own Ed25519 accepts the RFC's signatures and none that differs."""
    key, text, good = bytes.fromhex(public), bytes.fromhex(message), bytes.fromhex(signature)
    assert ed25519_valid(key, text, good)
    assert not ed25519_valid(key, text + b"\x00", good)
    assert not ed25519_valid(key[:-1], text, good)
    higher = int.from_bytes(good[32:], "little") + ORDER
    assert not ed25519_valid(key, text, good[:32] + higher.to_bytes(32, "little"))


def test_ed25519_agrees_with_the_library() -> None:
    """Of random signatures the script accepts what the library made, and none with a bit turned."""
    chance = random.Random(8032)
    for _ in range(20):
        message = chance.randbytes(40)
        public, good = LOG.key.public, bytearray(LOG.private.sign(message))
        assert ed25519_valid(public, message, bytes(good))
        good[chance.randrange(64)] ^= 1 << chance.randrange(8)
        assert not ed25519_valid(public, message, bytes(good))


def test_a_checkpoint_is_read_back() -> None:
    """What the log signs is what is read, with the witness's signature and without."""
    both = countersign(NOTE, LOG.key, WITNESS, 1_790_000_000)
    assert both.startswith(NOTE)
    assert open_checkpoint(NOTE, [LOG.key]) == open_checkpoint(both, [LOG.key, WITNESS.key]) == POINT
    assert open_checkpoint(both, [read_key(LOG.key.text()), read_key(WITNESS.key.text())]) == POINT


def test_a_checkpoint_altered_anywhere_is_refused() -> None:
    """Turning any bit of a countersigned checkpoint leaves no note that both keys have signed."""
    both = countersign(NOTE, LOG.key, WITNESS, 1_790_000_000).encode()
    for place in range(len(both)):
        wrong = bytearray(both)
        wrong[place] ^= 1
        with pytest.raises(InputError):
            open_checkpoint(wrong.decode("utf-8", "replace"), [LOG.key, WITNESS.key])


def test_the_witness_has_to_have_signed() -> None:
    """Asked for the witness, the log's signature alone does not do,
    nor another witness of the same name.
    """
    other = Signer.generate(WITNESS.name, witness=True)
    for note in (NOTE, countersign(NOTE, LOG.key, other, 1)):
        with pytest.raises(InputError, match="has not signed"):
            open_checkpoint(note, [LOG.key, WITNESS.key])


def test_a_witness_signs_nothing_that_the_log_has_not_signed() -> None:
    """A countersignature needs the log's signature first."""
    with pytest.raises(InputError):
        countersign(sign(POINT, Signer.generate(LOG.name)), LOG.key, WITNESS, 1)


def test_the_checkpoint_of_another_log_is_refused() -> None:
    """A note that the log has signed about another origin is none of its checkpoints."""
    other = Checkpoint("elsewhere.example.cn", 3, POINT.root)
    with pytest.raises(InputError, match="elsewhere"):
        open_checkpoint(sign(other, LOG), [LOG.key])


@pytest.mark.parametrize(
    "text",
    ["", "a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "a\n1\nAAAA\n", "a\n1\n!\n", "\n1\nA\n", "a\n１\nA\n"],
)
def test_no_checkpoint_is_guessed(text: str) -> None:
    """Missing lines, leading zeros, signs and roots of the wrong length are refused."""
    with pytest.raises(ProofError):
        read_checkpoint(text)


@pytest.mark.parametrize(
    "text", ["", "a", NEUMANN_KEY.replace("c7", "c8"), NEUMANN_KEY[:-4], "+c74f20a3+AAAA"]
)
def test_a_wrong_key_is_refused(text: str) -> None:
    """A key that was cut or whose id is another's is refused with an example."""
    for read in (read_key, Signer.read):
        with pytest.raises(InputError):
            read(text)


@pytest.mark.parametrize("name", ["", "a b", "a+b", " a"])
def test_a_key_name_without_blanks(name: str) -> None:
    """Names that a signature line could not hold are refused."""
    with pytest.raises(UsageError):
        Signer.generate(name)
