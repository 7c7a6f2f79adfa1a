"""The list of trusted keys and the list of statuses: what is signed is read, and nothing else is."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import cbor2
import pytest
from code_authority import ISSUER, NOW, CodeAuthority, MadeKey

from scoring.administration.credential import verify_code
from scoring.administration.credential.code_claims import DAY
from scoring.administration.credential.envelope import headers, seal, to_be_signed
from scoring.administration.credential.plain_cbor import dump
from scoring.administration.credential.status_list import (
    MOST_BYTES,
    TYPE,
    StatusList,
    pack_states,
    read_status_list,
)
from scoring.administration.keys.trust_list import TrustList, read_trust_list
from scoring.errors import InputError
from scoring.store.log.note import Signer

AUTHORITY = CodeAuthority()
NOTE = AUTHORITY.trust.signed(AUTHORITY.root)
SM2 = CodeAuthority.of_sm2()


def refusal(look: Callable[[], object]) -> str:
    """The code of a refusal, which has a sentence in both languages."""
    with pytest.raises(InputError) as refused:
        look()
    assert refused.value.sentence("zh") and refused.value.sentence("en")
    return refused.value.code


@pytest.mark.parametrize("authority", [AUTHORITY, SM2], ids=["ed25519", "sm2"])
def test_a_trust_list_is_read_as_it_was_signed(authority: CodeAuthority) -> None:
    """Keys, hosts, version and time come back; demonstration and withdrawal are said of the key."""
    stranger = MadeKey.of(is_demo=True, withdrawn=date(2026, 11, 1), district="330000").trusted
    trust = replace(authority.trusting(stranger, version=7), hosts=("A.GOV.CN", "B.GOV.CN:8443"))
    read = read_trust_list(trust.signed(authority.root), authority.root.key)
    assert read == trust and read.keys[2].is_demo and read.keys[2].withdrawn == date(2026, 11, 1)
    by_file = verify_code.read_trust(trust.signed(authority.root), authority.root.key.text())
    assert [key["public"] for key in by_file["keys"]] == [key.public for key in trust.keys]
    assert by_file["hosts"] == list(trust.hosts) and by_file["issued"] == trust.issued
    assert [key["demo"] for key in by_file["keys"]] == [False, False, True]
    assert [key["holds"] for key in by_file["keys"]] == [True, True, False]


def test_an_older_trust_list_is_refused() -> None:
    """Who has seen a later list takes no older one, here and by the file for others."""
    trust = AUTHORITY.trusting(version=3)
    note = trust.signed(AUTHORITY.root)
    assert read_trust_list(note, AUTHORITY.root.key, at_least=3).version == 3
    assert refusal(lambda: read_trust_list(note, AUTHORITY.root.key, at_least=4)) == "trust_list_older"
    assert verify_code.read_trust(note, AUTHORITY.root.key.text(), 3)
    with pytest.raises(verify_code.NotSo, match="older than version 4"):
        verify_code.read_trust(note, AUTHORITY.root.key.text(), 4)


def test_a_trust_list_of_another_root_is_refused() -> None:
    """A root key of the same name, and the key of a code, sign no list."""
    other = Signer.generate(AUTHORITY.root.name)
    assert (
        refusal(lambda: read_trust_list(AUTHORITY.trust.signed(other), AUTHORITY.root.key))
        == "trust_list_damaged"
    )
    with pytest.raises(verify_code.NotSo):
        verify_code.read_trust(AUTHORITY.trust.signed(other), AUTHORITY.root.key.text())


def test_a_damaged_trust_list_is_refused() -> None:
    """Whatever byte of a list is changed, left out or added, it is not read, and nothing is raised but the refusal."""
    rng = random.Random(7)
    for _ in range(1500):
        place = rng.randrange(len(NOTE))
        letter = rng.choice(("", chr(ord(NOTE[place]) ^ 1 << rng.randrange(7)), NOTE[place] * 2, "\n", " "))
        damaged = NOTE[:place] + letter + NOTE[place + 1 :]
        if damaged != NOTE:
            assert (
                refusal(lambda text=damaged: read_trust_list(text, AUTHORITY.root.key))
                == "trust_list_damaged"
            )  # type: ignore[misc]


FORMS: dict[str, Callable[[str], str]] = {
    "no version": lambda text: text.replace("version 1\n", ""),
    "version 0": lambda text: text.replace("version 1\n", "version 0\n"),
    "version with a zero": lambda text: text.replace("version 1\n", "version 01\n"),
    "no time": lambda text: text.replace("issued 20", "20"),
    "time of no zone": lambda text: text.replace("Z\n", "\n", 1),
    "unknown line": lambda text: text + "more\n",
    "host behind the keys": lambda text: text + "host X.GOV.CN\n",
    "host in lower case": lambda text: text.replace("host SISE", "host sise"),
    "id of another key": lambda text: text.replace(AUTHORITY.codes.key_id.hex(), "00000000"),
    "no day": lambda text: text.replace("2026-06-01", "2026-06-31"),
    "unknown purpose": lambda text: text.replace(" codes ", " papers "),
    "key too short": lambda text: text.replace("=", ""),
    "too long": lambda text: text + "x" * (1 << 20),
}


@pytest.mark.parametrize("change", FORMS.values(), ids=FORMS.keys())
def test_a_list_of_another_form_is_refused_though_signed(change: Callable[[str], str]) -> None:
    """A list that is signed and not of this form is refused in a sentence."""
    text = change(AUTHORITY.trust.text())
    assert text != AUTHORITY.trust.text()
    note = f"{text}\n{AUTHORITY.root.line(text, 0)}"
    assert refusal(lambda: read_trust_list(note, AUTHORITY.root.key)) == "trust_list_damaged"


@pytest.mark.parametrize("authority", [AUTHORITY, SM2], ids=["ed25519", "sm2"])
def test_a_status_list_is_read_as_it_was_signed(authority: CodeAuthority) -> None:
    """Two bits a code, the lowest first, as the draft lays them out; the token is read by both."""
    statuses = authority.statuses({0: 1, 1: 2, 3: 3, 99_999: 2})
    assert statuses.packed[0] == 0b11_00_10_01
    read = read_status_list(authority.token(statuses), authority.trust, NOW)
    assert read == statuses
    assert [read.state(index) for index in (0, 1, 2, 3, 4, 99_999)] == [1, 2, 0, 3, 0, 2]
    assert read.state(4 * len(read.packed)) is None
    trust = verify_code.read_trust(authority.trust.signed(authority.root), authority.root.key.text())
    issuer, issued, bits = verify_code.read_status(authority.token(statuses), trust, NOW)
    assert (issuer, issued, bits) == (ISSUER, NOW, statuses.packed)


def test_the_token_is_that_of_the_draft() -> None:
    """Type in the protected header, ``status_list`` with bits and zlib, ``ttl`` and ``iat``, as the draft names them."""
    statuses = AUTHORITY.statuses({5: 2})
    envelope = cbor2.loads(AUTHORITY.token(statuses))
    assert envelope.tag == 18 and envelope.value[1] == {}
    assert cbor2.loads(envelope.value[0])[16] == "application/statuslist+cwt"
    claims = cbor2.loads(envelope.value[2])
    assert claims[6] == NOW and claims[65534] == DAY and claims[2].startswith("https://")
    assert claims[65533]["bits"] == 2 and zlib.decompress(claims[65533]["lst"]) == statuses.packed


def token(claims: Any, key: MadeKey = AUTHORITY.tokens, kind: str | None = TYPE) -> bytes:
    """A token with any claims, well signed."""
    protected, payload = headers(key.cose, key.key_id, kind), dump(claims)
    return seal(protected, payload, key.sign([to_be_signed(protected, payload)])[0])


GOOD: dict[int, Any] = {
    1: ISSUER,
    2: "https://x",
    6: NOW,
    65533: {"bits": 2, "lst": zlib.compress(b"\0" * 9)},
    65534: DAY,
}
BOMB = zlib.compress(b"\0" * (MOST_BYTES + 1), 9)
DAMAGED: dict[str, bytes] = {
    "nothing": b"",
    "no CBOR": b"status",
    "too long": b"\xd2" * (MOST_BYTES + 1),
    "no type": token(GOOD, kind=None),
    "another type": token(GOOD, kind="application/jwt"),
    "no list": token({**GOOD, 65533: b"x"}),
    "one bit": token({**GOOD, 65533: {"bits": 1, "lst": GOOD[65533]["lst"]}}),
    "no zlib": token({**GOOD, 65533: {"bits": 2, "lst": b"\0" * 20}}),
    "cut zlib": token({**GOOD, 65533: {"bits": 2, "lst": GOOD[65533]["lst"][:-3]}}),
    "bytes behind zlib": token({**GOOD, 65533: {"bits": 2, "lst": GOOD[65533]["lst"] + b"x"}}),
    "bomb of two megabytes and a byte": token({**GOOD, 65533: {"bits": 2, "lst": BOMB}}),
    "text for bytes": token({**GOOD, 65533: {"bits": 2, "lst": "x"}}),
    "time as text": token({**GOOD, 6: "now"}),
    "lives for ever": token({**GOOD, 65534: 10**9}),
    "foreign claim": token({**GOOD, 3: "x"}),
    "issuer of another form": token({**GOOD, 1: "cn-330802"}),
    "no map": token([1, 2]),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_status_list_is_refused(content: bytes) -> None:
    """What is no list of this form is refused in a sentence, whoever signed it; a bomb is not unpacked further than two megabytes."""
    assert refusal(lambda: read_status_list(content, AUTHORITY.trust, NOW)) == "status_list_damaged"
    trust = verify_code.read_trust(NOTE, AUTHORITY.root.key.text())
    # The file looks at what it needs: a foreign form of the issuer matches no code, and how long a list lives it does not ask.
    if content not in (DAMAGED["lives for ever"], DAMAGED["issuer of another form"]):
        with pytest.raises((verify_code.NotSo, *verify_code.DAMAGED)):
            verify_code.read_status(content, trust, NOW)


@pytest.mark.parametrize("place", range(0, 400, 7))
def test_a_changed_status_list_is_refused(place: int) -> None:
    """A list of which a byte was changed is damaged, or not signed."""
    whole = AUTHORITY.token(AUTHORITY.statuses({n * 7: 2 for n in range(300)}))
    changed = bytearray(whole)
    changed[place % len(whole)] ^= 4
    code = refusal(lambda: read_status_list(bytes(changed), AUTHORITY.trust, NOW))
    assert code in ("status_list_damaged", "status_list_of_other_key")


def other_keys() -> dict[str, tuple[MadeKey, TrustList]]:
    """Keys that may not sign the list, with what is trusted."""
    stranger, far = MadeKey.of("tokens"), MadeKey.of("tokens", district="330300")
    gone, old = (
        MadeKey.of("tokens", withdrawn=date(2026, 11, 1)),
        MadeKey.of("tokens", until=date(2026, 11, 1)),
    )
    return {
        "a stranger's": (stranger, AUTHORITY.trust),
        "the key of codes": (AUTHORITY.codes, AUTHORITY.trust),
        "a key of another district": (far, AUTHORITY.trusting(far.trusted)),
        "a withdrawn key": (gone, AUTHORITY.trusting(gone.trusted)),
        "a key of before": (old, AUTHORITY.trusting(old.trusted)),
    }


@pytest.mark.parametrize(("key", "trust"), other_keys().values(), ids=other_keys().keys())
def test_a_status_list_by_another_key_is_refused(key: MadeKey, trust: TrustList) -> None:
    """Who may not sign lists signs none, though the signature is well made."""
    content = AUTHORITY.token(AUTHORITY.statuses(), key)
    assert refusal(lambda: read_status_list(content, trust, NOW)) == "status_list_of_other_key"
    read = verify_code.read_trust(trust.signed(AUTHORITY.root), AUTHORITY.root.key.text())
    with pytest.raises(verify_code.NotSo):
        verify_code.read_status(content, read, NOW)


def test_a_status_list_of_tomorrow_is_refused() -> None:
    """A list that was made later than now says that a clock is off by two days."""
    content = AUTHORITY.token(AUTHORITY.statuses(age=-2 * DAY))
    assert refusal(lambda: read_status_list(content, AUTHORITY.trust, NOW)) == "status_list_ahead"
    trust = verify_code.read_trust(NOTE, AUTHORITY.root.key.text())
    with pytest.raises(verify_code.NotSo, match="clock"):
        verify_code.read_status(content, trust, NOW)


@pytest.mark.parametrize(("share", "most"), [(0.002, 1_200), (0.01, 4_500), (0.05, 14_000), (0.2, 32_000)])
def test_the_size_of_a_list(share: float, most: int) -> None:
    """A list of 200,000 codes is 50 kB unpacked, and a few kB as it is sent."""
    rng = random.Random(3)
    states = {rng.randrange(200_000): rng.randrange(1, 4) for _ in range(int(200_000 * share))}
    statuses = StatusList(ISSUER, NOW, DAY, pack_states(states, 200_000))
    assert len(statuses.packed) == 50_000
    assert len(AUTHORITY.token(statuses)) < most
